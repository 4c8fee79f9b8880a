//! Convolution.

use super::epilogue::finish;
use crate::run::Value;
use crate::split::products;
use crate::tensors::Tensors;
use archc_core::ir::Shape;
use archc_core::ir::op::{Conv, Role};
use archc_runtime::op::Split;
use std::ops::Range;

pub(crate) fn conv(
    op: &Conv,
    path: &str,
    inputs: &[&Value],
    tensors: &Tensors<'_>,
    out: Shape,
    split: Split,
) -> Value {
    let mut y = Value::zeros(out);
    let kernel = tensors.wide(path, Role::Kernel);
    let x = inputs[0];
    let depthwise = op.groups > 1 && op.groups == x.shape.channels && op.groups == op.channels;
    if split == Split::None || depthwise {
        add(op, x, &kernel, &mut y);
    } else {
        for [x_part, kernel_part] in products(split, &x.data, &kernel) {
            add(op, &Value { shape: x.shape, data: x_part }, &kernel_part, &mut y);
        }
    }
    finish(&op.epilogue, path, tensors, inputs.get(1).copied(), &mut y);
    y
}

/// Adds the sums of all outputs.
fn add(op: &Conv, x: &Value, kernel: &[f64], y: &mut Value) {
    let out = y.shape;
    let row_size = out.width * out.channels;
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let share = out.height.div_ceil(threads);
    std::thread::scope(|scope| {
        for (i, rows) in y.data.chunks_mut(share * row_size).enumerate() {
            scope.spawn(move || {
                for (j, row) in rows.chunks_exact_mut(row_size).enumerate() {
                    output_row(op, x, kernel, i * share + j, row);
                }
            });
        }
    });
}

/// Row `oy` of the result. The channels that leave are innermost in weights and values alike, so the innermost loop
/// runs over neighbours in both.
fn output_row(op: &Conv, x: &Value, kernel: &[f64], oy: usize, row: &mut [f64]) {
    let [kh, kw] = op.window.kernel;
    let [sy, sx] = op.window.stride;
    let [dy, dx] = op.window.dilation;
    let (from, to) = (x.shape.channels / op.groups, op.channels / op.groups);
    for ky in 0..kh {
        let Some(iy) = (oy * sy + ky * dy).checked_sub(op.padding.top).filter(|&iy| iy < x.shape.height)
        else {
            continue;
        };
        for kx in 0..kw {
            let columns = inside(row.len() / op.channels, sx, kx * dx, op.padding.left, x.shape.width);
            for g in 0..op.groups {
                for ci in 0..from {
                    let weights = &kernel[((ky * kw + kx) * from + ci) * op.channels + g * to..][..to];
                    for ox in columns.clone() {
                        let x = x.pixel(iy, ox * sx + kx * dx - op.padding.left)[g * from + ci];
                        let sums = &mut row[ox * op.channels + g * to..][..to];
                        for (y, w) in sums.iter_mut().zip(weights) {
                            *y += x * w;
                        }
                    }
                }
            }
        }
    }
}

/// The outputs, of `count`, whose tap at distance `tap` from the window's start falls inside a row of `n`.
fn inside(count: usize, stride: usize, tap: usize, padding: usize, n: usize) -> Range<usize> {
    let first = padding.saturating_sub(tap).div_ceil(stride);
    let end = (n + padding).saturating_sub(tap).div_ceil(stride);
    first.min(count)..end.min(count)
}
