//! Removes what reaches no output: a value that the text names and never uses, or what `--output` cut off.

use super::Patch;
use crate::ir::{Graph, NodeId, Op};

/// At a node without readers: removes it. Its own inputs may be next, so the pass goes backward. The input of the
/// network stays: it is part of its signature.
pub(super) fn rewrite(graph: &Graph, id: NodeId) -> Option<Patch> {
    let read = graph.is_read(id) || graph.is_output(id);
    let kept = read || matches!(graph.node(id).op, Op::Input(_));
    (!kept).then(|| Patch::new().remove(id))
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
