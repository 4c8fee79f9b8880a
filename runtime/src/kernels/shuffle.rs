//! Shuffles channels: `[groups, n]` becomes `[n, groups]`.

use super::memory::Memory;
use super::place::Place;
use super::{Kernel, Rows};
use crate::layout::At;
use crate::simd::{F32x16, LANES, Simd};
use core::ops::Range;

/// A shuffle with its arguments.
#[derive(Debug)]
pub(crate) struct Shuffle<'m> {
    groups: usize,
    x: Place<'m>,
    y: Place<'m>,
    rows: Rows,
}

impl<'m> Shuffle<'m> {
    /// See [`crate::run::Run::shuffle`].
    pub(crate) fn new(groups: usize, memory: &'m Memory<'_>, x: At<'_>, y: At<'_>) -> Shuffle<'m> {
        let (x, y) = (memory.place(x), memory.place(y));
        x.assert_like(&y);
        x.assert_apart(&y);
        assert!(groups > 0 && x.view.channels.is_multiple_of(groups), "groups divide the channels");
        Shuffle { groups, x, y, rows: Rows::of(&y) }
    }
}

impl Kernel for Shuffle<'_> {
    fn items(&self) -> usize {
        self.rows.count()
    }

    fn cost(&self) -> usize {
        // Lane by lane.
        self.y.vectors() * 16
    }

    fn algorithm(&self) -> &'static str {
        "shuffle"
    }

    #[inline(always)]
    fn run<S: Simd>(&self, simd: S, items: Range<usize>, _: &mut [f32]) {
        let Shuffle { groups, x, y, rows } = self;
        let channels = y.view.channels;
        for item in items {
            let (image, block, row) = rows.split(item);
            let to = y.strip(image, block * 16);
            let mut from = [x.data; LANES];
            for (lane, from) in from.iter_mut().enumerate().take(to.count()) {
                let channel = block * 16 + lane;
                *from = x.run(image, channel % groups * (channels / groups) + channel / groups).0;
            }
            for column in 0..y.view.width {
                let mut lanes = F32x16([0.0; LANES]);
                for (lane, from) in lanes.0.iter_mut().zip(&from).take(to.count()) {
                    // Safety: the input has this pixel and channel.
                    *lane = unsafe { *from.add(x.at(row, column)) };
                }
                // Safety: the output has this pixel.
                unsafe { to.store(simd, y.at(row, column), lanes) }
            }
        }
    }
}
