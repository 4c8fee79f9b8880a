//! Scaling by numbers that the text gives.

use super::one;
use crate::ir::shape::{Shape, ShapeError};

/// `x * scale + offset`, both rounded to f32.
#[derive(Clone, Debug, PartialEq)]
pub struct Rescale {
    /// The factor.
    pub scale: f64,
    /// Added after it.
    pub offset: f64,
}

impl Rescale {
    pub(super) fn infer(&self, inputs: &[Shape]) -> Result<Shape, ShapeError> {
        one(inputs)
    }
}
