//! Depthwise convolution: every channel is a group of its own, so that 16 of them are computed side by side.

use super::Kernel;
use super::activation::{self, Clamp, Finish};
use super::chunk::{Chunk, Offsets};
use super::conv::assert_geometry;
use super::memory::Memory;
use super::place::Place;
use super::strip::Strip;
use super::table::with_tile;
use super::tile::each;
use crate::layout::At;
use crate::op::{Activation, Algorithm, Conv};
use crate::simd::{F32x16, Simd, Work};
use crate::weights::spec::{conv_size, is_depthwise};
use core::ops::Range;

/// Blocks of 16 channels of a work item, which share its tables.
const BLOCKS: usize = 4;

/// A depthwise convolution with its arguments.
#[derive(Debug)]
pub(crate) struct Depthwise<'m> {
    op: Conv,
    weights: &'m [f32],
    biases: &'m [f32],
    x: Place<'m>,
    residual: Option<Place<'m>>,
    y: Place<'m>,
    /// Work items of a block of channels: chunks of pixels.
    chunks: usize,
    clamp: Clamp,
    /// Of the activation, what is more than bounds.
    finish: Option<Activation>,
}

impl<'m> Depthwise<'m> {
    /// Whether a convolution is depthwise.
    pub(crate) fn takes(op: &Conv, x: At<'_>, y: At<'_>) -> bool {
        x.view.channels == op.groups && is_depthwise(1, y.view.channels, op.groups)
    }

    /// See [`crate::run::Run::conv`].
    pub(crate) fn new(
        op: &Conv,
        memory: &'m Memory<'_>,
        w: usize,
        x: At<'_>,
        residual: Option<At<'_>>,
        y: At<'_>,
    ) -> Depthwise<'m> {
        assert!(Depthwise::takes(op, x, y), "a depthwise convolution");
        let (x, residual, y) = (memory.place(x), residual.map(|r| memory.place(r)), memory.place(y));
        assert_geometry(op, &x, residual.as_ref(), &y);
        let size = conv_size([op.kernel[0], op.kernel[1], 1, y.view.channels], op.groups, Algorithm::Direct);
        let (weights, biases) = memory.weights(w, size).0.split_at(size - y.blocks() * 16);
        let (clamp, finish) = activation::split(op.activation);
        Depthwise { op: *op, weights, biases, x, residual, y, chunks: Chunk::count(&y), clamp, finish }
    }

    /// Computes a chunk of pixels of some blocks of channels.
    #[inline(always)]
    fn item<S: Simd>(&self, simd: S, image: usize, blocks: Range<usize>, chunk: usize) {
        let chunk = Chunk::new(&self.y, chunk, S::TILES.depthwise[0]);
        let inputs = chunk.offsets(&self.x, self.op.stride);
        let outputs = chunk.offsets(&self.y, [1, 1]);
        let added = self.residual.as_ref().map(|residual| (residual, chunk.offsets(residual, [1, 1])));
        for block in blocks {
            let y = self.y.strip(image, block * 16);
            let tiles = Tiles {
                op: &self.op,
                chunk: &chunk,
                place: &self.x,
                x: self.x.strip(image, block * 16),
                inputs: &inputs,
                y,
                outputs: &outputs,
                added: added.as_ref().map(|(place, offsets)| (place.strip(image, block * 16), offsets)),
                weights: self.weights[block * self.op.kernel[0] * self.op.kernel[1] * 16..].as_ptr(),
                biases: self.biases[block * 16..].as_ptr(),
                clamp: self.clamp,
            };
            for (range, size) in chunk.tiles() {
                with_tile!(S::TILES.depthwise, size, PIXELS => tiles.of_size::<S, PIXELS>(simd, range));
            }
            if let Some(activation) = self.finish {
                simd.outline(Finish {
                    activation,
                    y: &y,
                    chunk: &chunk,
                    offsets: &outputs,
                    list: chunk.list(&self.y),
                });
            }
        }
    }
}

