//! What each kernel asks of the values that it reads and writes.

use super::{Kernel, Target, View};
use crate::ir::Shape;
use archc_runtime::layout::Halo;
use archc_runtime::op::Conv;

/// What a kernel asks of a value that it reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// Any layout.
    Any,
    /// At least this halo of zeros, in any layout.
    Plane(Halo),
    /// A buffer of its own without a halo, in any layout: the kernel reads all of it, and its weights are in that order.
    Whole,
}

impl Need {
    /// Whether a view is as this asks.
    pub fn accepts(self, view: &View) -> bool {
        let halo = view.layout.halo;
        match self {
            Need::Any => true,
            Need::Plane(least) => halo.union(least) == halo,
            Need::Whole => view.is_whole() && halo.is_none() && view.layout.pitch == view.width,
        }
    }
}

impl Kernel {
    /// What a target's kernel asks of its input number `port`, where its first input and its output have these shapes.
    pub fn need(&self, target: Target, port: usize, x: Shape, y: Shape) -> Need {
        match (self, port) {
            (Kernel::Conv(conv), 0) if target == Target::Cpu => Need::Plane(conv_halo(conv, x, y)),
            (Kernel::Dense(_), 0) => Need::Whole,
            (
                Kernel::Conv(_)
                | Kernel::Dense(_)
                | Kernel::Pool(_)
                | Kernel::GlobalPool(_)
                | Kernel::Affine(_)
                | Kernel::Rescale(_)
                | Kernel::Lrn(_)
                | Kernel::Softmax
                | Kernel::Activate(_)
                | Kernel::Add(_)
                | Kernel::Multiply
                | Kernel::Copy { .. }
                | Kernel::Flatten
                | Kernel::Shuffle { .. }
                | Kernel::Upsample { .. }
                | Kernel::Clear,
                _,
            ) => Need::Any,
        }
    }

    /// The inputs that a kernel may write its output over: it reads each number of them just before it writes the number
    /// of the same place.
    pub fn in_place_ports(&self) -> &'static [usize] {
        match self {
            Kernel::Conv(_) | Kernel::Dense(_) => &[1],
            Kernel::Affine(_) | Kernel::Rescale(_) | Kernel::Activate(_) | Kernel::Multiply => &[0],
            Kernel::Add(_) => &[0, 1],
            Kernel::Pool(_)
            | Kernel::GlobalPool(_)
            | Kernel::Lrn(_)
            | Kernel::Softmax
            | Kernel::Copy { .. }
            | Kernel::Flatten
            | Kernel::Shuffle { .. }
            | Kernel::Upsample { .. }
            | Kernel::Clear => &[],
        }
    }

    /// Whether a kernel has a pack.
    pub fn has_weights(&self) -> bool {
        match self {
            Kernel::Conv(_) | Kernel::Dense(_) | Kernel::Affine(_) => true,
            Kernel::Pool(_)
            | Kernel::GlobalPool(_)
            | Kernel::Rescale(_)
            | Kernel::Lrn(_)
            | Kernel::Softmax
            | Kernel::Activate(_)
            | Kernel::Add(_)
            | Kernel::Multiply
            | Kernel::Copy { .. }
            | Kernel::Flatten
            | Kernel::Shuffle { .. }
            | Kernel::Upsample { .. }
            | Kernel::Clear => false,
        }
    }
}

/// The zeros that a convolution reads around its input.
pub(crate) fn conv_halo(conv: &Conv, x: Shape, y: Shape) -> Halo {
    let after = |axis: usize, size: usize, outputs: usize| {
        let reach =
            (outputs.max(1) - 1) * conv.stride[axis] + (conv.kernel[axis] - 1) * conv.dilation[axis] + 1;
        reach.saturating_sub(conv.padding[axis] + size)
    };
    Halo {
        top: conv.padding[0],
        bottom: after(0, x.height, y.height),
        left: conv.padding[1],
        right: after(1, x.width, y.width),
    }
}
