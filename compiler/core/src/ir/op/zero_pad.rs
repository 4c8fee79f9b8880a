//! Zeros around a plane, as an operation of its own.

use super::one;
use crate::ir::shape::{Padding, Shape, ShapeError, checked};

/// Adds rows and columns of zeros.
#[derive(Clone, Debug, PartialEq)]
pub struct ZeroPad {
    /// How many.
    pub padding: Padding,
}

impl ZeroPad {
    pub(super) fn infer(&self, inputs: &[Shape]) -> Result<Shape, ShapeError> {
        let x = one(inputs)?;
        let p = self.padding;
        checked(x.height + p.top + p.bottom, x.width + p.left + p.right, x.channels)
    }
}
