//! Convolution: direct, in tiles of output pixels and blocks of 16 output channels.
//!
//! Inputs are read as single numbers, so that they may start at any channel; padding is read from the halo.

use super::memory::Memory;
use super::place::Place;
use super::tile::{Sums, accumulate};
use super::{Kernel, activation};
use crate::layout::At;
use crate::op::Conv;
use crate::simd::{F32x16, Simd};
use crate::weights::spec::conv_size;
use std::ops::Range;

/// Pixels of a work item: few enough that what they read stays in the L2 cache while the blocks of outputs go by.
const CHUNK: usize = 192;

/// A convolution with its arguments.
#[derive(Debug)]
pub(crate) struct Direct<'m> {
    op: Conv,
    weights: &'m [f32],
    /// Behind the weights of all groups.
    biases: &'m [f32],
    x: Place<'m>,
    residual: Option<Place<'m>>,
    y: Place<'m>,
    /// Inputs and outputs of a group.
    inputs: usize,
    outputs: usize,
    /// Blocks of 16 outputs in a group.
    blocks: usize,
    /// Work items of an image: chunks of pixels.
    chunks: usize,
}

/// Panics unless the geometry of a convolution fits its values: every tap of every output lies in the input's plane or
/// halo.
pub(super) fn assert_geometry(op: &Conv, x: &Place<'_>, residual: Option<&Place<'_>>, y: &Place<'_>) {
    let side = |out: usize, size: usize, axis: usize, before: usize, after: usize| {
        let (stride, dilation, padding) = (op.stride[axis], op.dilation[axis], op.padding[axis]);
        assert!(op.kernel[axis] > 0 && stride > 0 && dilation > 0, "a kernel, a stride, a dilation");
        assert!(padding <= before, "the halo holds the padding");
        let last = (out - 1).checked_mul(stride).zip((op.kernel[axis] - 1).checked_mul(dilation));
        let last = last.and_then(|(a, b)| a.checked_add(b)).expect("the window overflows");
        assert!(last < padding + size + after, "the halo holds the window");
    };
    let (halo, v) = (x.view.layout.halo, &x.view);
    side(y.view.height, v.height, 0, halo.top, halo.bottom);
    side(y.view.width, v.width, 1, halo.left, halo.right);
    assert!(x.images == y.images, "as many images");
    x.assert_apart(y);
    if let Some(residual) = residual {
        residual.assert_like(y);
        residual.assert_apart_or_same(y);
    }
}

