//! Made-up weights that any program can compute again, for tests and benchmarks.
//!
//! A tensor is filled in row-major order with `u(i)` between -1 and 1, from a hash of the salt and its name:
//!
//! ```text
//! seed = FNV-1a 64 of  salt + "/" + name
//! z(i) = splitmix64 finaliser of  seed + (i + 1) * 0x9E3779B97F4A7C15
//! u(i) = (z(i) >> 40) / 2^23 - 1
//! ```
//!
//! Kernels are `u * sqrt(6 / fan_in)` in f64, gammas `1 + 0.2 u`, variances `1 + 0.3 u`, the others `0.1 u`.

use super::LoadError;
use super::load::tensors;
use super::source::{Dtype, Info, Source};
use super::spec::{Role, Tensor};
use super::sqrt::sqrt;
use crate::spec::Network;
use alloc::borrow::ToOwned;
use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;

/// The seeded weights of a network.
#[derive(Clone, Debug)]
pub struct Seeded {
    salt: String,
    tensors: BTreeMap<String, Tensor>,
}

impl Seeded {
    /// Other salts give other weights.
    pub fn new(network: &Network, salt: &str) -> Seeded {
        let tensors = tensors(network).collect();
        Seeded { salt: salt.to_owned(), tensors }
    }
}

impl Source for Seeded {
    fn names(&self) -> Vec<&str> {
        self.tensors.keys().map(String::as_str).collect()
    }

    fn info(&self, name: &str) -> Option<Info> {
        let tensor = self.tensors.get(name)?;
        Some(Info { dtype: Dtype::F32, shape: tensor.shape.to_vec() })
    }

    fn read(&self, name: &str, start: usize, buffer: &mut [u8]) -> Result<(), LoadError> {
        if let Some(tensor) = self.tensors.get(name) {
            let numbers = fill(&self.salt, name, *tensor, start / size_of::<f32>());
            for (bytes, number) in buffer.as_chunks_mut().0.iter_mut().zip(numbers) {
                *bytes = number.to_le_bytes();
            }
        }
        Ok(())
    }
}

/// The numbers of a tensor from one of them on.
fn fill(salt: &str, name: &str, tensor: Tensor, first: usize) -> impl Iterator<Item = f32> + use<> {
    let Tensor { role, shape, .. } = tensor;
    let fan_in: usize = shape.iter().rev().skip(1).product();
    let bound = sqrt(6.0 / fan_in.max(1) as f64);
    uniform(salt, name, first as u64).take(shape.iter().product::<usize>().saturating_sub(first)).map(
        move |u| {
            let number = match role {
                Role::Kernel => u * bound,
                Role::Gamma => 1.0 + 0.2 * u,
                Role::Variance => 1.0 + 0.3 * u,
                Role::Bias | Role::Beta | Role::Mean => 0.1 * u,
            };
            number as f32
        },
    )
}

/// The numbers `u` of a name from one of them on: evenly distributed in [-1, 1), exact in f32, without end.
pub fn uniform(salt: &str, name: &str, first: u64) -> impl Iterator<Item = f64> + use<> {
    let words = [salt, "/", name].into_iter().flat_map(str::bytes);
    let seed = words.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    (first..).map(move |i| {
        let z = seed.wrapping_add(i.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        let z = z ^ (z >> 31);
        (z >> 40) as f64 / 8_388_608.0 - 1.0
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The first three numbers and the last.
    fn ends(name: &'static str, role: Role, shape: &'static [usize]) -> [f32; 4] {
        let from = |first| fill("archc", name, Tensor::new(name, role, shape), first);
        let numbers: Vec<f32> = from(0).collect();
        assert_eq!(from(2).collect::<Vec<f32>>(), numbers[2..]);
        [numbers[0], numbers[1], numbers[2], numbers[numbers.len() - 1]]
    }

    /// The numbers are those of the formula's original in NumPy, to the bit.
    #[test]
    fn numbers_are_those_of_the_formula() {
        assert_eq!(
            ends("conv1.weight", Role::Kernel, &[3, 3, 4, 8]),
            [0.231_051_83, -0.012_438_99, -0.345_555_1, 0.320_026_73]
        );
        assert_eq!(ends("bn1.gamma", Role::Gamma, &[5]), [1.157_638, 1.076_681_4, 1.088_268_2, 0.870_835_6]);
        assert_eq!(
            ends("a.0.bn1.variance", Role::Variance, &[5]),
            [0.813_345_85, 0.844_606_34, 1.059_426_8, 0.794_186]
        );
        assert_eq!(
            ends("dense1.bias", Role::Bias, &[5]),
            [0.020_725_31, -0.051_770_4, 0.041_735_947, 0.005_065_679_6]
        );
    }
}
