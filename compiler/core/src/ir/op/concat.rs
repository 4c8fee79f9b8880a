//! Concatenation along channels.

use crate::ir::shape::{Shape, ShapeError, checked};

/// Its inputs, in order, along channels; they have the same plane. At least one.
#[derive(Clone, Debug, PartialEq)]
pub struct Concat;

impl Concat {
    pub(super) fn infer(&self, inputs: &[Shape]) -> Result<Shape, ShapeError> {
        let Some((first, rest)) = inputs.split_first() else {
            return Err(ShapeError::Arity { found: 0 });
        };
        let mut channels = first.channels;
        for (i, other) in rest.iter().enumerate() {
            if (other.height, other.width) != (first.height, first.width) {
                return Err(ShapeError::DifferentPlanes { first: *first, port: i + 1, other: *other });
            }
            channels = channels.saturating_add(other.channels);
        }
        checked(first.height, first.width, channels)
    }
}
