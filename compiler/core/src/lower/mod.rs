//! Lowering: from the graph to kernel calls over values that lie in buffers.
//!
//! It takes any graph that the verifier accepts, rewritten by the passes or not. In this order:
//!
//! 1. `select` finds a kernel for every node that needs one, and the nodes whose value is another's.
//! 2. `homes` places every value: concatenations and zero padding are buffers that their parts are written into.
//! 3. `emit` writes the steps, with copies where a kernel needs another layout than a value has.
//! 4. `in_place` lets a step write over a value that nobody needs any more.
//! 5. `clears` zeros what no kernel writes, and `number` gives final numbers.

mod clears;
mod describe;
mod emit;
mod homes;
mod in_place;
mod layouts;
mod number;
mod select;
mod weights;

use crate::ir::Graph;
use crate::lir::Program;

/// The kernel calls of a graph that [`crate::ir::verify`] accepts.
///
/// What it makes keeps the invariants of [`crate::lir::verify`].
///
/// # Panics
///
/// If the graph has no input or has a cycle, which the verifier refuses.
pub fn lower(graph: &Graph) -> Program {
    let selection = select::select(graph);
    let homes = homes::place(graph, &selection);
    let mut program = emit::emit(graph, &selection, &homes);
    in_place::reuse(&mut program);
    clears::insert(&mut program);
    number::renumber(&mut program);
    program
}
