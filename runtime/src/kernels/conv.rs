//! Convolution: direct, in tiles of output pixels and blocks of 16 output channels.
//!
//! A work item is a chunk of pixels and a few blocks of outputs. Its inputs are taken in parts, so that the weights of a
//! part stay in the L1 cache and the inputs of a part in L2 while all tiles go by; between the parts the sums lie in the
//! output's own memory. Inputs are read as single numbers, so that they may start at any channel; padding is read from
//! the halo.

use super::Kernel;
use super::activation::{Clamp, Finish};
use super::chunk::{Chunk, Offsets};
use super::memory::Memory;
use super::operands::Operands;
use super::place::Place;
use super::reduction::{Part, Reduction};
use super::strip::Strip;
use super::table::with_tile;
use super::tile::{Sums, accumulate, accumulate_pixel, each};
use crate::layout::At;
use crate::op::{Activation, Conv};
use crate::simd::{Simd, Work};
use core::ops::Range;

/// Blocks of 16 outputs of a work item, which share its tables and inputs.
const BLOCKS: usize = 4;

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
    /// Outputs of a group.
    outputs: usize,
    /// Blocks of 16 outputs in a group.
    blocks: usize,
    /// Work items of an image: chunks of pixels.
    chunks: usize,
    reduction: Reduction,
    clamp: Clamp,
    /// Of the activation, what is more than bounds.
    finish: Option<Activation>,
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
        let Operands { weights, biases, x, residual, y, clamp, finish } =
            Operands::new(op, memory, w, x, residual, y);
        let (inputs, outputs) = (x.view.channels / op.groups, y.view.channels / op.groups);
        let blocks = outputs.div_ceil(16);
        let reduction = Reduction::new(op, &x, inputs);
        let chunks = Chunk::count(&y);
        Direct { op: *op, weights, biases, x, residual, y, outputs, blocks, chunks, reduction, clamp, finish }
    }

    /// Computes a chunk of pixels of some blocks of outputs.
    #[inline(always)]
    fn item<S: Simd>(&self, simd: S, image: usize, group: usize, chunk: usize, blocks: Range<usize>) {
        let chunk = Chunk::new(&self.y, chunk, S::TILES.conv[0]);
        let inputs = chunk.offsets(&self.x, self.op.stride);
        let outputs = chunk.offsets(&self.y, [1, 1]);
        let added = self.residual.as_ref().map(|residual| (residual, chunk.offsets(residual, [1, 1])));
        let channel = |block: usize| group * self.outputs + block * 16;
        let strip = |place: &Place<'_>, block: usize| {
            place.strip_of(image, channel(block), (self.outputs - block * 16).min(16))
        };
        let distance = self.reduction.len() * 16;
        let mut part = self.reduction.first(&self.x, image, group);
        loop {
            let mut block = blocks.start;
            while block < blocks.end {
                let pair = S::TILES.blocks == 2 && blocks.end - block >= 2;
                // Where there is no second block its strips are not used.
                let second = if pair { block + 1 } else { block };
                let at = group * self.blocks + block;
                let weights = self.weights[at * distance + part.start() * 16..].as_ptr();
                // This part of the blocks behind, else the next part of the first, else all of the next item's.
                let upcoming = if second + 1 < blocks.end {
                    weights.wrapping_add((second + 1 - block) * distance)
                } else if part.is_last() {
                    self.weights.as_ptr().wrapping_add((at + 1) * distance)
                } else {
                    let first = group * self.blocks + blocks.start;
                    self.weights.as_ptr().wrapping_add(first * distance + part.end() * 16)
                };
                let tiles = Tiles {
                    chunk: &chunk,
                    part: &part,
                    x: self.x.data,
                    inputs: &inputs,
                    outputs: &outputs,
                    weights,
                    upcoming,
                    distance,
                    biases: self.biases[at * 16..].as_ptr(),
                    y: [strip(&self.y, block), strip(&self.y, second)],
                    added: added.as_ref().map(|(r, offsets)| ([strip(r, block), strip(r, second)], offsets)),
                    clamp: self.clamp,
                };
                if S::TILES.blocks == 2 && pair {
                    tiles.all::<S, 2>(simd);
                } else {
                    tiles.all::<S, 1>(simd);
                }
                block = second + 1;
            }
            if part.is_last() {
                break;
            }
            part.next(&self.reduction, &self.x, image);
        }
        if let Some(activation) = self.finish {
            // Another group's outputs may lie between those of this one.
            let list = if self.op.groups == 1 { chunk.list(&self.y) } else { None };
            for block in blocks {
                let y = &strip(&self.y, block);
                simd.outline(Finish { activation, y, chunk: &chunk, offsets: &outputs, list });
            }
        }
    }
}

