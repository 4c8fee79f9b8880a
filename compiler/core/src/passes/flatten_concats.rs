//! Makes one concatenation of nested ones.

use super::Patch;
use crate::ir::{Graph, NodeId, Op};

/// At the outermost concatenation: it reads the parts of those inside it, at any depth.
///
/// The whole nest goes in one patch, since a patch for each level would make the time quadratic in the depth.
pub(super) fn rewrite(graph: &Graph, id: NodeId) -> Option<Patch> {
    if !is_concat(graph, id) || dissolves(graph, id) {
        return None;
    }
    let mut parts = Vec::new();
    let mut patch = None;
    // Last in, first out: the inputs go in backwards.
    let mut waiting: Vec<NodeId> = graph.inputs(id).into_iter().rev().collect();
    while let Some(input) = waiting.pop() {
        if dissolves(graph, input) {
            patch = Some(patch.unwrap_or_else(Patch::new).remove(input));
            waiting.extend(graph.inputs(input).into_iter().rev());
        } else {
            parts.push(input);
        }
    }
    patch.map(|patch| patch.set_inputs(id, parts))
}

fn is_concat(graph: &Graph, id: NodeId) -> bool {
    matches!(graph.node(id).op, Op::Concat(_))
}

/// Whether it is a concatenation that only another one reads. One that something else reads too has to be in memory
/// anyway, and its parts would be written twice.
fn dissolves(graph: &Graph, id: NodeId) -> bool {
    is_concat(graph, id) && graph.sole_consumer(id).is_some_and(|(reader, _)| is_concat(graph, reader))
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Sketch, after, relu};
    use crate::ir::op::{Concat, Op};

    #[test]
    fn a_nest_becomes_one_with_its_parts_in_order() {
        let mut s = Sketch::new([2, 2, 1]);
        let x = s.input();
        let [a, b, c, d, e] = ["a", "b", "c", "d", "e"].map(|name| s.add(name, relu(), &[x]));
        let inner = s.add("concat1", Op::Concat(Concat), &[b, c]);
        let middle = s.add("concat2", Op::Concat(Concat), &[a, inner, a]);
        let outer = s.add("concat3", Op::Concat(Concat), &[middle, d, e]);
        let listing = after("flatten_concats", s.finish(&[outer]));
        assert_eq!(listing[6..], ["concat3(a, b, c, a, d, e)", "-> concat3"]);
    }

    #[test]
    fn one_that_is_read_twice_or_leaves_the_network_stays() {
        let mut s = Sketch::new([2, 2, 1]);
        let x = s.input();
        let inner = s.add("concat1", Op::Concat(Concat), &[x, x]);
        let outer = s.add("concat2", Op::Concat(Concat), &[inner, inner]);
        assert_eq!(after("flatten_concats", s.finish(&[outer]))[2], "concat2(concat1, concat1)");

        let mut s = Sketch::new([2, 2, 1]);
        let x = s.input();
        let inner = s.add("concat1", Op::Concat(Concat), &[x, x]);
        let outer = s.add("concat2", Op::Concat(Concat), &[inner, x]);
        assert_eq!(after("flatten_concats", s.finish(&[outer, inner]))[2], "concat2(concat1, input)");
    }
}
