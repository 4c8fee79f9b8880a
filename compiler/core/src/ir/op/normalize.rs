//! Normalization of an input by statistics that are weights.

use super::one;
use super::weight::{Role, Weight};
use crate::ir::shape::{Shape, ShapeError};

/// `(x - mean) / max(sqrt(variance), 1e-7)`, per channel; Keras's `Normalization`.
#[derive(Clone, Debug, PartialEq)]
pub struct Normalize;

impl Normalize {
    /// The smallest deviation that is divided by (Keras's `backend.epsilon()`).
    pub const MIN_DEVIATION: f64 = 1e-7;

    pub(super) fn infer(&self, inputs: &[Shape]) -> Result<Shape, ShapeError> {
        one(inputs)
    }

    pub(super) fn weights(&self, path: &str, inputs: &[Shape]) -> Vec<Weight> {
        [Role::Mean, Role::Variance].map(|r| Weight::new(path, r, &[inputs[0].channels])).to_vec()
    }
}
