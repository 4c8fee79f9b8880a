//! A plane as one pixel, its numbers in the order rows, columns, channels.

use super::memory::Memory;
use super::place::Place;
use super::{Kernel, Rows};
use crate::layout::At;
use crate::simd::Simd;
use core::ops::Range;

/// A flattening with its arguments.
#[derive(Debug)]
pub(crate) struct Flatten<'m> {
    x: Place<'m>,
    y: Place<'m>,
    rows: Rows,
}

impl<'m> Flatten<'m> {
    /// See [`crate::run::Run::flatten`].
    pub(crate) fn new(memory: &'m Memory<'_>, x: At<'_>, y: At<'_>) -> Flatten<'m> {
        let (x, y) = (memory.place(x), memory.place(y));
        assert!((y.view.height, y.view.width) == (1, 1), "a flattened value is one pixel");
        assert!(x.images == y.images, "as many images");
        let size = x.view.height.checked_mul(x.view.width).and_then(|s| s.checked_mul(x.view.channels));
        assert!(size == Some(y.view.channels), "as many channels as numbers");
        x.assert_apart(&y);
        Flatten { x, y, rows: Rows::whole(&x) }
    }
}

impl Kernel for Flatten<'_> {
    /// Images and rows.
    fn items(&self) -> usize {
        self.rows.count()
    }

    fn cost(&self) -> usize {
        // Most runs are shorter than 16 numbers.
        self.x.vectors() * 4
    }

    fn algorithm(&self) -> &'static str {
        "flatten"
    }

    #[inline(always)]
    fn run<S: Simd>(&self, _: S, items: Range<usize>, _: &mut [f32]) {
        let Flatten { x, y, rows } = self;
        let channels = x.view.channels;
        for item in items {
            let (image, _, row) = rows.split(item);
            if row == 0 {
                y.zero_padding_lanes(image);
            }
            for column in 0..x.view.width {
                let start = (row * x.view.width + column) * channels;
                let mut channel = 0;
                while channel < channels {
                    let (from, at_most) = x.run(image, channel);
                    let (to, room) = y.run(image, start + channel);
                    let count = at_most.min(room);
                    // Safety: both runs have this many channels, and the values do not overlap.
                    unsafe { to.copy_from_nonoverlapping(from.add(x.at(row, column)), count) }
                    channel += count;
                }
            }
        }
    }
}
