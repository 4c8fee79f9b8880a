//! Makes zeros around a plane padding of the convolutions and average pools that read it.

use super::Patch;
use crate::ir::op::{Conv, Pool, PoolKind, ZeroPad};
use crate::ir::shape::Padding;
use crate::ir::{Graph, NodeId, Op, Shape};

/// At a `zeropad` whose readers all can pad for themselves: they do. Where one cannot, the padded plane has to be
/// in memory anyway.
pub(super) fn rewrite(graph: &Graph, id: NodeId) -> Option<Patch> {
    let Op::ZeroPad(ZeroPad { padding }) = &graph.node(id).op else { return None };
    let [input] = graph.inputs(id)[..] else { return None };
    let readers = graph.consumers(id);
    if readers.is_empty() || graph.is_output(id) {
        return None;
    }
    let mut patch = Patch::new().replace(id, input);
    for (reader, port) in readers {
        let op = padded(&graph.node(reader).op, port, *padding)?;
        let shape = |&read: &NodeId| graph.node(if read == id { input } else { read }).shape;
        let shapes: Vec<Shape> = graph.inputs(reader).iter().map(shape).collect();
        // A pool may refuse the padding as larger than its window, or round up to another number of windows.
        if op.infer(&shapes) != Ok(graph.node(reader).shape) {
            return None;
        }
        patch = patch.set_op(reader, op);
    }
    Some(patch)
}

/// The operator that does to a plane what `reader` does to the padded one, where that is exact: a convolution's
/// padding is zeros too, a maximum's never counts, and a mean's has to count.
fn padded(reader: &Op, port: usize, zeros: Padding) -> Option<Op> {
    if port != 0 {
        return None;
    }
    match reader {
        Op::Conv(conv) => Some(Op::Conv(Conv { padding: sum(conv.padding, zeros), ..conv.clone() })),
        Op::ZeroPad(pad) => Some(Op::ZeroPad(ZeroPad { padding: sum(pad.padding, zeros) })),
        Op::Pool(pool) if pool.kind == PoolKind::Average => {
            let counts_all = pool.count_pad || pool.padding == Padding::NONE;
            let padding = sum(pool.padding, zeros);
            counts_all.then(|| Op::Pool(Pool { padding, count_pad: true, ..pool.clone() }))
        }
        Op::Input(_)
        | Op::Dense(_)
        | Op::Pool(_)
        | Op::GlobalPool(_)
        | Op::BatchNorm(_)
        | Op::Normalize(_)
        | Op::Lrn(_)
        | Op::Rescale(_)
        | Op::Activation(_)
        | Op::Softmax(_)
        | Op::Dropout(_)
        | Op::Flatten(_)
        | Op::Shuffle(_)
        | Op::Upsample(_)
        | Op::Add(_)
        | Op::Concat(_)
        | Op::Gate(_) => None,
    }
}

