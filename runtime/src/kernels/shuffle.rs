//! Shuffles channels: `[groups, n]` becomes `[n, groups]`.

use super::memory::Memory;
use super::place::Place;
use super::{Kernel, Rows};
use crate::layout::At;
use crate::simd::Simd;
use std::ops::Range;

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
        Shuffle { groups, x, y, rows: Rows { images: y.images, blocks: y.blocks(), rows: y.view.height } }
    }
}

impl Kernel for Shuffle<'_> {
    fn items(&self) -> usize {
        self.rows.count()
    }

    #[inline(always)]
    fn run<S: Simd>(&self, _: S, items: Range<usize>) {
        let Shuffle { groups, x, y, rows } = self;
        let channels = y.view.channels;
        for item in items {
            let (image, block, row) = rows.split(item);
            for channel in block * 16..channels.min(block * 16 + 16) {
                let (from, _) = x.run(image, channel % groups * (channels / groups) + channel / groups);
                let (to, _) = y.run(image, channel);
                for column in 0..y.view.width {
                    // Safety: both have this pixel and channel.
                    unsafe { *to.add(y.at(row, column)) = *from.add(x.at(row, column)) }
                }
            }
        }
    }
}
