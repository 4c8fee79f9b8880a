//! Removes what reaches no output: a value that the text names and never uses, or what `--output` cut off.

use super::Patch;
use crate::ir::{Graph, NodeId, Op};
use std::collections::BTreeSet;

/// At a node without readers: removes it, and what was computed for it alone. The input stays: it is the network's
/// signature.
pub(super) fn rewrite(graph: &Graph, id: NodeId) -> Option<Patch> {
    let mut dead = BTreeSet::new();
    let mut suspects = vec![id];
    while let Some(suspect) = suspects.pop() {
        let unread = graph.consumers(suspect).iter().all(|(reader, _)| dead.contains(reader));
        let kept = graph.is_output(suspect) || matches!(graph.node(suspect).op, Op::Input(_));
        if unread && !kept && dead.insert(suspect) {
            suspects.extend(graph.inputs(suspect));
        }
    }
    (!dead.is_empty()).then(|| dead.into_iter().fold(Patch::new(), Patch::remove))
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Sketch, after, conv, relu};
    use crate::ir::Op;
    use crate::ir::op::Add;

    #[test]
    fn a_dead_chain_goes_with_what_only_it_reads() {
        let mut s = Sketch::new([4, 4, 2]);
        let x = s.input();
        let live = s.add("conv1", conv(2), &[x]);
        let a = s.add("conv2", conv(2), &[live]);
        let b = s.add("relu1", relu(), &[a]);
        s.add("add1", Op::Add(Add::default()), &[a, b]);
        assert_eq!(after("dead_code", s.finish(&[live])), ["input()", "conv1(input)", "-> conv1"]);
    }

    #[test]
    fn an_output_that_others_read_stays_and_so_does_an_unread_input() {
        let mut s = Sketch::new([4, 4, 2]);
        let a = s.add("conv1", conv(2), &[s.input()]);
        let b = s.add("conv2", conv(2), &[a]);
        assert_eq!(after("dead_code", s.finish(&[a, b])).len(), 4);

        let mut s = Sketch::new([4, 4, 2]);
        let x = s.input();
        s.add("conv1", conv(2), &[x]);
        assert_eq!(after("dead_code", s.finish(&[x])), ["input()", "-> input"]);
    }
}
