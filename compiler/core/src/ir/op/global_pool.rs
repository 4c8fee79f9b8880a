//! Pooling over the whole plane.

use super::one;
use super::pool::PoolKind;
use crate::ir::shape::{Shape, ShapeError};

/// Pooling over the whole plane; gives `1x1xC`.
#[derive(Clone, Debug, PartialEq)]
pub struct GlobalPool {
    /// What is taken of the plane.
    pub kind: PoolKind,
}

impl GlobalPool {
    pub(super) fn infer(&self, inputs: &[Shape]) -> Result<Shape, ShapeError> {
        Ok(Shape::vector(one(inputs)?.channels))
    }
}
