//! Weights and images that any program makes from a few words, without a file.
//!
//! A tensor is filled in row-major order with numbers that follow from a salt and its name, the key:
//!
//! ```text
//! seed = FNV-1a 64 of the UTF-8 bytes of  salt + "/" + key
//! z(i) = splitmix64's finaliser of  seed + (i + 1) * 0x9E3779B97F4A7C15   modulo 2^64
//! u(i) = (z(i) >> 40) / 2^23 - 1                                          in [-1, 1), exact in f32
//!
//! kernels            u * sqrt(6 / fan_in)    fan_in is how many inputs one output sums over
//! bias, beta, mean   0.1 * u
//! gamma              gain * (1 + 0.2 * u)
//! variance           1 + 0.3 * u
//! ```
//!
//! All in f64, rounded once to f32.

use crate::run::wanted;
use crate::tensors::{Tensor, Weights};
use archc_core::ir::op::{Role, Weight};
use archc_core::ir::{Graph, Shape};
use std::collections::HashMap;

/// The numbers `u` of a key: evenly distributed in [-1, 1), without end.
pub fn uniform(salt: &str, key: &str) -> impl Iterator<Item = f64> {
    archc_runtime::weights::uniform(salt, key, 0)
}

/// `count` numbers of a tensor called `key`. `fan_in` matters for kernels, `gain` for gammas.
pub fn numbers(salt: &str, key: &str, role: Role, count: usize, fan_in: usize, gain: f64) -> Vec<f32> {
    let u = uniform(salt, key).take(count);
    match role {
        Role::Kernel => {
            let bound = (6.0 / fan_in as f64).sqrt();
            u.map(|u| (u * bound) as f32).collect()
        }
        Role::Bias | Role::Beta | Role::Mean => u.map(|u| (0.1 * u) as f32).collect(),
        Role::Gamma => u.map(|u| (gain * (1.0 + 0.2 * u)) as f32).collect(),
        Role::Variance => u.map(|u| (1.0 + 0.3 * u) as f32).collect(),
    }
}

/// How many inputs one output of this weight's operator sums over; of no meaning for what is no kernel.
pub fn fan_in(weight: &Weight) -> usize {
    match weight.shape.split_last() {
        Some((_, inputs)) => inputs.iter().product(),
        None => 1,
    }
}

/// Every tensor that a network reads, under archc's own names and in its layouts, with a gain of 1; made when it is asked
/// for.
#[derive(Clone, Debug)]
pub struct Seeded {
    salt: String,
    weights: HashMap<String, Weight>,
}

impl Seeded {
    /// Of a network.
    pub fn new(graph: &Graph, salt: &str) -> Seeded {
        let all = graph.ids().flat_map(|id| wanted(graph, id));
        Seeded { salt: salt.to_owned(), weights: all.map(|w| (w.name(), w)).collect() }
    }
}

impl Weights for Seeded {
    fn get(&self, name: &str) -> Option<Tensor<'_>> {
        let w = self.weights.get(name)?;
        let data = numbers(&self.salt, name, w.role, w.size(), fan_in(w), 1.0);
        Some(Tensor { shape: (&*w.shape).into(), data: data.into() })
    }

    fn shape(&self, name: &str) -> Option<Vec<usize>> {
        self.weights.get(name).map(|w| w.shape.clone())
    }
}

/// An image that survives global pooling, smooth with noise on it, in the order rows, columns, channels:
/// `0.5 * u + sin(0.011 * (c + 1) * row + 0.017 * column + c + shift)`, where `u` has the key `input`.
pub fn image(salt: &str, shape: Shape, shift: f64) -> Vec<f32> {
    let mut u = uniform(salt, "input");
    let mut data = Vec::with_capacity(shape.size());
    for row in 0..shape.height {
        for column in 0..shape.width {
            for c in 0..shape.channels {
                let c = c as f64;
                let angle = 0.011 * (c + 1.0) * row as f64 + 0.017 * column as f64 + c + shift;
                data.push((0.5 * u.next().unwrap_or(0.0) + libm::sin(angle)) as f32);
            }
        }
    }
    data
}

#[cfg(test)]
mod tests {
    use super::*;

    // The numbers below were printed by the formula's first program, in Python with NumPy.

    fn bits(data: &[f32]) -> Vec<u32> {
        data.iter().map(|v| v.to_bits()).collect()
    }

    /// FNV-1a.
    fn hash(data: &[f32]) -> u64 {
        let bytes = data.iter().flat_map(|v| v.to_le_bytes());
        bytes.fold(0xCBF2_9CE4_8422_2325, |h, b| (h ^ u64::from(b)).wrapping_mul(0x0100_0000_01B3))
    }

    #[test]
    fn uniform_numbers() {
        let of = |salt, n| -> Vec<f64> {
            uniform(salt, "conv1_conv/kernel").take(n).map(|u| u * 8_388_608.0).collect()
        };
        assert_eq!(of("archc", 6), [2350264.0, 7678079.0, -8211591.0, 8118041.0, -4622957.0, 964997.0]);
        assert_eq!(of("salt", 3), [-2573429.0, 5355024.0, -6935526.0]);
    }

    #[test]
    fn every_role() {
        let of = |role| bits(&numbers("archc", "conv1/x", role, 4, 147, 0.75));
        assert_eq!(of(Role::Kernel), [0xbd4ac399, 0x3cfa5421, 0xbddf8f8e, 0x3d0bed18]);
        assert_eq!(of(Role::Gamma), [0x3f369749, 0x3f45cee0, 0x3f2b4078, 0x3f467e3d]);
        assert_eq!(of(Role::Variance), [0x3f6d2e92, 0x3f85cee0, 0x3f5680ef, 0x3f867e3d]);
        for role in [Role::Bias, Role::Beta, Role::Mean] {
            assert_eq!(of(role), [0xbcc8b9e6, 0x3c77d00d, 0xbd5d505a, 0x3c8a8513]);
        }
    }

    #[test]
    fn long_tensors_to_the_bit() {
        let kernel = numbers("archc", "predictions/kernel", Role::Kernel, 20480, 2048, 1.0);
        assert_eq!(hash(&kernel), 0xd134_f6da_cfa4_2740);
        let gamma = numbers("archc", "bn/gamma", Role::Gamma, 4096, 1, 0.75);
        assert_eq!(hash(&gamma), 0x33bb_2a7f_56fc_9a7c);
    }

    #[test]
    fn images() {
        let image = image("archc", Shape::new(5, 7, 3), 0.0);
        let first = [0x3e1e8218, 0x3f1a7711, 0x3f8e89d6, 0xbe9fc06c, 0x3f1b9ea6, 0x3f433822];
        assert_eq!(bits(&image[..6]), first);
        assert_eq!(bits(&image[102..]), [0xbcbcb26b, 0x3f83ef56, 0x3fa33403]);
        let other = super::image("other", Shape::new(5, 7, 3), 2.0);
        assert_eq!(bits(&other[..3]), [0x3f990d6e, 0xbe109bd5, 0xbf6f204a]);
        let large = super::image("archc", Shape::new(299, 299, 3), 0.0);
        assert_eq!(hash(&large), 0xefa9_adec_7eae_8e41);
    }
}
