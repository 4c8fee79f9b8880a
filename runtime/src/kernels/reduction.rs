//! What a convolution sums up: the inputs under the taps of its kernel, in the order of its weights, cut into parts.

use super::place::Place;
use crate::op::Conv;

/// Inputs of a part: few enough that their weights, for a block of 16 outputs, stay in the L1 cache.
const PART: usize = 288;

/// Pieces of memory that a part may have.
const SEGMENTS: usize = 48;

/// Inputs of one pixel that lie side by side under a tap.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Segment {
    /// From the pixel's own place in the plane.
    pub(super) offset: isize,
    /// How many.
    pub(super) count: usize,
}

/// The inputs of all taps.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reduction {
    rows: usize,
    /// Taps of a row; one where the taps of a row lie side by side.
    taps: usize,
    /// Inputs of a tap.
    run: usize,
    /// Inputs of a part.
    part: usize,
    /// From one row of taps to the next, and from one tap to the next.
    step: [usize; 2],
    /// From a pixel's first tap to the pixel.
    corner: usize,
    /// Inputs of a group.
    inputs: usize,
    /// Whether a tap's inputs are taken from one segment.
    merged: bool,
    /// Channels that lie side by side, and the distance to the next ones.
    block: usize,
    plane: usize,
}

impl Reduction {
    /// Of a convolution that reads this value, with so many inputs in a group.
    pub(super) fn new(op: &Conv, x: &Place<'_>, inputs: usize) -> Reduction {
        // In NHWC the taps of a row lie side by side, in memory as in the weights.
        let merged = x.is_nhwc() && op.groups == 1 && op.dilation[1] == 1;
        let (taps, run) = if merged { (1, op.kernel[1] * inputs) } else { (op.kernel[1], inputs) };
        let len = op.kernel[0] * taps * run;
        Reduction {
            rows: op.kernel[0],
            taps,
            run,
            part: len.div_ceil(len.div_ceil(PART)).next_multiple_of(16),
            step: [x.at(op.dilation[0], 0), x.at(0, op.dilation[1])],
            corner: x.at(op.padding[0], op.padding[1]),
            inputs,
            merged,
            block: x.pixel,
            plane: x.plane,
        }
    }

    /// Inputs of all taps.
    #[inline(always)]
    pub(super) fn len(&self) -> usize {
        self.rows * self.taps * self.run
    }

    /// The first part, for a group of an image of `x`.
    #[inline(always)]
    pub(super) fn first(&self, x: &Place<'_>, image: usize, group: usize) -> Part {
        let (head, side_by_side) = x.run(image, group * self.inputs);
        // Safety: both are in the value's memory.
        let offset = unsafe { head.offset_from(x.data) } - self.corner as isize;
        let first = if self.merged { self.run } else { side_by_side.min(self.run) };
        let lane = if self.merged { 0 } else { (x.view.first_channel + group * self.inputs) % self.block };
        let mut part = Part {
            segments: [Segment::default(); SEGMENTS],
            count: 0,
            start: 0,
            end: 0,
            total: self.len(),
            head: offset,
            first,
            second: offset + (self.plane - lane) as isize,
            row: 0,
            tap: 0,
            done: 0,
        };
        part.next(self);
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
    /// Where the first input of the first tap lies, how many lie side by side with it, and where the next one lies.
    head: isize,
    first: usize,
    second: isize,
    /// The next input: its row of taps, its tap, its place in the run.
    row: usize,
    tap: usize,
    done: usize,
}

impl Part {
    /// Goes on to the next inputs.
    #[inline(always)]
    pub(super) fn next(&mut self, of: &Reduction) {
        (self.count, self.start) = (0, self.end);
        while self.end < self.total && self.count < SEGMENTS && self.end - self.start < of.part {
            let tap = (self.row * of.step[0] + self.tap * of.step[1]) as isize;
            // Where the next input lies in its run, and how many follow it side by side.
            let (at, side_by_side) = if self.done < self.first {
                (self.head + self.done as isize, self.first - self.done)
            } else {
                let behind = self.done - self.first;
                let (block, lane) = (behind / of.block, behind % of.block);
                (self.second + (block * of.plane + lane) as isize, (of.block - lane).min(of.run - self.done))
            };
            let count = side_by_side.min(of.part - (self.end - self.start));
            self.segments[self.count] = Segment { offset: at + tap, count };
            self.count += 1;
            self.end += count;
            self.done += count;
            if self.done == of.run {
                (self.done, self.tap) = (0, self.tap + 1);
                if self.tap == of.taps {
                    (self.tap, self.row) = (0, self.row + 1);
                }
            }
        }
    }

    /// The pieces of memory, in the order of the weights.
    #[inline(always)]
    pub(super) fn segments(&self) -> &[Segment] {
        &self.segments[..self.count]
    }

    /// How many inputs.
    #[inline(always)]
    pub(super) fn len(&self) -> usize {
        self.end - self.start
    }

    /// Inputs before the next part.
    #[inline(always)]
    pub(super) fn end(&self) -> usize {
        self.end
    }

    /// Inputs before these.
    #[inline(always)]
    pub(super) fn start(&self) -> usize {
        self.start
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
