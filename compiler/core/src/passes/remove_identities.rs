//! Removes operations that give back what they get: dropout, which inference skips, and those that their attributes
//! or their input's shape make so.

use super::Patch;
use crate::ir::shape::{Padding, Shape};
use crate::ir::{Graph, NodeId, Op};

/// At an identity: its readers read its input.
pub(super) fn rewrite(graph: &Graph, id: NodeId) -> Option<Patch> {
    let [input] = graph.inputs(id)[..] else { return None };
    is_identity(&graph.node(id).op, graph.node(input).shape).then(|| Patch::new().replace(id, input))
}

/// Whether an operator gives back its only input, of that shape.
fn is_identity(op: &Op, input: Shape) -> bool {
    match op {
        Op::Dropout(_) | Op::Concat(_) => true,
        Op::Flatten(_) | Op::GlobalPool(_) => input.is_vector(),
        Op::ZeroPad(pad) => pad.padding == Padding::NONE,
        Op::Upsample(upsample) => upsample.factor == [1, 1],
        Op::Rescale(rescale) => rescale.scale == 1.0 && rescale.offset == 0.0,
        Op::Shuffle(shuffle) => shuffle.groups == 1 || shuffle.groups == input.channels,
        // Padding is smaller than the window, so here it is none.
        Op::Pool(pool) => pool.window.kernel == [1, 1] && pool.window.stride == [1, 1],
        Op::Input(_)
        | Op::Conv(_)
        | Op::Dense(_)
        | Op::BatchNorm(_)
        | Op::Normalize(_)
        | Op::Lrn(_)
        | Op::Activation(_)
        | Op::Softmax(_)
        | Op::Add(_)
        | Op::Gate(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Sketch, after, conv, relu};
    use super::*;
    use crate::ir::op::{
        Concat, Dropout, Flatten, GlobalPool, Pool, PoolKind, Rescale, Shuffle, Upsample, ZeroPad,
    };
    use crate::ir::shape::Window;

    /// Whether the operator goes when it stands alone behind an input of that shape.
    fn goes(input: [usize; 3], op: Op) -> bool {
        let mut s = Sketch::new(input);
        let first = s.add("first", relu(), &[s.input()]);
        let op = s.add("op", op, &[first]);
        let last = s.add("last", relu(), &[op]);
        let listing = after("remove_identities", s.finish(&[last]));
        !listing.iter().any(|line| line.starts_with("op("))
    }

    fn pool(kernel: usize, stride: usize) -> Op {
        Op::Pool(Pool {
            kind: PoolKind::Max,
            window: Window::new([kernel, kernel], [stride, stride]),
            padding: Padding::NONE,
            ceil: false,
            count_pad: false,
        })
    }

    #[test]
    fn operations_that_do_nothing_go() {
        assert!(goes([2, 2, 6], Op::Dropout(Dropout { rate: 0.5 })));
        assert!(goes([2, 2, 6], Op::Concat(Concat)));
        assert!(goes([1, 1, 6], Op::Flatten(Flatten)));
        assert!(goes([1, 1, 6], Op::GlobalPool(GlobalPool { kind: PoolKind::Average })));
        assert!(goes([2, 2, 6], Op::ZeroPad(ZeroPad { padding: Padding::NONE })));
        assert!(goes([2, 2, 6], Op::Upsample(Upsample { factor: [1, 1] })));
        assert!(goes([2, 2, 6], Op::Rescale(Rescale { scale: 1.0, offset: 0.0 })));
        assert!(goes([2, 2, 6], Op::Shuffle(Shuffle { groups: 1 })));
        assert!(goes([2, 2, 6], Op::Shuffle(Shuffle { groups: 6 })));
        assert!(goes([2, 2, 6], pool(1, 1)));
    }

    #[test]
    fn the_same_operations_stay_when_they_do_something() {
        assert!(!goes([2, 1, 6], Op::Flatten(Flatten)));
        assert!(!goes([1, 2, 6], Op::GlobalPool(GlobalPool { kind: PoolKind::Max })));
        assert!(!goes([2, 2, 6], Op::ZeroPad(ZeroPad { padding: Padding { left: 1, ..Padding::NONE } })));
        assert!(!goes([2, 2, 6], Op::Upsample(Upsample { factor: [1, 2] })));
        assert!(!goes([2, 2, 6], Op::Rescale(Rescale { scale: 2.0, offset: 0.0 })));
        assert!(!goes([2, 2, 6], Op::Rescale(Rescale { scale: 1.0, offset: 1.0 })));
        assert!(!goes([2, 2, 6], Op::Shuffle(Shuffle { groups: 2 })));
        assert!(!goes([2, 2, 6], pool(1, 2)));
        assert!(!goes([2, 2, 6], pool(2, 1)));
    }

    #[test]
    fn a_chain_goes_whole_and_an_output_follows() {
        let mut s = Sketch::new([2, 2, 3]);
        let conv = s.add("conv1", conv(3), &[s.input()]);
        let a = s.add("dropout1", Op::Dropout(Dropout { rate: 0.5 }), &[conv]);
        let b = s.add("dropout2", Op::Dropout(Dropout { rate: 0.5 }), &[a]);
        assert_eq!(
            after("remove_identities", s.finish(&[a, b])),
            ["input()", "conv1(input)", "-> conv1, conv1"]
        );
    }

    #[test]
    fn a_concatenation_of_two_stays() {
        let mut s = Sketch::new([2, 2, 3]);
        let x = s.input();
        let all = s.add("concat1", Op::Concat(Concat), &[x, x]);
        assert_eq!(after("remove_identities", s.finish(&[all]))[1], "concat1(input, input)");
    }
}