fn sum(a: Padding, b: Padding) -> Padding {
    Padding {
        top: a.top.saturating_add(b.top),
        bottom: a.bottom.saturating_add(b.bottom),
        left: a.left.saturating_add(b.left),
        right: a.right.saturating_add(b.right),
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Sketch, conv, relu};
    use super::super::{PASSES, Report};
    use super::*;
    use crate::ir::shape::Window;

    const ZEROS: Padding = Padding { top: 0, bottom: 1, left: 2, right: 3 };

    fn run(graph: &mut Graph) {
        let pass = PASSES.iter().find(|p| p.name == "merge_zero_pad").expect("there is such a pass");
        pass.run(graph, None, &mut Report::default()).expect("the pass keeps the invariants");
    }

    fn pool(kind: PoolKind, kernel: usize, padding: Padding) -> Pool {
        let window = Window::new([kernel, kernel], [2, 2]);
        Pool { kind, window, padding, ceil: false, count_pad: false }
    }

    /// What becomes of a reader of a padded plane; `None` if the `zeropad` stays.
    fn merged(reader: Op) -> Option<Op> {
        let mut s = Sketch::new([6, 6, 2]);
        let pad = s.add("pad", Op::ZeroPad(ZeroPad { padding: ZEROS }), &[s.input()]);
        let reader = s.add("reader", reader, &[pad]);
        let mut graph = s.finish(&[reader]);
        run(&mut graph);
        (!graph.contains(pad)).then(|| graph.node(reader).op.clone())
    }

    #[test]
    fn a_convolution_pads_for_itself() {
        let Op::Conv(conv) = conv(3) else { unreachable!("it is a convolution") };
        let padding = Padding { top: 1, bottom: 2, left: 3, right: 4 };
        assert_eq!(merged(Op::Conv(conv.clone())), Some(Op::Conv(Conv { padding, ..conv })));
    }

    #[test]
    fn an_average_pool_pads_for_itself_if_all_zeros_count() {
        let plain = pool(PoolKind::Average, 4, Padding::NONE);
        let counts = Pool { padding: ZEROS, count_pad: true, ..plain.clone() };
        assert_eq!(merged(Op::Pool(plain.clone())), Some(Op::Pool(counts.clone())));

        let own = Pool { padding: Padding { top: 1, ..Padding::NONE }, ..plain };
        assert_eq!(merged(Op::Pool(own.clone())), None);
        let padding = Padding { top: 1, ..ZEROS };
        assert_eq!(
            merged(Op::Pool(Pool { count_pad: true, ..own })),
            Some(Op::Pool(Pool { padding, ..counts }))
        );
    }

    #[test]
    fn a_pool_whose_windows_would_change_keeps_its_zeros() {
        // Padding as large as the window.
        assert_eq!(merged(Op::Pool(pool(PoolKind::Average, 3, Padding::NONE))), None);
        // The fourth window starts at column 6: inside the padded plane of 9, but outside the plane of 6.
        let ceil = Pool { ceil: true, ..pool(PoolKind::Average, 4, Padding::NONE) };
        let mut s = Sketch::new([6, 6, 2]);
        let zeros = Padding { right: 3, ..Padding::NONE };
        let pad = s.add("pad", Op::ZeroPad(ZeroPad { padding: zeros }), &[s.input()]);
        let reader = s.add("reader", Op::Pool(ceil), &[pad]);
        let mut graph = s.finish(&[reader]);
        run(&mut graph);
        assert!(graph.contains(pad));
    }

    #[test]
    fn a_maximum_keeps_its_zeros_and_so_does_what_is_no_window() {
        assert_eq!(merged(Op::Pool(pool(PoolKind::Max, 4, Padding::NONE))), None);
        assert_eq!(merged(relu()), None);
    }

    #[test]
    fn zeros_that_one_reader_needs_stay_for_all() {
        let mut s = Sketch::new([6, 6, 2]);
        let pad = s.add("pad", Op::ZeroPad(ZeroPad { padding: ZEROS }), &[s.input()]);
        let a = s.add("conv1", conv(2), &[pad]);
        let b = s.add("relu1", relu(), &[pad]);
        let mut graph = s.finish(&[a, b]);
        run(&mut graph);
        assert!(graph.contains(pad));

        let mut s = Sketch::new([6, 6, 2]);
        let pad = s.add("pad", Op::ZeroPad(ZeroPad { padding: ZEROS }), &[s.input()]);
        let a = s.add("conv1", conv(2), &[pad]);
        let mut graph = s.finish(&[a, pad]);
        run(&mut graph);
        assert!(graph.contains(pad));
    }

    #[test]
    fn two_in_a_row_merge_even_where_the_second_stays() {
        let mut s = Sketch::new([6, 6, 2]);
        let first = s.add("pad1", Op::ZeroPad(ZeroPad { padding: ZEROS }), &[s.input()]);
        let second = s.add("pad2", Op::ZeroPad(ZeroPad { padding: Padding::all(1) }), &[first]);
        let last = s.add("relu1", relu(), &[second]);
        let mut graph = s.finish(&[last]);
        run(&mut graph);
        assert!(!graph.contains(first));
        let padding = Padding { top: 1, bottom: 2, left: 3, right: 4 };
        assert_eq!(graph.node(second).op, Op::ZeroPad(ZeroPad { padding }));
    }
}
