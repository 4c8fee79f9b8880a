//! Softmax along channels, at each pixel. It may work in place.

use super::memory::Memory;
use super::place::Place;
use super::{Kernel, Rows};
use crate::layout::At;
use crate::simd::{Simd, math};
use core::ops::Range;

/// A softmax with its arguments.
#[derive(Debug)]
pub(crate) struct Softmax<'m> {
    x: Place<'m>,
    y: Place<'m>,
    rows: Rows,
}

impl<'m> Softmax<'m> {
    /// See [`crate::run::Run::softmax`].
    pub(crate) fn new(memory: &'m Memory<'_>, x: At<'_>, y: At<'_>) -> Softmax<'m> {
        let (x, y) = (memory.place(x), memory.place(y));
        x.assert_like(&y);
        x.assert_apart_or_same(&y);
        Softmax { x, y, rows: Rows::whole(&y) }
    }
}

impl Kernel for Softmax<'_> {
    /// Images and rows.
    fn items(&self) -> usize {
        self.rows.count()
    }

    fn cost(&self) -> usize {
        // An exponential takes as long as a dozen multiplications.
        self.y.vectors() * 16
    }

    fn algorithm(&self) -> &'static str {
        "softmax"
    }

    #[inline(always)]
    fn run<S: Simd>(&self, simd: S, items: Range<usize>, _: &mut [f32]) {
        let Softmax { x, y, rows } = self;
        for item in items {
            let (image, _, row) = rows.split(item);
            for column in 0..y.view.width {
                let (of_x, of_y) = (x.at(row, column) as isize, y.at(row, column));
                let mut largest = simd.splat(f32::NEG_INFINITY);
                for block in 0..x.blocks() {
                    let strip = x.strip(image, block * 16);
                    // Safety: the pixel is one of the input's.
                    let numbers = unsafe { strip.load(simd, of_x) };
                    largest = simd.max(largest, numbers.keep(strip.count(), f32::NEG_INFINITY));
                }
                let largest = simd.splat(largest.largest());
                let mut sum = simd.splat(0.0);
                for block in 0..x.blocks() {
                    let (from, to) = (x.strip(image, block * 16), y.strip(image, block * 16));
                    // Safety: both have this pixel.
                    unsafe {
                        let power = math::exp(simd, simd.sub(from.load(simd, of_x), largest));
                        sum = simd.add(sum, power.keep(from.count(), 0.0));
                        to.store(simd, of_y, power);
                    }
                }
                let sum = simd.splat(sum.sum());
                for block in 0..y.blocks() {
                    let strip = y.strip(image, block * 16);
                    // Safety: the pixel is one of the output's.
                    unsafe { strip.store(simd, of_y, simd.div(strip.load(simd, of_y as isize), sum)) }
                }
            }
        }
    }
}