impl Kernel for Depthwise<'_> {
    /// Images, chunks of pixels, fours of blocks; fours run fastest.
    fn items(&self) -> usize {
        self.y.images * self.chunks * self.y.blocks().div_ceil(BLOCKS)
    }

    fn cost(&self) -> usize {
        self.y.vectors() * (self.op.kernel[0] * self.op.kernel[1] + 2)
    }

    #[inline(always)]
    fn run<S: Simd>(&self, simd: S, items: Range<usize>, _: &mut [f32]) {
        let fours = self.y.blocks().div_ceil(BLOCKS);
        for item in items {
            let (rest, first) = (item / fours, item % fours * BLOCKS);
            let blocks = first..self.y.blocks().min(first + BLOCKS);
            self.item(simd, rest / self.chunks, blocks, rest % self.chunks);
        }
    }
}

/// The tiles of a chunk.
#[derive(Clone, Copy)]
struct Tiles<'a> {
    op: &'a Conv,
    chunk: &'a Chunk,
    place: &'a Place<'a>,
    x: Strip,
    inputs: &'a Offsets,
    y: Strip,
    outputs: &'a Offsets,
    added: Option<(Strip, &'a Offsets)>,
    weights: *const f32,
    biases: *const f32,
    clamp: Clamp,
}

impl Tiles<'_> {
    /// Computes some tiles by a kernel of this many pixels: at least as many as they have.
    #[inline(always)]
    fn of_size<S: Simd, const PIXELS: usize>(self, simd: S, range: Range<usize>) {
        if range.is_empty() {
            return;
        }
        if self.x.is_line() {
            simd.outline(OfSize::<PIXELS, true> { all: self, range });
        } else {
            simd.outline(OfSize::<PIXELS, false> { all: self, range });
        }
    }
}

/// Some tiles. `LINE` says that the input's channels lie side by side, so that the inner loop does not ask.
struct OfSize<'a, const PIXELS: usize, const LINE: bool> {
    all: Tiles<'a>,
    range: Range<usize>,
}

impl<const PIXELS: usize, const LINE: bool> Work for OfSize<'_, PIXELS, LINE> {
    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let Tiles { op, chunk, place, x, inputs, y, outputs, added, weights, biases, clamp } = self.all;
        let corner = place.at(op.padding[0], op.padding[1]) as isize;
        let (row, column) = (place.at(op.dilation[0], 0) as isize, place.at(0, op.dilation[1]) as isize);
        for tile in self.range {
            let (inputs, outputs) = (chunk.tile::<PIXELS>(inputs, tile), chunk.tile::<PIXELS>(outputs, tile));
            // Safety: the offsets are of pixels of the output and of those they stand for in the input. The constructor
            // has checked that every tap of each lies in the plane or halo, that the residual has the output's shape,
            // and that there are 16 weights for each tap and 16 biases.
            unsafe {
                let mut sums: [F32x16; PIXELS] = [simd.load(biases); PIXELS];
                if let Some((strip, offsets)) = &added {
                    let other = strip.load_tile::<S, PIXELS>(simd, chunk.tile(offsets, tile));
                    each!(pixel PIXELS, p => sums[p] = simd.add(sums[p], other[p]));
                }
                let mut w = weights;
                let mut line = -corner;
                for _ in 0..op.kernel[0] {
                    let mut tap = line;
                    for _ in 0..op.kernel[1] {
                        let weight = simd.load(w);
                        w = w.wrapping_add(16);
                        each!(pixel PIXELS, p => {
                            let at = inputs[p] as isize + tap;
                            let x = if LINE { x.load_line(simd, at) } else { x.load(simd, at) };
                            sums[p] = simd.mul_add(x, weight, sums[p]);
                        });
                        tap += column;
                    }
                    line += row;
                }
                each!(pixel PIXELS, p => sums[p] = clamp.apply(simd, sums[p]));
                y.store_tile(simd, outputs, sums);
            }
        }
    }
}
