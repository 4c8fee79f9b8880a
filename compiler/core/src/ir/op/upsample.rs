//! Enlarging a plane by repetition.

use super::one;
use crate::ir::shape::{Shape, ShapeError, checked};

/// Repeats every row and column (nearest neighbour).
#[derive(Clone, Debug, PartialEq)]
pub struct Upsample {
    /// How often: rows, columns; at least 1.
    pub factor: [usize; 2],
}

impl Upsample {
    pub(super) fn infer(&self, inputs: &[Shape]) -> Result<Shape, ShapeError> {
        let x = one(inputs)?;
        let large = ShapeError::TooLarge { height: usize::MAX, width: usize::MAX, channels: x.channels };
        let height = x.height.checked_mul(self.factor[0]).ok_or(large.clone())?;
        let width = x.width.checked_mul(self.factor[1]).ok_or(large)?;
        checked(height, width, x.channels)
    }
}
