//! Invariant 3: arities, shapes and layouts of every step.

use super::Found;
use crate::ir::Shape;
use crate::lir::kernel::conv_halo;
use crate::lir::{Kernel, Step, shape};
use archc_runtime::layout::View;
use archc_runtime::op::{Algorithm, Conv, Pool, PoolKind};

pub(super) fn check(found: &mut Found<'_>) {
    for (index, step) in found.program.steps.iter().enumerate() {
        let inputs: Vec<View> = step.inputs.iter().map(|&id| found.view(id)).collect();
        let output = found.view(step.output);
        if let Some(message) = wrong(step, &inputs, &output) {
            found.step(index, message);
            continue;
        }
        let x = inputs.first().map_or(shape(&output), shape);
        for (port, view) in inputs.iter().enumerate() {
            let need = step.kernel.need(found.program.target, port, x, shape(&output));
            if !need.accepts(view) {
                found.step(
                    index,
                    format!("input {port} has a layout that its kernel does not take: {need:?}"),
                );
            }
        }
    }
}

/// What is wrong with the shapes of a step.
fn wrong(step: &Step, inputs: &[View], output: &View) -> Option<String> {
    let shapes: Vec<Shape> = inputs.iter().map(shape).collect();
    let y = shape(output);
    let fits = match (&step.kernel, shapes.as_slice()) {
        (Kernel::Conv(conv), &[x]) => conv_fits(conv, x, y),
        (Kernel::Conv(conv), &[x, residual]) => conv_fits(conv, x, y) && residual == y,
        (Kernel::Dense(_), &[_]) => y.is_vector(),
        (Kernel::Dense(_), &[_, residual]) => y.is_vector() && residual == y,
        (Kernel::Pool(pool), &[x]) => pool_fits(pool, x, y),
        (Kernel::GlobalPool(kind), &[x]) => {
            *kind != PoolKind::AverageWithPadding && y == Shape::vector(x.channels)
        }
        (
            Kernel::Affine(_) | Kernel::Rescale(_) | Kernel::Lrn(_) | Kernel::Softmax | Kernel::Activate(_),
            &[x],
        ) => x == y,
        (Kernel::Add(_), &[a, b]) => a == y && b == y,
        (Kernel::Multiply, &[x, gate]) => x == y && (gate == y || gate == Shape::vector(y.channels)),
        (Kernel::Copy { top, left }, &[x]) => {
            x.channels == y.channels && x.height + top <= y.height && x.width + left <= y.width
        }
        (Kernel::Flatten, &[x]) => y == Shape::vector(x.size()),
        (Kernel::Shuffle { groups }, &[x]) => x == y && *groups > 0 && y.channels.is_multiple_of(*groups),
        (Kernel::Upsample { factor }, &[x]) => {
            y == Shape::new(x.height * factor[0], x.width * factor[1], x.channels)
        }
        (Kernel::Clear, &[]) => true,
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
        ) => return Some(format!("its kernel does not take {} inputs", inputs.len())),
    };
    let said = || shapes.iter().map(Shape::to_string).collect::<Vec<_>>().join(", ");
    (!fits).then(|| format!("its kernel does not make {y} of {}", said()))
}

fn conv_fits(conv: &Conv, x: Shape, y: Shape) -> bool {
    let groups = conv.groups.max(1);
    let halo = conv_halo(conv, x, y);
    // A last window that ends before the plane does: the right padding was smaller, or rows are left over.
    let covers = |axis: usize, outputs: usize, size: usize, after: usize| {
        let extent = (conv.kernel[axis] - 1) * conv.dilation[axis] + 1;
        outputs > 0 && (outputs - 1) * conv.stride[axis] + extent <= conv.padding[axis] + size + after
    };
    let counts = [conv.kernel, conv.stride, conv.dilation].into_iter().flatten();
    let computable = match conv.algorithm {
        Algorithm::Direct => true,
        Algorithm::Winograd { tile, packed } => {
            let plain = Conv::new(conv.kernel).padding(conv.padding).by(conv.algorithm).then(conv.activation);
            let is_known = match conv.kernel {
                [3, 3] => tile == 2 || tile == 4,
                [5, 5] => tile == 2 && !packed,
                _ => false,
            };
            is_known && *conv == plain
        }
    };
    counts.into_iter().all(|n| n > 0)
        && computable
        && x.channels.is_multiple_of(groups)
        && y.channels.is_multiple_of(groups)
        && covers(0, y.height, x.height, halo.bottom)
        && covers(1, y.width, x.width, halo.right)
}

/// Every window has a part inside the plane.
fn pool_fits(pool: &Pool, x: Shape, y: Shape) -> bool {
    let [top, _, left, _] = pool.padding;
    let touches = |outputs: usize, axis: usize, before: usize, size: usize| {
        outputs > 0
            && pool.kernel[axis] > before
            && pool.stride[axis] > 0
            && (outputs - 1) * pool.stride[axis] < before + size
    };
    x.channels == y.channels && touches(y.height, 0, top, x.height) && touches(y.width, 1, left, x.width)
}
