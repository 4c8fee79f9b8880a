//! Any depthwise convolution: tiles of pixels, through tables of where each lies. Each tap reads its input from memory.

use super::Depthwise;
use crate::kernels::activation::{Clamp, Finish};
use crate::kernels::chunk::{Chunk, Offsets};
use crate::kernels::place::Place;
use crate::kernels::strip::Strip;
use crate::kernels::table::with_tile;
use crate::kernels::tile::each;
use crate::op::Conv;
use crate::simd::{F32x16, Simd, Work};
use core::ops::Range;

/// Blocks of 16 channels of a work item, which share its tables.
const BLOCKS: usize = 4;

impl Depthwise<'_> {
    /// Images, chunks of pixels, fours of blocks; fours run fastest.
    pub(super) fn pixel_items(&self) -> usize {
        self.y.images * Chunk::count(&self.y) * self.y.blocks().div_ceil(BLOCKS)
    }

    /// Computes a work item.
    #[inline(always)]
    pub(super) fn pixel_item<S: Simd>(&self, simd: S, item: usize) {
        let (fours, chunks) = (self.y.blocks().div_ceil(BLOCKS), Chunk::count(&self.y));
        let (rest, first) = (item / fours, item % fours * BLOCKS);
        self.chunk(simd, rest / chunks, first..self.y.blocks().min(first + BLOCKS), rest % chunks);
    }

    /// Computes a chunk of pixels of some blocks of channels.
    #[inline(always)]
    fn chunk<S: Simd>(&self, simd: S, image: usize, blocks: Range<usize>, chunk: usize) {
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
