//! The product of a value and a gate (squeeze and excite).

use crate::ir::shape::{Shape, ShapeError};

/// The first input times the second, which is `1x1xC` or of the same shape.
#[derive(Clone, Debug, PartialEq)]
pub struct Gate;

impl Gate {
    pub(super) fn infer(&self, inputs: &[Shape]) -> Result<Shape, ShapeError> {
        match inputs {
            [x, g] if g == x || *g == Shape::vector(x.channels) => Ok(*x),
            [x, g] => Err(ShapeError::Gate { value: *x, gate: *g }),
            _ => Err(ShapeError::Arity { found: inputs.len() }),
        }
    }
}
