//! Zeros around a plane, as an operation of its own.

use super::one;
use crate::ir::shape::{Padding, Shape, ShapeError};

/// Adds rows and columns of zeros.
#[derive(Clone, Debug, PartialEq)]
pub struct ZeroPad {
    /// How many.
    pub padding: Padding,
}

impl ZeroPad {
    pub(super) fn infer(&self, inputs: &[Shape]) -> Result<Shape, ShapeError> {
        one(inputs)?.padded(self.padding)
    }
}
