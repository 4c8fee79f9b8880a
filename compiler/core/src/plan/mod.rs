//! The plan: where everything lies, and which steps are one function.
//!
//! 1. `lifetimes`: when each buffer is alive. The input and the outputs stay to the end, so that a session can run
//!    again without writing its input again, and outputs can be read at leisure.
//! 2. `arena`: addresses, so that buffers that are alive at once do not overlap.
//! 3. `outline`: the steps are cut along the blocks of the text, and blocks that are alike become one function.
//! 4. `calls`: calls of functions, repetitions joined, and `names` for the functions.

mod arena;
mod calls;
mod lifetimes;
pub mod memory;
mod names;
mod outline;
pub mod print;
pub mod verify;

use crate::lir::{BufferId, Kernel, Program, Step, StepId, ValueId};
use std::ops::Range;

/// Plans a program that [`crate::lir::verify`] accepts.
///
/// What it makes keeps the invariants of [`verify`].
pub fn plan(program: &Program) -> Plan {
    let lifetimes = lifetimes::lifetimes(program);
    let sizes: Vec<usize> = program.buffers.iter().map(|b| b.words().next_multiple_of(ALIGNMENT)).collect();
    let input = program.values[program.input.index()].buffer;
    let arena = arena::place(&sizes, &lifetimes, input.index());
    let mut packs = Vec::with_capacity(program.packs.len());
    let mut weights_size = 0;
    for pack in &program.packs {
        packs.push(weights_size);
        weights_size += pack.size;
    }
    let outline = outline::outline(program);
    let calls = calls::calls(program, &outline, &arena.offsets, &packs);
    Plan {
        arena_size: arena.size,
        scratch_size: scratch(program),
        buffers: arena.offsets,
        packs,
        weights_size,
        peak_size: lifetimes::peak(&sizes, &lifetimes),
        lifetimes,
        functions: names::name(program, outline),
        calls,
    }
}

/// What the step that needs most of it needs.
fn scratch(program: &Program) -> usize {
    let of_step = |step: &Step| match (&step.kernel, step.inputs.first()) {
        (Kernel::Conv(conv), Some(x)) => {
            let channels = |id: ValueId| program.values[id.index()].view.channels;
            conv.scratch(channels(*x), channels(step.output))
        }
        _ => 0,
    };
    program.steps.iter().map(of_step).max().unwrap_or(0).next_multiple_of(ALIGNMENT)
}

/// Where buffers and packs start: multiples of a cache line, in f32 numbers.
const ALIGNMENT: usize = 16;

/// Addresses and functions for a [`crate::lir::Program`].
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// Where each buffer starts in the arena, in f32 numbers for a batch of one; multiples of 16.
    pub buffers: Vec<usize>,
    /// Size of the arena in f32 numbers for a batch of one.
    pub arena_size: usize,
    /// Numbers of memory of its own that each thread needs, for any number of images; a multiple of 16.
    pub scratch_size: usize,
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
