//! Local response normalization: each number over a power of the squares around it along channels.

use super::memory::Memory;
use super::place::Place;
use super::{Kernel, Rows};
use crate::layout::At;
use crate::op;
use crate::simd::{F32x16, Simd, double, math};
use core::ops::Range;

/// A local response normalization with its arguments.
#[derive(Debug)]
pub(crate) struct Lrn<'m> {
    op: op::Lrn,
    x: Place<'m>,
    y: Place<'m>,
    rows: Rows,
}

impl<'m> Lrn<'m> {
    /// See [`crate::run::Run::lrn`].
    pub(crate) fn new(op: &op::Lrn, memory: &'m Memory<'_>, x: At<'_>, y: At<'_>) -> Lrn<'m> {
        let (x, y) = (memory.place(x), memory.place(y));
        x.assert_like(&y);
        x.assert_apart(&y);
        assert!(op.size > 0, "a window has channels");
        Lrn { op: *op, x, y, rows: Rows::of(&y) }
    }
}

impl Kernel for Lrn<'_> {
    fn items(&self) -> usize {
        self.rows.count()
    }

    fn cost(&self) -> usize {
        // A power takes as long as a few dozen multiplications.
        self.y.vectors() * (self.op.size.min(self.y.view.channels + 15) + 40)
    }

    fn algorithm(&self) -> &'static str {
        "LRN"
    }

    #[inline(always)]
    fn run<S: Simd>(&self, simd: S, items: Range<usize>, _: &mut [f32]) {
        let Lrn { op, x, y, rows } = self;
        for item in items {
            let (image, block, row) = rows.split(item);
            let (from, to) = (x.strip(image, block * 16), y.strip(image, block * 16));
            // The sums of a row grow in the output, so that each channel of the window is found once.
            for column in 0..y.view.width {
                // Safety: the pixel is one of the output's.
                unsafe { to.store(simd, y.at(row, column), simd.splat(0.0)) }
            }
            for distance in self.distances(block) {
                let window = x.window(image, block as isize * 16 + distance);
                for column in 0..y.view.width {
                    // Safety: both have this pixel.
                    unsafe {
                        let number = window.load(simd, x.at(row, column) as isize);
                        let sum = to.load(simd, y.at(row, column) as isize);
                        to.store(simd, y.at(row, column), simd.mul_add(number, number, sum));
                    }
                }
            }
            for column in 0..y.view.width {
                // Safety: both have this pixel.
                unsafe {
                    let sum = to.load(simd, y.at(row, column) as isize);
                    let base = simd.mul_add(sum, simd.splat(op.alpha), simd.splat(op.k));
                    let number = from.load(simd, x.at(row, column) as isize);
                    let value = simd.mul(number, power(simd, base, op.beta));
                    to.store(simd, y.at(row, column), value);
                }
            }
        }
    }
}

/// `base ^ -beta`; the exponent of the paper, 3/4, takes a tenth of the time of others.
#[inline(always)]
fn power<S: Simd>(simd: S, base: F32x16, beta: f32) -> F32x16 {
    let mut is_near = beta == 0.75;
    for x in base.0 {
        is_near &= math::ROOTS.contains(&x);
    }
    if is_near { math::inverse_root(simd, base) } else { double::pow(simd, base, -beta) }
}

impl Lrn<'_> {
    /// The distances in the window at which some channel of the value lies, seen from a block.
    #[inline(always)]
    fn distances(&self, block: usize) -> Range<isize> {
        let first = block * 16;
        let below = (self.op.size / 2).min(first + 15);
        let above = ((self.op.size - 1) / 2).min(self.x.view.channels - 1 - first);
        -(below as isize)..above as isize + 1
    }
}
