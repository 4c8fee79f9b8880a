//! Lowering: from the graph to kernel calls over values that lie in buffers.
//!
//! It takes any graph that the verifier accepts, rewritten by the passes or not. In this order:
//!
//! 1. `select` finds a kernel for every node that needs one, and the nodes whose value is another's.
//! 2. `algorithms` chooses how convolutions are computed.
//! 3. `homes` places every value: concatenations and zero padding are buffers that their parts are written into.
//! 4. `emit` writes the steps, with copies where a kernel needs another layout than a value has.
//! 5. `in_place` lets a step write over a value that nobody needs any more.
//! 6. `clears` zeros what no kernel writes, and `number` gives final numbers.

mod algorithms;
mod clears;
mod describe;
mod emit;
mod homes;
mod in_place;
mod layouts;
mod number;
mod select;
mod weights;

pub use algorithms::{Alternatives, Choices, Layers, alternatives};

use crate::ir::{Graph, NodeId, Shape};
use crate::lir::{Number, Program, Target};
use crate::mode::Mode;

/// The kernel calls of a graph that [`crate::ir::verify`] accepts.
///
/// What it makes keeps the invariants of [`crate::lir::verify`].
///
/// # Panics
///
/// If the graph has no input or has a cycle, which the verifier refuses.
pub fn lower(graph: &Graph, mode: Mode) -> Program {
    lower_as(graph, mode, &Choices::Model, &[])
}

/// A value that is to stay in memory to the end of a run.
#[derive(Clone, Debug, PartialEq)]
pub struct Wanted {
    /// Its name.
    pub name: String,
    /// Its shape; the node's, or a vector of the node's numbers.
    pub shape: Shape,
    /// The node that computes it.
    pub node: NodeId,
}

/// Like [`lower`], keeping these values as far as they come up: a normalization that one kernel computes together with the
/// activation behind it does not.
///
/// # Panics
///
/// As [`lower`], and if the graph does not have one of the nodes.
pub fn lower_with_taps(graph: &Graph, mode: Mode, taps: &[Wanted]) -> Program {
    lower_as(graph, mode, &Choices::Model, taps)
}

/// Like [`lower_with_taps`], with convolutions computed as somebody chose.
///
/// # Panics
///
/// As [`lower_with_taps`].
pub fn lower_as(graph: &Graph, mode: Mode, choices: &Choices, taps: &[Wanted]) -> Program {
    let mut selection = select::select(graph);
    algorithms::choose(graph, &mut selection, mode, choices);
    finish(graph, &selection, Target::Cpu, taps)
}

/// The kernel calls of a graph that [`crate::ir::verify`] accepts, for a GPU that computes with such numbers.
///
/// # Panics
///
/// As [`lower`].
pub fn lower_for_cuda(graph: &Graph, number: Number) -> Program {
    finish(graph, &select::select(graph), Target::Cuda(number), &[])
}

fn finish(graph: &Graph, selection: &select::Selection, target: Target, taps: &[Wanted]) -> Program {
    let homes = homes::place(graph, selection, target);
    let mut program = emit::emit(graph, selection, &homes, taps);
    in_place::reuse(&mut program);
    clears::insert(&mut program);
    number::renumber(&mut program);
    program
}