impl<'m> Direct<'m> {
    /// See [`crate::run::Run::conv`].
    pub(crate) fn new(
        op: &Conv,
        memory: &'m Memory<'_>,
        w: usize,
        x: At<'_>,
        residual: Option<At<'_>>,
        y: At<'_>,
    ) -> Direct<'m> {
        let (x, residual, y) = (memory.place(x), residual.map(|r| memory.place(r)), memory.place(y));
        assert_geometry(op, &x, residual.as_ref(), &y);
        let groups = op.groups;
        assert!(groups > 0 && x.view.channels.is_multiple_of(groups), "groups divide the inputs");
        assert!(y.view.channels.is_multiple_of(groups), "groups divide the outputs");
        let (inputs, outputs) = (x.view.channels / groups, y.view.channels / groups);
        let blocks = outputs.div_ceil(16);
        let size = conv_size([op.kernel[0], op.kernel[1], inputs, y.view.channels], groups);
        let all = memory.weights(w, size).0;
        let (weights, biases) = all.split_at(size - groups * blocks * 16);
        let chunks = (y.view.height * y.view.width).div_ceil(CHUNK);
        Direct { op: *op, weights, biases, x, residual, y, inputs, outputs, blocks, chunks }
    }

    /// Weights of a block of 16 outputs.
    fn block_size(&self) -> usize {
        self.op.kernel[0] * self.op.kernel[1] * self.inputs * 16
    }

    /// Computes pixels of `BLOCKS` blocks of a group, in tiles of `PIXELS`, fewer at the end.
    #[inline(always)]
    fn blocks<S: Simd, const PIXELS: usize, const HALF: usize, const BLOCKS: usize>(
        &self,
        simd: S,
        place: Tile,
        pixels: Range<usize>,
    ) {
        let mut pixel = pixels.start;
        while pixel < pixels.end {
            let left = pixels.end - pixel;
            if left == 1 {
                self.tile::<S, 1, BLOCKS>(simd, place, pixel, 1);
            } else if left <= HALF {
                self.tile::<S, HALF, BLOCKS>(simd, place, pixel, left);
            } else {
                self.tile::<S, PIXELS, BLOCKS>(simd, place, pixel, left.min(PIXELS));
            }
            pixel += PIXELS;
        }
    }

    /// Computes `live` pixels, in the order of rows and columns, from this one on. The tile's other pixels repeat the
    /// last one and are dropped.
    #[inline(always)]
    fn tile<S: Simd, const PIXELS: usize, const BLOCKS: usize>(
        &self,
        simd: S,
        place: Tile,
        pixel: usize,
        live: usize,
    ) {
        let Tile { image, group, block } = place;
        let (x, y, op) = (&self.x, &self.y, &self.op);
        let width = y.view.width;
        let mut inputs = [0_usize; PIXELS];
        let mut places = [(0_usize, 0_usize); PIXELS];
        let (mut row, mut column) = (pixel / width, pixel % width);
        for p in 0..PIXELS {
            inputs[p] = x.at(row * op.stride[0], column * op.stride[1]);
            places[p] = (row, column);
            if p + 1 < live {
                column += 1;
                if column == width {
                    (row, column) = (row + 1, 0);
                }
            }
        }

        let first = group * self.blocks + block;
        let mut sums: Sums<PIXELS, BLOCKS> = [[simd.splat(0.0); BLOCKS]; PIXELS];
        for b in 0..BLOCKS {
            // Safety: there are 16 biases for each block of each group.
            let bias = unsafe { simd.load(self.biases.as_ptr().add((first + b) * 16)) };
            for p in 0..PIXELS {
                sums[p][b] = bias;
            }
        }

        let distance = self.block_size();
        // Safety: there are `block_size` weights for each block of each group.
        let mut w = unsafe { self.weights.as_ptr().add(first * distance) };
        let corner = -(x.at(op.padding[0], op.padding[1]) as isize);
        let channel = group * self.inputs;
        let (head, side_by_side) = x.run(image, channel);
        // In NHWC the taps of a row lie side by side, in memory as in the weights.
        let merged = x.is_nhwc() && op.groups == 1 && op.dilation[1] == 1;
        let (taps, run) = if merged { (1, op.kernel[1] * self.inputs) } else { (op.kernel[1], self.inputs) };
        let first_count = if merged { run } else { side_by_side.min(run) };
        let next = if first_count < run { x.run(image, channel + first_count).0 } else { head };
        for ky in 0..op.kernel[0] {
            for kx in 0..taps {
                let tap = corner + x.at(ky * op.dilation[0], kx * op.dilation[1]) as isize;
                let (mut address, mut count, mut done) = (head, first_count, 0);
                while done < run {
                    let mut pointers = [address.cast_const(); PIXELS];
                    for p in 0..PIXELS {
                        pointers[p] = address.wrapping_offset(tap + inputs[p] as isize);
                    }
                    // Safety: the constructor has checked that every tap of every output lies in the plane or halo,
                    // and that all weights are there; they are read in the order in which they lie.
                    unsafe {
                        accumulate(simd, &mut sums, &pointers, w, distance, count);
                        w = w.add(count * 16);
                    }
                    address = if done == 0 { next } else { address.wrapping_add(x.plane) };
                    done += count;
                    count = x.pixel.min(run - done);
                }
            }
        }

        // Copied, so that what follows may index the sums by variables without taking them out of the registers above.
        let out = sums;
        for b in 0..BLOCKS {
            let channel = (block + b) * 16;
            let count = (self.outputs - channel).min(16);
            let channel = group * self.outputs + channel;
            let strip = y.strip_of(image, channel, count);
            let mut column: [F32x16; PIXELS] = [simd.splat(0.0); PIXELS];
            for p in 0..PIXELS {
                column[p] = out[p][b];
            }
            if let Some(residual) = &self.residual {
                let strip = residual.strip_of(image, channel, count);
                for p in 0..live {
                    let (row, at) = places[p];
                    // Safety: the residual has the output's shape.
                    let other = unsafe { strip.load(simd, residual.at(row, at) as isize) };
                    column[p] = simd.add(column[p], other);
                }
            }
            activation::apply_all(simd, op.activation, &mut column);
            for p in 0..live {
                let (row, at) = places[p];
                // Safety: the pixel is one of the output's.
                unsafe { strip.store(simd, y.at(row, at), column[p]) }
            }
        }
    }
}

/// Which outputs a tile computes: from `block` on, in a group of an image.
#[derive(Clone, Copy, Debug)]
struct Tile {
    image: usize,
    group: usize,
    block: usize,
}

impl Kernel for Direct<'_> {
    /// Images, chunks of pixels, groups, pairs of blocks; pairs run fastest.
    fn items(&self) -> usize {
        self.x.images * self.chunks * self.op.groups * self.blocks.div_ceil(2)
    }

    #[inline(always)]
    fn run<S: Simd>(&self, simd: S, items: Range<usize>) {
        let pixels = self.y.view.height * self.y.view.width;
        let pairs = self.blocks.div_ceil(2);
        for item in items {
            let (rest, pair) = (item / pairs, item % pairs);
            let (rest, group) = (rest / self.op.groups, rest % self.op.groups);
            let (image, chunk) = (rest / self.chunks, rest % self.chunks);
            let range = chunk * CHUNK..pixels.min((chunk + 1) * CHUNK);
            let block = pair * 2;
            let end = self.blocks.min(block + 2);
            if S::BLOCKS == 2 && end - block == 2 {
                self.blocks::<S, 12, 6, 2>(simd, Tile { image, group, block }, range);
                continue;
            }
            for block in block..end {
                let (tile, range) = (Tile { image, group, block }, range.clone());
                match S::PIXELS {
                    12 => self.blocks::<S, 12, 6, 1>(simd, tile, range),
                    6 => self.blocks::<S, 6, 3, 1>(simd, tile, range),
                    _ => self.blocks::<S, 2, 1, 1>(simd, tile, range),
                }
            }
        }
    }
}
