//! The sum of two values.

use super::activation::Activation;
use crate::ir::shape::{Shape, ShapeError};

/// `activation(a + b)`; both have the same shape. Fresh from the text it has no activation; a pass fuses it.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Add {
    /// Applied to the sum.
    pub activation: Option<Activation>,
}

impl Add {
    pub(super) fn infer(&self, inputs: &[Shape]) -> Result<Shape, ShapeError> {
        match inputs {
            [a, b] if a == b => Ok(*a),
            [a, b] => Err(ShapeError::Different { first: *a, port: 1, other: *b }),
            _ => Err(ShapeError::Arity { found: inputs.len() }),
        }
    }
}
