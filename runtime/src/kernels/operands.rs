//! What every kernel of a convolution is given: checked once, in one way.

use super::activation::{self, Clamp};
use super::memory::Memory;
use super::place::Place;
use crate::layout::At;
use crate::op::{Activation, Conv};
use crate::simd::LANES;
use crate::weights::spec::{conv_size, is_depthwise};

/// The values and packed weights of a convolution.
#[derive(Debug)]
pub(super) struct Operands<'m> {
    pub(super) weights: &'m [f32],
    /// Behind the weights of all groups.
    pub(super) biases: &'m [f32],
    pub(super) x: Place<'m>,
    pub(super) residual: Option<Place<'m>>,
    pub(super) y: Place<'m>,
    pub(super) clamp: Clamp,
    /// Of the activation, what is more than bounds.
    pub(super) finish: Option<Activation>,
}

impl<'m> Operands<'m> {
    /// Panics unless they fit each other, the arena and the weights; see [`crate::run::Run::conv`].
    pub(super) fn new(
        op: &Conv,
        memory: &'m Memory<'_>,
        w: usize,
        x: At<'_>,
        residual: Option<At<'_>>,
        y: At<'_>,
    ) -> Operands<'m> {
        let (x, residual, y) = (memory.place(x), residual.map(|r| memory.place(r)), memory.place(y));
        assert_geometry(op, &x, residual.as_ref(), &y);
        let groups = op.groups;
        assert!(groups > 0 && x.view.channels.is_multiple_of(groups), "groups divide the inputs");
        assert!(y.view.channels.is_multiple_of(groups), "groups divide the outputs");
        let (inputs, outputs) = (x.view.channels / groups, y.view.channels);
        let [rows, columns] = op.kernel;
        let size = conv_size([rows, columns, inputs, outputs], groups, op.algorithm.packing());
        // The channels of a depthwise kernel lie side by side as those of one group do.
        let groups = if is_depthwise(inputs, outputs, groups) { 1 } else { groups };
        let blocks = groups * (outputs / groups).div_ceil(LANES);
        let (weights, biases) = memory.weights(w, size).0.split_at(size - blocks * LANES);
        let (clamp, finish) = activation::split(op.activation);
        Operands { weights, biases, x, residual, y, clamp, finish }
    }
}

/// Panics unless the geometry of a convolution fits its values: every tap of every output lies in the input's plane or
/// halo.
fn assert_geometry(op: &Conv, x: &Place<'_>, residual: Option<&Place<'_>>, y: &Place<'_>) {
    let side = |out: usize, size: usize, axis: usize, before: usize, after: usize| {
        let (stride, dilation, padding) = (op.stride[axis], op.dilation[axis], op.padding[axis]);
        assert!(op.kernel[axis] > 0 && stride > 0 && dilation > 0, "a kernel, a stride, a dilation");
        assert!(padding <= before, "the halo holds the padding");
        let last = (out - 1).checked_mul(stride).zip((op.kernel[axis] - 1).checked_mul(dilation));
        let last = last.and_then(|(a, b)| a.checked_add(b)).expect("the window overflows");
        assert!(last < padding + size + after, "the halo holds the window");
    };
    let (halo, v) = (x.view.layout.halo, &x.view);
    side(y.view.height, v.height, 0, halo.top, halo.bottom);
    side(y.view.width, v.width, 1, halo.left, halo.right);
    assert!(x.images == y.images, "as many images");
    x.assert_apart(y);
    if let Some(residual) = residual {
        residual.assert_like(y);
        residual.assert_apart_or_same(y);
    }
}
