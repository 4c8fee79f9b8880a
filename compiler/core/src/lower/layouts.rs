//! The layouts that lowering gives.

use super::select::{Task, Work};
use crate::ir::Shape;
use crate::lir::{Need, Target};
use archc_runtime::layout::{Halo, Layout};

/// What a task asks of its input number `port`.
pub(super) fn task_need(task: &Task, target: Target, port: usize, x: Shape, y: Shape) -> Need {
    match &task.work {
        Work::Kernel(kernel) => kernel.need(target, port, x, y),
        // Parts that are not written in place are copied.
        Work::Input | Work::Concat | Work::ZeroPad { .. } => Need::Any,
    }
}

/// The layout of a buffer of this width with another halo.
pub(super) fn with_halo(layout: Layout, width: usize, halo: Halo) -> Layout {
    Layout { halo, pitch: halo.left + width + halo.right, ..layout }
}
