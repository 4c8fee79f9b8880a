//! Zeros the halo and the padding lanes of a whole buffer.

use super::memory::Memory;
use super::place::Place;
use super::{Kernel, Rows};
use crate::layout::{At, View};
use crate::simd::Simd;
use core::ops::Range;

/// A clearing with its arguments.
#[derive(Debug)]
pub(crate) struct Clear<'m> {
    /// The whole buffer.
    y: Place<'m>,
    rows: Rows,
}

impl<'m> Clear<'m> {
    /// See [`crate::run::Run::clear`].
    pub(crate) fn new(memory: &'m Memory<'_>, y: At<'_>) -> Clear<'m> {
        let whole = View { first_channel: 0, channels: y.view.buffer_channels, ..*y.view };
        let y = memory.place(whole.at(y.offset));
        let halo = whole.layout.halo;
        let rows = halo.top + whole.height + halo.bottom;
        let blocks = whole.buffer_channels.div_ceil(whole.layout.block);
        Clear { y, rows: Rows { blocks, rows, ..Rows::of(&y) } }
    }
}

impl Kernel for Clear<'_> {
    /// Images, and in an order that depends on the plane blocks of the buffer and rows, with those of the halo.
    fn items(&self) -> usize {
        self.rows.count()
    }

    fn cost(&self) -> usize {
        // Most rows are zeroed at their ends only; one by one, that takes longer.
        let ends = (self.y.row - self.y.view.width * self.y.pixel).div_ceil(16);
        self.items() * (8 + ends)
    }

    fn algorithm(&self) -> &'static str {
        "clear"
    }

    #[inline(always)]
    fn run<S: Simd>(&self, _: S, items: Range<usize>, _: &mut [f32]) {
        let y = &self.y;
        let View { height, width, channels, layout, .. } = y.view;
        for item in items {
            let (image, block, row) = self.rows.split(item);
            let start = y.row_start(image, block, row);
            let zero = |numbers: Range<usize>| {
                // Safety: the numbers are of this row.
                unsafe { start.add(numbers.start).write_bytes(0, numbers.len()) }
            };
            if row < layout.halo.top || row >= layout.halo.top + height {
                zero(0..y.row);
                continue;
            }
            let (left, right) = (layout.halo.left * y.pixel, (layout.halo.left + width) * y.pixel);
            zero(0..left);
            zero(right..y.row);
            let used = (channels - block * y.pixel).min(y.pixel);
            if used < y.pixel {
                for pixel in (left..right).step_by(y.pixel) {
                    zero(pixel + used..pixel + y.pixel);
                }
            }
        }
    }
}
