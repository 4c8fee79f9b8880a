//! Local response normalization (Krizhevsky et al. 2012).

use super::one;
use crate::ir::shape::{Shape, ShapeError};

/// `x / (k + alpha * sum of squares over the window of channels) ^ beta`. The window of `size` channels reaches
/// `size / 2` channels down and `(size - 1) / 2` up, cut off at the ends, as in PyTorch.
#[derive(Clone, Debug, PartialEq)]
pub struct Lrn {
    /// Channels in the window.
    pub size: usize,
    /// The factor of the sum, as in the paper; PyTorch's is `size` times as large.
    pub alpha: f64,
    /// The exponent.
    pub beta: f64,
    /// Added to the sum.
    pub k: f64,
}

impl Lrn {
    pub(super) fn infer(&self, inputs: &[Shape]) -> Result<Shape, ShapeError> {
        one(inputs)
    }
}
