//! Pooling by a sliding window that is cut off at the plane.

use super::memory::Memory;
use super::place::Place;
use super::strip::Strip;
use super::{Kernel, Rows};
use crate::layout::At;
use crate::op::{self, PoolKind};
use crate::simd::Simd;
use core::ops::Range;

/// A pooling with its arguments.
#[derive(Debug)]
pub(crate) struct Pool<'m> {
    op: op::Pool,
    x: Place<'m>,
    y: Place<'m>,
    rows: Rows,
}

/// One side of a window.
#[derive(Clone, Copy, Debug)]
struct Side {
    /// Where it starts and ends in the plane.
    start: usize,
    end: usize,
    /// Its length in the plane and its padding.
    padded: usize,
}

impl Side {
    /// The window of an output along one axis.
    #[inline(always)]
    fn new(out: usize, stride: usize, kernel: usize, padding: [usize; 2], size: usize) -> Side {
        let [before, after] = padding;
        // Counted from where the padding starts.
        let start = out * stride;
        let end = (start + kernel).min(before + size + after);
        Side {
            start: start.saturating_sub(before),
            end: end.saturating_sub(before).min(size),
            padded: end.saturating_sub(start),
        }
    }
}

impl<'m> Pool<'m> {
    /// See [`crate::run::Run::pool`].
    pub(crate) fn new(op: &op::Pool, memory: &'m Memory<'_>, x: At<'_>, y: At<'_>) -> Pool<'m> {
        let (x, y) = (memory.place(x), memory.place(y));
        assert!(x.images == y.images && x.view.channels == y.view.channels, "as many images and channels");
        x.assert_apart(&y);
        let pool = Pool { op: *op, x, y, rows: Rows::of(&y) };
        // Windows only move on: if the first and the last touch the plane, all do.
        for (axis, last) in [(0, y.view.height - 1), (1, y.view.width - 1)] {
            let size = if axis == 0 { x.view.height } else { x.view.width };
            let (stride, kernel) = (op.stride[axis], op.kernel[axis]);
            let padding = op.padding[axis * 2];
            assert!(stride > 0 && kernel > padding, "a window reaches over its padding");
            let start = last.checked_mul(stride).expect("the window overflows");
            assert!(start < padding + size, "a window starts in the plane or its padding");
            assert!(start.checked_add(kernel).is_some(), "the window overflows");
        }
        pool
    }
}

impl Kernel for Pool<'_> {
    fn items(&self) -> usize {
        self.rows.count()
    }

    fn cost(&self) -> usize {
        self.y.vectors() * (self.op.kernel[0] * self.op.kernel[1] * 4 + 16)
    }

    fn algorithm(&self) -> &'static str {
        if self.op.kind == PoolKind::Max { "max pool" } else { "average pool" }
    }

    #[inline(always)]
    fn run<S: Simd>(&self, simd: S, items: Range<usize>, _: &mut [f32]) {
        for item in items {
            let (image, block, row) = self.rows.split(item);
            let (from, to) = (self.x.strip(image, block * 16), self.y.strip(image, block * 16));
            let maximum = self.op.kind == PoolKind::Max;
            match (maximum, from.is_line()) {
                (true, true) => self.row::<S, true, true>(simd, &from, &to, row),
                (true, false) => self.row::<S, true, false>(simd, &from, &to, row),
                (false, true) => self.row::<S, false, true>(simd, &from, &to, row),
                (false, false) => self.row::<S, false, false>(simd, &from, &to, row),
            }
        }
    }
}

impl Pool<'_> {
    /// Computes a row of a block of channels. `LINE` says that the input's channels lie side by side.
    #[inline(always)]
    fn row<S: Simd, const MAXIMUM: bool, const LINE: bool>(
        &self,
        simd: S,
        from: &Strip,
        to: &Strip,
        row: usize,
    ) {
        let Pool { op, x, y, .. } = self;
        let [top, bottom, left, right] = op.padding;
        let vertical = Side::new(row, op.stride[0], op.kernel[0], [top, bottom], x.view.height);
        for column in 0..y.view.width {
            let horizontal = Side::new(column, op.stride[1], op.kernel[1], [left, right], x.view.width);
            let mut value = simd.splat(if MAXIMUM { f32::NEG_INFINITY } else { 0.0 });
            for wy in vertical.start..vertical.end {
                for wx in horizontal.start..horizontal.end {
                    let at = x.at(wy, wx);
                    // Safety: the window is cut off at the plane.
                    let number = unsafe {
                        if LINE { from.load_line(simd, at as isize) } else { from.load(simd, at as isize) }
                    };
                    value = if MAXIMUM { simd.max(value, number) } else { simd.add(value, number) };
                }
            }
            if !MAXIMUM {
                let count = match op.kind {
                    PoolKind::AverageWithPadding => vertical.padded * horizontal.padded,
                    PoolKind::Max | PoolKind::Average => {
                        (vertical.end - vertical.start) * (horizontal.end - horizontal.start)
                    }
                };
                value = simd.div(value, simd.splat(count as f32));
            }
            // Safety: the pixel is one of the output's.
            unsafe { to.store(simd, y.at(row, column), value) }
        }
    }
}
