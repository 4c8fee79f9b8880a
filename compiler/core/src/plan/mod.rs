//! The plan: where everything lies, and which steps are one function.

use crate::lir::{BufferId, StepId};
use std::ops::Range;

/// Addresses and functions for a [`crate::lir::Program`].
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// Where each buffer starts in the arena, in f32 numbers for a batch of one; multiples of 16.
    pub buffers: Vec<usize>,
    /// Size of the arena in f32 numbers for a batch of one.
    pub arena_size: usize,
    /// Where each pack starts in the packed weights, in f32 numbers; multiples of 16, in the order of the packs.
    pub packs: Vec<usize>,
    /// Size of the packed weights in f32 numbers.
    pub weights_size: usize,
    /// The largest sum of sizes of buffers that are alive at once: what no arena can be smaller than, in this order.
    pub peak_size: usize,
    /// When each buffer is alive: from the step that writes it first to the one that reads it last. The input is alive
    /// from the start, outputs to the end.
    pub lifetimes: Vec<Range<usize>>,
    /// The functions.
    pub functions: Vec<Function>,
    /// The steps, cut into calls of functions, in order; together they cover every step once.
    pub calls: Vec<Call>,
}

/// Steps that occur once or more, alike but for addresses and names: a block.
#[derive(Clone, Debug, PartialEq)]
pub struct Function {
    /// A Rust name: `bottleneck_2`, `stem`, `for1_0`.
    pub name: String,
    /// The first occurrence; the body is printed from its steps.
    pub steps: Range<usize>,
    /// The buffers that its steps touch, in the order of their first use: the address parameters. In every occurrence
    /// they stand in the same order, see [`Call::buffers`].
    pub buffers: Vec<BufferId>,
    /// Packed weights of one occurrence, in f32 numbers.
    pub weights_size: usize,
}

/// Calls of one function, one after another, in which addresses of buffers are the same and names and weights go on
/// regularly.
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    /// Which of [`Plan::functions`].
    pub function: usize,
    /// The first step of the first repetition.
    pub first: StepId,
    /// How often.
    pub count: usize,
    /// The prefix of tensor names with `{}` for the number of the repetition: `for1.2.stack1.{}.bottleneck1`; empty at the
    /// root. Without `{}` where `count` is 1.
    pub prefix: String,
    /// The number of the first repetition.
    pub number: usize,
    /// The buffers of the first repetition, in the order of [`Function::buffers`]; in the others they have the same
    /// addresses.
    pub buffers: Vec<BufferId>,
    /// Where the first repetition's weights start; each takes [`Function::weights_size`].
    pub weights: usize,
}
