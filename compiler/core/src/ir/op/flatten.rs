//! A plane as a vector.

use super::one;
use crate::ir::shape::{Shape, ShapeError};

/// `HxWxC` to `1x1x(H*W*C)`, in the order rows, columns, channels (Keras's; PyTorch's is channels first).
#[derive(Clone, Debug, PartialEq)]
pub struct Flatten;

impl Flatten {
    pub(super) fn infer(&self, inputs: &[Shape]) -> Result<Shape, ShapeError> {
        Ok(Shape::vector(one(inputs)?.size()))
    }
}
