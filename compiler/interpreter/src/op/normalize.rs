//! Normalization of an input by statistics that are weights.

use crate::run::Value;
use crate::tensors::Tensors;
use archc_core::ir::op::{Normalize, Role};

pub(crate) fn normalize(path: &str, x: &Value, tensors: &Tensors<'_>) -> Value {
    let mean = tensors.wide(path, Role::Mean);
    let deviation: Vec<f64> = tensors
        .wide(path, Role::Variance)
        .into_iter()
        .map(|v| v.sqrt().max(Normalize::MIN_DEVIATION))
        .collect();
    let mut y = x.clone();
    for pixel in y.data.chunks_exact_mut(mean.len()) {
        for (c, x) in pixel.iter_mut().enumerate() {
            *x = (*x - mean[c]) / deviation[c];
        }
    }
    y
}
