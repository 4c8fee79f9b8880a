//! Pooling by a sliding window.

use crate::run::Value;
use archc_core::ir::op::{Pool, PoolKind};
use archc_core::ir::{Padding, Shape};
use std::ops::Range;

pub(crate) fn pool(op: &Pool, x: &Value, out: Shape) -> Value {
    let Padding { top, bottom, left, right } = op.padding;
    let mut y = Value::zeros(out);
    for oy in 0..out.height {
        let (rows, padded_rows) = window(op, 0, oy, x.shape.height, top, bottom);
        for ox in 0..out.width {
            let (columns, padded_columns) = window(op, 1, ox, x.shape.width, left, right);
            let count = match op.count_pad {
                true => padded_rows * padded_columns,
                false => rows.len() * columns.len(),
            };
            let pixel = y.pixel_mut(oy, ox);
            match op.kind {
                PoolKind::Max => {
                    pixel.fill(f64::NEG_INFINITY);
                    each(x, &rows, &columns, |c, v| pixel[c] = larger(pixel[c], v));
                }
                PoolKind::Average => {
                    each(x, &rows, &columns, |c, v| pixel[c] += v);
                    pixel.iter_mut().for_each(|v| *v /= count as f64);
                }
            }
        }
    }
    y
}

/// Along one axis: which places of the plane output `o` sees, and how many when the padding counts as well.
fn window(op: &Pool, axis: usize, o: usize, n: usize, before: usize, after: usize) -> (Range<usize>, usize) {
    let start = o * op.window.stride[axis];
    let end = start + op.window.kernel[axis];
    let inside = start.saturating_sub(before)..end.saturating_sub(before).min(n);
    (inside, end.min(n + before + after) - start)
}

/// Every number of a part of the plane, with its channel.
fn each(x: &Value, rows: &Range<usize>, columns: &Range<usize>, mut f: impl FnMut(usize, f64)) {
    for row in rows.clone() {
        for column in columns.clone() {
            for (c, &v) in x.pixel(row, column).iter().enumerate() {
                f(c, v);
            }
        }
    }
}

/// The larger one; not a number if either is not.
pub(super) fn larger(a: f64, b: f64) -> f64 {
    if b > a || b.is_nan() { b } else { a }
}
