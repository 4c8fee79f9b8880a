//! The passes: rewrites of a checked graph that keep what it computes and make it cheaper to run.
//!
//! A pass is a plain function that looks at one node and says what to change there, as a [`Patch`]. The driver calls
//! it for every node, applies what it says, and verifies the graph after each pass.

mod absorb_flatten;
mod dead_code;
mod flatten_concats;
mod fold_batch_norm;
mod fuse_activation;
mod fuse_residual;
mod merge_zero_pad;
mod patch;
mod remove_identities;
mod report;
#[cfg(test)]
mod testing;

pub use patch::{Patch, PatchError};
pub use report::{Change, PassError, Report};

use crate::ir::verify::verify;
use crate::ir::{Graph, NodeId};
use Order::{Backward, Forward};

/// The passes, in the order in which they run.
pub const PASSES: &[Pass] = &[
    // Nodes that reach no output. First, since what reads a value stops the passes below from fusing it.
    Pass { name: "dead_code", order: Backward, rewrite: dead_code::rewrite },
    // Dropout, and operations whose attributes make them do nothing. They hide their neighbours from the passes below.
    Pass { name: "remove_identities", order: Forward, rewrite: remove_identities::rewrite },
    // A concatenation of concatenations becomes one, so that each part is written to its place once.
    Pass { name: "flatten_concats", order: Forward, rewrite: flatten_concats::rewrite },
    // Zeros around a plane become padding of what reads it.
    Pass { name: "merge_zero_pad", order: Forward, rewrite: merge_zero_pad::rewrite },
    // A dense layer reads a plane in the order in which a flatten would write it.
    Pass { name: "absorb_flatten", order: Forward, rewrite: absorb_flatten::rewrite },
    // The three that fill epilogues, in the order in which an epilogue computes: norms, sum, activation.
    Pass { name: "fold_batch_norm", order: Forward, rewrite: fold_batch_norm::rewrite },
    Pass { name: "fuse_residual", order: Forward, rewrite: fuse_residual::rewrite },
    Pass { name: "fuse_activation", order: Forward, rewrite: fuse_activation::rewrite },
];

/// One pass.
#[derive(Debug)]
pub struct Pass {
    /// Its name, as dumps and errors show it.
    pub name: &'static str,
    order: Order,
    rewrite: fn(&Graph, NodeId) -> Option<Patch>,
}

/// In which order a pass looks at the nodes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Order {
    /// A node behind its inputs.
    Forward,
    /// A node before its inputs.
    Backward,
}

/// Runs every pass over a graph that the verifier accepts.
///
/// `limit` stops after so many changes, in all passes together: a wrong one is found by bisecting over it. An error
/// is a mistake in a pass, not in the network, and leaves the graph half rewritten.
pub fn run(graph: &mut Graph, limit: Option<usize>) -> Result<Report, PassError> {
    let mut report = Report::default();
    for pass in PASSES {
        pass.run(graph, limit, &mut report)?;
    }
    Ok(report)
}

impl Pass {
    /// Runs this pass alone, until `report` holds `limit` changes. Errors as those of [`run`].
    pub fn run(&self, graph: &mut Graph, limit: Option<usize>, report: &mut Report) -> Result<(), PassError> {
        // There is no order only if there is a cycle, which the verifier reports below.
        let mut ids = graph.topological().unwrap_or_default();
        match self.order {
            Forward => {}
            Backward => ids.reverse(),
        }
        for id in ids {
            if limit.is_some_and(|limit| report.changes.len() >= limit) {
                break;
            }
            if !graph.contains(id) {
                continue;
            }
            if let Some(patch) = (self.rewrite)(graph, id) {
                report.changes.push(Change { pass: self.name, what: patch.describe(graph) });
                patch.apply(graph).map_err(|error| PassError::Patch { pass: self.name, error })?;
            }
        }
        verify(graph).map_err(|violations| PassError::Invariants { pass: self.name, violations })
    }
}

#[cfg(test)]
mod tests {
    use super::testing::{Sketch, conv, listing, relu};
    use super::*;
    use crate::ir::op::{Add, BatchNorm, Dropout, Op};

    /// A residual block: two convolutions, a projection, and dropout before the sum.
    fn block() -> Graph {
        let mut s = Sketch::new([6, 6, 4]);
        let x = s.input();
        let norm = || Op::BatchNorm(BatchNorm { eps: 1e-5, scale: true });
        let conv1 = s.add("conv1", conv(8), &[x]);
        let bn1 = s.add("bn1", norm(), &[conv1]);
        let relu1 = s.add("relu1", relu(), &[bn1]);
        let conv2 = s.add("conv2", conv(8), &[relu1]);
        let bn2 = s.add("bn2", norm(), &[conv2]);
        let dropped = s.add("dropout1", Op::Dropout(Dropout { rate: 0.5 }), &[bn2]);
        let conv3 = s.add("conv3", conv(8), &[x]);
        let bn3 = s.add("bn3", norm(), &[conv3]);
        let sum = s.add("add1", Op::Add(Add::default()), &[dropped, bn3]);
        let last = s.add("relu2", relu(), &[sum]);
        s.add("conv4", conv(3), &[x]);
        s.finish(&[last])
    }

    #[test]
    fn a_residual_block_becomes_three_convolutions() {
        let mut graph = block();
        let report = run(&mut graph, None).expect("the passes keep the invariants");
        assert_eq!(
            listing(&graph),
            [
                "input()",
                "conv1(input) bn1 relu",
                "conv2(conv1) bn2",
                "conv3(input, conv2) bn3 residual relu",
                "-> conv3",
            ]
        );
        let lines: Vec<String> = report.to_string().lines().map(String::from).collect();
        assert_eq!(
            lines,
            [
                "dead_code: conv4",
                "remove_identities: dropout1 -> bn2",
                "fold_batch_norm: bn1 -> conv1",
                "fold_batch_norm: bn2 -> conv2",
                "fold_batch_norm: bn3 -> conv3",
                "fuse_residual: add1 -> conv3",
                "fuse_activation: relu1 -> conv1",
                "fuse_activation: relu2 -> conv3",
            ]
        );
    }

    #[test]
    fn a_limit_stops_after_so_many_changes() {
        let all = run(&mut block(), None).expect("the passes keep the invariants").changes;
        for limit in 0..=all.len() {
            let some = run(&mut block(), Some(limit)).expect("the passes keep the invariants").changes;
            assert_eq!(some, all[..limit]);
        }
    }

    #[test]
    fn a_second_run_changes_nothing() {
        let mut graph = block();
        run(&mut graph, None).expect("the passes keep the invariants");
        assert_eq!(run(&mut graph, None).expect("the passes keep the invariants").changes, []);
    }
}
