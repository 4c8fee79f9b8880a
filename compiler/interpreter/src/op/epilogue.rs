//! What follows a convolution or dense layer before its result is stored.

use super::activation::activate;
use super::batch_norm::Affine;
use crate::run::Value;
use crate::tensors::Tensors;
use archc_core::ir::op::{Epilogue, Role};

/// `activation(norms(y + bias) + residual)`, in place. `path` is the operator's name, which its bias is stored under;
/// without a bias there is no tensor of that role.
pub(super) fn finish(
    op: &Epilogue,
    path: &str,
    tensors: &Tensors<'_>,
    residual: Option<&Value>,
    y: &mut Value,
) {
    let bias = tensors.wide(path, Role::Bias);
    if !bias.is_empty() {
        for pixel in y.data.chunks_exact_mut(bias.len()) {
            for (x, b) in pixel.iter_mut().zip(&bias) {
                *x += b;
            }
        }
    }
    for folded in &op.norms {
        Affine::new(&folded.norm, &folded.path, tensors).apply(&mut y.data);
    }
    if let Some(residual) = residual {
        for (x, r) in y.data.iter_mut().zip(&residual.data) {
            *x += r;
        }
    }
    if let Some(activation) = op.activation {
        for x in &mut y.data {
            *x = activate(activation, *x);
        }
    }
}
