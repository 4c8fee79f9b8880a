//! The image that enters the network.

use crate::ir::shape::{Shape, ShapeError, checked};

/// The input; it has no inputs of its own.
#[derive(Clone, Debug, PartialEq)]
pub struct Input {
    /// Its shape.
    pub shape: Shape,
}

impl Input {
    pub(super) fn infer(&self, inputs: &[Shape]) -> Result<Shape, ShapeError> {
        if !inputs.is_empty() {
            return Err(ShapeError::Arity { found: inputs.len() });
        }
        checked(self.shape.height, self.shape.width, self.shape.channels)
    }
}
