//! Channel shuffle (Zhang et al. 2017, ShuffleNet).

use super::one;
use crate::ir::shape::{Shape, ShapeError};

/// Channels seen as `groups` rows of `channels / groups`, transposed: output `j * groups + g` is input
/// `g * (channels / groups) + j`.
#[derive(Clone, Debug, PartialEq)]
pub struct Shuffle {
    /// How many groups; they divide the channels.
    pub groups: usize,
}

impl Shuffle {
    pub(super) fn infer(&self, inputs: &[Shape]) -> Result<Shape, ShapeError> {
        let x = one(inputs)?;
        if self.groups == 0 || x.channels % self.groups != 0 {
            return Err(ShapeError::Groups { groups: self.groups, channels: x.channels, output: false });
        }
        Ok(x)
    }
}