impl Kernel for Direct<'_> {
    /// Images, chunks of pixels, groups, fours of blocks; fours run fastest.
    fn items(&self) -> usize {
        self.x.images * self.chunks * self.op.groups * self.blocks.div_ceil(BLOCKS)
    }

    fn cost(&self) -> usize {
        let taps = self.op.kernel[0] * self.op.kernel[1];
        self.y.vectors() * taps * (self.x.view.channels / self.op.groups)
    }

    fn algorithm(&self) -> &'static str {
        "direct"
    }

    fn products(&self) -> u64 {
        self.y.numbers()
            * (self.op.kernel[0] * self.op.kernel[1] * self.x.view.channels / self.op.groups) as u64
    }

    #[inline(always)]
    fn run<S: Simd>(&self, simd: S, items: Range<usize>, _: &mut [f32]) {
        let fours = self.blocks.div_ceil(BLOCKS);
        for item in items {
            let (rest, four) = (item / fours, item % fours);
            let (rest, group) = (rest / self.op.groups, rest % self.op.groups);
            let (image, chunk) = (rest / self.chunks, rest % self.chunks);
            let first = four * BLOCKS;
            self.item(simd, image, group, chunk, first..self.blocks.min(first + BLOCKS));
        }
    }
}

/// The tiles of a chunk for one block of outputs, or two, and one part of the inputs.
#[derive(Clone, Copy)]
struct Tiles<'a> {
    chunk: &'a Chunk,
    part: &'a Part,
    /// What offsets of inputs count from.
    x: *const f32,
    inputs: &'a Offsets,
    outputs: &'a Offsets,
    /// Of the first block, at the part's first input.
    weights: *const f32,
    /// Weights that are needed soon.
    upcoming: *const f32,
    /// From a block's weights to those of the next.
    distance: usize,
    biases: *const f32,
    y: [Strip; 2],
    added: Option<([Strip; 2], &'a Offsets)>,
    clamp: Clamp,
}

impl Tiles<'_> {
    /// Computes all tiles, by the smallest kernel that holds each.
    #[inline(always)]
    fn all<S: Simd, const BLOCKS: usize>(self, simd: S) {
        for (tiles, size) in self.chunk.tiles() {
            if tiles.is_empty() {
                continue;
            }
            with_tile!(S::TILES.conv, size, PIXELS => simd.outline(OfSize::<PIXELS, BLOCKS> { all: self, tiles }));
        }
    }
}

/// Some tiles, computed by a kernel of this many pixels: at least as many as they have.
struct OfSize<'a, const PIXELS: usize, const BLOCKS: usize> {
    all: Tiles<'a>,
    tiles: Range<usize>,
}

impl<const PIXELS: usize, const BLOCKS: usize> Work for OfSize<'_, PIXELS, BLOCKS> {
    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let Tiles { chunk, part, x, inputs, outputs, weights, upcoming, distance, biases, y, added, clamp } =
            self.all;
        let lines = part.len().div_ceil(chunk.tile_count());
        for tile in self.tiles {
            for line in tile * lines..(tile + 1) * lines {
                for b in 0..BLOCKS {
                    simd.prefetch(upcoming.wrapping_add(b * distance + line * 16));
                }
            }
            let (inputs, outputs) = (chunk.tile::<PIXELS>(inputs, tile), chunk.tile::<PIXELS>(outputs, tile));
            let mut sums: Sums<PIXELS, BLOCKS> = [[simd.splat(0.0); BLOCKS]; PIXELS];
            // Safety: the offsets are of pixels of the output and of those they stand for in the input. The constructor
            // has checked that every tap of each lies in the plane or halo, that the residual has the output's shape,
            // and that there are weights and 16 biases for each block.
            unsafe {
                if part.is_first() {
                    each!(block BLOCKS, b => {
                        let bias = simd.load(biases.add(b * 16));
                        each!(pixel PIXELS, p => sums[p][b] = bias);
                    });
                    if let Some((strips, offsets)) = &added {
                        each!(block BLOCKS, b => {
                            let other = strips[b].load_tile::<S, PIXELS>(simd, chunk.tile(offsets, tile));
                            each!(pixel PIXELS, p => sums[p][b] = simd.add(sums[p][b], other[p]));
                        });
                    }
                }
                let mut w = weights;
                for segment in part.segments() {
                    let from = x.offset(segment.offset);
                    let mut pointers = [from; PIXELS];
                    for p in 0..PIXELS {
                        pointers[p] = from.wrapping_add(inputs[p]);
                    }
                    if PIXELS == 1 {
                        accumulate_pixel(simd, &mut sums, &pointers, w, distance, segment.count);
                    } else {
                        accumulate(simd, &mut sums, &pointers, w, distance, segment.count);
                    }
                    w = w.wrapping_add(segment.count * 16);
                }
                if !part.is_first() {
                    // Added up at the end: a product loses fewer digits to the sum of its part than to that of all.
                    each!(block BLOCKS, b => {
                        let before = y[b].load_tile::<S, PIXELS>(simd, outputs);
                        each!(pixel PIXELS, p => sums[p][b] = simd.add(sums[p][b], before[p]));
                    });
                }
                let clamp = if part.is_last() { clamp } else { Clamp::NONE };
                each!(block BLOCKS, b => {
                    let mut tile = [simd.splat(0.0); PIXELS];
                    each!(pixel PIXELS, p => tile[p] = clamp.apply(simd, sums[p][b]));
                    y[b].store_tile(simd, outputs, tile);
                });
            }
        }
    }
}
