//! Batch normalization, as inference sees it.

use super::one;
use super::weight::{Role, Weight};
use crate::ir::shape::{Shape, ShapeError};

/// `gamma * (x - mean) / sqrt(variance + eps) + beta`, per channel.
#[derive(Clone, Debug, PartialEq)]
pub struct BatchNorm {
    /// Added to the variance.
    pub eps: f64,
    /// Whether it has a gamma; 1 without.
    pub scale: bool,
}

impl BatchNorm {
    pub(super) fn infer(&self, inputs: &[Shape]) -> Result<Shape, ShapeError> {
        one(inputs)
    }

    pub(super) fn weights(&self, path: &str, inputs: &[Shape]) -> Vec<Weight> {
        self.tensors(path, inputs[0].channels)
    }

    pub(super) fn tensors(&self, path: &str, channels: usize) -> Vec<Weight> {
        let roles = [Role::Gamma, Role::Beta, Role::Mean, Role::Variance];
        let roles = roles.into_iter().filter(|&r| self.scale || r != Role::Gamma);
        roles.map(|r| Weight::new(path, r, &[channels])).collect()
    }
}
