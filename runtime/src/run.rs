//! One inference: the arena, the weights, and every kernel behind a checked entry.

use crate::layout::At;
use crate::op::{Activation, Affine, Conv, Dense, Lrn, Pool, Rescale};

/// What generated code computes with. Offsets of weights and values are in f32 numbers; every entry checks that they
/// lie inside the arena and the weights, so that wrong tables panic and never touch foreign memory.
#[derive(Debug)]
pub struct Run<'a> {
    arena: &'a mut [f32],
    weights: &'a [f32],
    batch: usize,
}
