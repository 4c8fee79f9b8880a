//! Batch normalization, also where a pass folded it into the operator before it.

use crate::run::Value;
use crate::tensors::Tensors;
use archc_core::ir::op::{BatchNorm, Role};

/// What a batch normalization does to each channel.
pub(super) struct Affine {
    mean: Vec<f64>,
    /// `gamma / sqrt(variance + eps)`
    scale: Vec<f64>,
    beta: Vec<f64>,
}

impl Affine {
    /// Of the tensors stored under the name `path`.
    pub(super) fn new(op: &BatchNorm, path: &str, tensors: &Tensors<'_>) -> Self {
        let gamma = tensors.wide(path, Role::Gamma);
        let deviations = tensors.wide(path, Role::Variance).into_iter().map(|v| (v + op.eps).sqrt());
        let scale = match op.scale {
            true => deviations.zip(gamma).map(|(d, g)| g / d).collect(),
            false => deviations.map(|d| 1.0 / d).collect(),
        };
        Affine { mean: tensors.wide(path, Role::Mean), scale, beta: tensors.wide(path, Role::Beta) }
    }

    /// On numbers whose channels are innermost.
    pub(super) fn apply(&self, data: &mut [f64]) {
        for pixel in data.chunks_exact_mut(self.mean.len()) {
            for (c, x) in pixel.iter_mut().enumerate() {
                *x = (*x - self.mean[c]) * self.scale[c] + self.beta[c];
            }
        }
    }
}

pub(crate) fn batch_norm(op: &BatchNorm, path: &str, x: &Value, tensors: &Tensors<'_>) -> Value {
    let mut y = x.clone();
    Affine::new(op, path, tensors).apply(&mut y.data);
    y
}
