//! What follows a sum, channel by channel: biases and normalizations as one scale and one shift, in f64.

use super::error::LoadError;
use super::spec::Norm;
use super::sqrt::sqrt;
use super::tensors::Tensors;
use alloc::vec;
use alloc::vec::Vec;

/// `x * scale + shift` for each channel.
#[derive(Clone, Debug)]
pub(super) struct Channels {
    pub(super) scale: Vec<f64>,
    pub(super) shift: Vec<f64>,
}

/// The reason why a variance is refused.
const NEGATIVE: &str = "a variance is not negative";

/// The reason why numbers that are infinite or too large together are refused.
const TOGETHER: &str = "together with the other numbers of its channel it makes NaN";

impl Channels {
    /// A bias, then norms.
    pub(super) fn new(
        count: usize,
        bias: Option<usize>,
        norms: &[Norm],
        tensors: &mut Tensors<'_>,
    ) -> Result<Channels, LoadError> {
        let mut channels = Channels { scale: vec![1.0; count], shift: vec![0.0; count] };
        if let Some(bias) = bias {
            channels.shift = tensors.vector(bias, count)?;
        }
        for norm in norms {
            let gamma = norm.gamma.map(|gamma| tensors.vector(gamma, count)).transpose()?;
            let beta = tensors.vector(norm.beta, count)?;
            let mean = tensors.vector(norm.mean, count)?;
            let variance = tensors.vector(norm.variance, count)?;
            for c in 0..count {
                let refuse = |reason| tensors.refuse(norm.variance, c, variance[c], reason);
                if variance[c] + norm.eps < 0.0 {
                    return Err(refuse(NEGATIVE));
                }
                let factor = gamma.as_ref().map_or(1.0, |gamma| gamma[c]) / sqrt(variance[c] + norm.eps);
                channels.scale[c] *= factor;
                channels.shift[c] = (channels.shift[c] - mean[c]) * factor + beta[c];
                if channels.scale[c].is_nan() || channels.shift[c].is_nan() {
                    return Err(refuse(TOGETHER));
                }
            }
        }
        Ok(channels)
    }

    /// `(x - mean) / max(sqrt(variance), 1e-7)`, as Keras has it.
    pub(super) fn normalize(
        mean: usize,
        variance: usize,
        tensors: &mut Tensors<'_>,
    ) -> Result<Channels, LoadError> {
        let count = tensors.shape(mean).iter().product();
        let means = tensors.vector(mean, count)?;
        let variances = tensors.vector(variance, count)?;
        let mut channels = Channels { scale: Vec::with_capacity(count), shift: Vec::with_capacity(count) };
        for (c, (mean, &value)) in means.iter().zip(&variances).enumerate() {
            if value < 0.0 {
                return Err(tensors.refuse(variance, c, value, NEGATIVE));
            }
            let scale = 1.0 / sqrt(value).max(1e-7);
            if (mean * scale).is_nan() {
                return Err(tensors.refuse(variance, c, value, TOGETHER));
            }
            channels.scale.push(scale);
            channels.shift.push(-mean * scale);
        }
        Ok(channels)
    }
}
