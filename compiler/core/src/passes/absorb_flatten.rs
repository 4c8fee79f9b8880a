//! Lets dense layers read a plane directly, in the order in which a flatten would have written it.

use super::Patch;
use crate::ir::op::Dense;
use crate::ir::{Graph, NodeId, Op};

/// At a flatten of a plane that only dense layers read: they read the plane. Flattens of vectors are identities, which
/// another pass removes.
pub(super) fn rewrite(graph: &Graph, id: NodeId) -> Option<Patch> {
    let Op::Flatten(_) = graph.node(id).op else { return None };
    let [plane] = graph.inputs(id)[..] else { return None };
    let readers = graph.consumers(id);
    if readers.is_empty() || graph.is_output(id) || graph.node(plane).shape.is_vector() {
        return None;
    }
    let mut patch = Patch::new().replace(id, plane);
    for (reader, port) in readers {
        // At port 1 it is a residual, which has the shape of the result.
        let (Op::Dense(dense), 0) = (&graph.node(reader).op, port) else { return None };
        patch = patch.set_op(reader, Op::Dense(Dense { flattens: true, ..dense.clone() }));
    }
    Some(patch)
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Sketch, after, relu};
    use super::*;
    use crate::ir::op::{Epilogue, Flatten, GlobalPool, PoolKind};

    fn dense(channels: usize) -> Op {
        Op::Dense(Dense { channels, bias: true, flattens: false, epilogue: Epilogue::default() })
    }

    #[test]
    fn dense_layers_flatten_for_themselves() {
        let mut s = Sketch::new([3, 2, 5]);
        let flat = s.add("flatten1", Op::Flatten(Flatten), &[s.input()]);
        let a = s.add("dense1", dense(4), &[flat]);
        let b = s.add("dense2", dense(7), &[flat]);
        assert_eq!(
            after("absorb_flatten", s.finish(&[a, b])),
            ["input()", "dense1(input) flattens", "dense2(input) flattens", "-> dense1, dense2"]
        );
    }

    #[test]
    fn a_flatten_that_something_else_needs_stays() {
        let mut s = Sketch::new([3, 2, 5]);
        let flat = s.add("flatten1", Op::Flatten(Flatten), &[s.input()]);
        let a = s.add("dense1", dense(4), &[flat]);
        let b = s.add("relu1", relu(), &[flat]);
        assert_eq!(after("absorb_flatten", s.finish(&[a, b]))[2], "dense1(flatten1)");

        let mut s = Sketch::new([3, 2, 5]);
        let flat = s.add("flatten1", Op::Flatten(Flatten), &[s.input()]);
        let a = s.add("dense1", dense(4), &[flat]);
        assert_eq!(after("absorb_flatten", s.finish(&[flat, a]))[2], "dense1(flatten1)");

        // The residual of a dense layer that reads something else.
        let mut s = Sketch::new([2, 1, 2]);
        let flat = s.add("flatten1", Op::Flatten(Flatten), &[s.input()]);
        let vector = s.add("pool1", Op::GlobalPool(GlobalPool { kind: PoolKind::Max }), &[s.input()]);
        let mut op = dense(4);
        op.epilogue_mut().expect("a dense layer has one").residual = true;
        let a = s.add("dense1", op, &[vector, flat]);
        assert_eq!(after("absorb_flatten", s.finish(&[a]))[3], "dense1(pool1, flatten1) residual");
    }
}
