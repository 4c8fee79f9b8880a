//! What a convolution sums up: the inputs under the taps of its kernel, in the order of its weights, cut into parts.

use super::place::Place;
use crate::op::Conv;

/// Inputs of a part: few enough that their weights, for a block of 16 outputs, stay in the L1 cache.
const PART: usize = 288;

/// Pieces of memory that a part may have.
const SEGMENTS: usize = 48;

/// Inputs of one pixel that lie side by side, in memory and in the order of the weights.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Segment {
    /// From the pixel's own place in the plane.
    pub(super) offset: isize,
    /// How many.
    pub(super) count: usize,
}

/// The inputs of all taps. Weights are in the order blocks of 16 input channels, rows, columns, channels.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reduction {
    rows: usize,
    /// Taps of a row; one where those of a row are merged.
    taps: usize,
    /// Inputs of a group under a tap.
    inputs: usize,
    /// Inputs in a block: 16, or all those of a row of taps.
    block: usize,
    /// Inputs of a part.
    part: usize,
    /// From one row of taps to the next, and from one tap to the next.
    step: [usize; 2],
    /// From a pixel's first tap to the pixel.
    corner: usize,
    /// Channels of a group.
    channels: usize,
    /// Whether the inputs of a whole row of taps lie side by side.
    merged: bool,
}

impl Reduction {
    /// Of a convolution that reads this value, with so many channels in a group.
    pub(super) fn new(op: &Conv, x: &Place<'_>, channels: usize) -> Reduction {
        // In NHWC the taps of a row lie side by side, and so do their weights as long as they are one block.
        let merged = x.is_nhwc() && op.groups == 1 && op.dilation[1] == 1 && channels <= 16;
        let row = op.kernel[1] * channels;
        let (taps, inputs, block) = if merged { (1, row, row) } else { (op.kernel[1], channels, 16) };
        let len = op.kernel[0] * taps * inputs;
        Reduction {
            rows: op.kernel[0],
            taps,
            inputs,
            block,
            part: len.div_ceil(len.div_ceil(PART)).next_multiple_of(16),
            step: [x.at(op.dilation[0], 0), x.at(0, op.dilation[1])],
            corner: x.at(op.padding[0], op.padding[1]),
            channels,
            merged,
        }
    }

    /// Inputs of all taps.
    #[inline(always)]
    pub(super) fn len(&self) -> usize {
        self.rows * self.taps * self.inputs
    }

    /// The first part, for a group of an image of `x`.
    #[inline(always)]
    pub(super) fn first(&self, x: &Place<'_>, image: usize, group: usize) -> Part {
        let mut part = Part {
            segments: [Segment::default(); SEGMENTS],
            count: 0,
            start: 0,
            end: 0,
            total: self.len(),
            channel: group * self.channels,
            block: 0,
            row: 0,
            tap: 0,
            done: 0,
        };
        part.next(self, x, image);
        part
    }
}

/// Inputs that are summed at once, and where the next ones start.
#[derive(Clone, Debug)]
pub(super) struct Part {
    segments: [Segment; SEGMENTS],
    count: usize,
    /// Inputs before these, and before the next ones.
    start: usize,
    end: usize,
    total: usize,
    /// The group's first channel.
    channel: usize,
    /// The next input: the first one of its block, its row of taps, its tap, its place in the block.
    block: usize,
    row: usize,
    tap: usize,
    done: usize,
}

impl Part {
    /// Goes on to the next inputs.
    #[inline(always)]
    pub(super) fn next(&mut self, of: &Reduction, x: &Place<'_>, image: usize) {
        (self.count, self.start) = (0, self.end);
        while self.end < self.total && self.count < SEGMENTS && self.end - self.start < of.part {
            let block = of.block.min(of.inputs - self.block);
            let (offset, side_by_side) = self.locate(of, x, image);
            let count = (block - self.done).min(side_by_side).min(of.part - (self.end - self.start));
            self.segments[self.count] = Segment { offset, count };
            self.count += 1;
            self.end += count;
            self.done += count;
            if self.done == block {
                (self.done, self.tap) = (0, self.tap + 1);
                if self.tap == of.taps {
                    (self.tap, self.row) = (0, self.row + 1);
                    if self.row == of.rows {
                        (self.row, self.block) = (0, self.block + block);
                    }
                }
            }
        }
    }

    /// Where the next input lies, and how many lie side by side from it on.
    #[inline(always)]
    fn locate(&self, of: &Reduction, x: &Place<'_>, image: usize) -> (isize, usize) {
        let tap = self.row * of.step[0] + self.tap * of.step[1];
        let channel = if of.merged { self.channel } else { self.channel + self.block + self.done };
        let (address, side_by_side) = x.run(image, channel);
        // Safety: both are in the value's memory.
        let at = unsafe { address.offset_from(x.data) } + tap as isize - of.corner as isize;
        if of.merged { (at + self.done as isize, of.inputs - self.done) } else { (at, side_by_side) }
    }

    /// The pieces of memory, in the order of the weights.
    #[inline(always)]
    pub(super) fn segments(&self) -> &[Segment] {
        &self.segments[..self.count]
    }

    /// Inputs before these.
    #[inline(always)]
    pub(super) fn start(&self) -> usize {
        self.start
    }

    /// Inputs before the next part.
    #[inline(always)]
    pub(super) fn end(&self) -> usize {
        self.end
    }

    /// How many inputs.
    #[inline(always)]
    pub(super) fn len(&self) -> usize {
        self.end - self.start
    }

    /// Whether nothing was summed before.
    #[inline(always)]
    pub(super) fn is_first(&self) -> bool {
        self.start == 0
    }

    /// Whether nothing is left.
    #[inline(always)]
    pub(super) fn is_last(&self) -> bool {
        self.end == self.total
    }
}
