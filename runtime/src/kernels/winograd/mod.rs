//! A convolution of stride 1 by Winograd's minimal filtering (Lavin and Gray, "Fast algorithms for convolutional neural
//! networks", 2016): for 3x3 kernels tiles of 2x2 or 4x4 outputs, with 16 or 36 products for each input instead of 36 or 144; for
//! 5x5 kernels tiles of 2x2 outputs, with 36 products instead of 100.
//!
//! A work item is a group of tiles and a part of the outputs. Its tiles are transformed into the thread's own memory; a
//! product of matrices for each tap of the transformed kernel follows, then the transform back, with the bias, the
//! residual and the activation. Items of one group come one after the other, so that a thread transforms it once.

mod inputs;
mod outputs;
mod product;
mod transform;
mod weights;

use super::Kernel;
use super::activation::Clamp;
use super::memory::Memory;
use super::operands::Operands;
use super::place::Place;
use crate::layout::At;
use crate::op::{Activation, Algorithm, Conv};
use crate::simd::{LANES, Simd};
use core::ops::Range;
use inputs::Inputs;
use outputs::Outputs;
use product::Product;
use weights::Weights;

/// Tiles of a group: enough that a kernel's weights, which are read once for each group, are used often.
const AT_ONCE: usize = 48;

/// Blocks of 16 outputs of a part: the transformed inputs of a tap are read once for all of them.
const BLOCKS: usize = 4;

/// Inputs that are summed up by themselves, so that fewer digits are lost.
const PART: usize = 128;

/// See [`Conv::scratch`].
pub(crate) const fn scratch(side: usize, packed: bool, inputs: usize, outputs: usize) -> usize {
    scratch_of(AT_ONCE, side, packed, inputs, outputs)
}

/// Numbers of the transformed inputs and the products of a group of so many tiles, and of the kernels that are transformed at
/// use, of two blocks of outputs.
const fn scratch_of(tiles: usize, side: usize, packed: bool, inputs: usize, outputs: usize) -> usize {
    let blocks = outputs.div_ceil(LANES);
    let blocks = if blocks < BLOCKS { blocks } else { BLOCKS };
    let kernels = if packed { 0 } else { 2 * weights::STEP };
    side * side * ((inputs.div_ceil(LANES) + blocks) * tiles * LANES + kernels)
}

/// A convolution with its arguments.
#[derive(Debug)]
pub(crate) struct Winograd<'m> {
    /// Taps along each axis.
    kernel: usize,
    padding: [usize; 2],
    weights: &'m [f32],
    /// Whether these are transformed.
    packed: bool,
    biases: &'m [f32],
    x: Place<'m>,
    residual: Option<Place<'m>>,
    y: Place<'m>,
    tiles: Tiles,
    /// Groups of tiles of all images.
    groups: usize,
    /// Parts of the blocks of outputs, of [`BLOCKS`] each.
    parts: usize,
    clamp: Clamp,
    /// Of the activation, what is more than bounds.
    finish: Option<Activation>,
}

/// The tiles of all images, row by row.
#[derive(Clone, Copy, Debug)]
struct Tiles {
    rows: usize,
    columns: usize,
    images: usize,
    /// Outputs of a tile along each axis.
    side: usize,
    /// Inputs of a tile along each axis.
    inputs: usize,
}

impl Tiles {
    fn count(&self) -> usize {
        self.rows * self.columns * self.images
    }

    /// The image of a tile, and where its outputs start.
    #[inline(always)]
    fn place(&self, tile: usize) -> (usize, usize, usize) {
        let (image, tile) = (tile / (self.rows * self.columns), tile % (self.rows * self.columns));
        (image, tile / self.columns * self.side, tile % self.columns * self.side)
    }
}

impl<'m> Winograd<'m> {
    /// See [`crate::run::Run::winograd`].
    pub(crate) fn new(
        op: &Conv,
        memory: &'m Memory<'_>,
        w: usize,
        x: At<'_>,
        residual: Option<At<'_>>,
        y: At<'_>,
    ) -> Winograd<'m> {
        let Algorithm::Winograd { tile, packed } = op.algorithm else { panic!("another algorithm") };
        assert!(tile == 2 || tile == 4, "tiles of 2x2 or 4x4 outputs");
        let [taps, columns] = op.kernel;
        let is_plain = (columns, op.stride, op.dilation, op.groups) == (taps, [1, 1], [1, 1], 1);
        let is_small = taps == 3 || taps == 5 && tile == 2 && !packed;
        assert!(is_plain && is_small, "3x3 or 5x5 kernels without stride, dilation and groups");
        let Operands { weights, biases, x, residual, y, clamp, finish } =
            Operands::new(op, memory, w, x, residual, y);
        let (rows, columns) = (y.view.height.div_ceil(tile), y.view.width.div_ceil(tile));
        let tiles = Tiles { rows, columns, images: y.images, side: tile, inputs: tile + taps - 1 };
        let parts = y.blocks().div_ceil(BLOCKS);
        // Two threads have nothing to share of an odd number of items: 56x56 pixels are 6 groups of 33 tiles rather than 5 of 40.
        let groups = tiles.count().div_ceil(AT_ONCE);
        let groups = if groups > 1 && !(groups * parts).is_multiple_of(2) { groups + 1 } else { groups };
        Winograd {
            kernel: taps,
            padding: op.padding,
            weights,
            packed,
            biases,
            x,
            residual,
            y,
            tiles,
            groups,
            parts,
            clamp,
            finish,
        }
    }

    /// The tiles of a group.
    fn group(&self, group: usize) -> Range<usize> {
        let count = self.tiles.count();
        group * count / self.groups..(group + 1) * count / self.groups
    }

    fn taps(&self) -> usize {
        self.tiles.inputs.pow(2)
    }

    /// Numbers of the transformed inputs of the largest group.
    fn inputs_size(&self) -> usize {
        self.taps() * self.x.blocks() * self.tiles.count().div_ceil(self.groups) * LANES
    }

    /// Numbers of the products of the largest group and part.
    fn products_size(&self) -> usize {
        self.taps() * self.y.blocks().min(BLOCKS) * self.tiles.count().div_ceil(self.groups) * LANES
    }

    #[inline(always)]
    fn items_of<S: Simd, const INPUTS: usize, const OUT: usize, const TAPS: usize>(
        &self,
        simd: S,
        items: Range<usize>,
        scratch: &mut [f32],
    ) {
        let (v, rest) = scratch.split_at_mut(self.inputs_size());
        let (m, kernels) = rest.split_at_mut(self.products_size());
        let mut ready = None;
        for item in items {
            let (group, part) = (item / self.parts, item % self.parts);
            let tiles = self.group(group);
            if ready != Some(group) {
                simd.outline(Inputs::<INPUTS> { all: self, tiles: tiles.clone(), v });
                ready = Some(group);
            }
            let (all, first) = (self.y.blocks(), part * BLOCKS);
            let blocks = first..all.min(first + BLOCKS);
            self.products::<S, INPUTS, TAPS>(simd, &tiles, &blocks, v, m, kernels);
            simd.outline(Outputs::<INPUTS, OUT> { all: self, tiles, blocks, m });
        }
    }

    /// The products of the transformed inputs and kernels for some blocks of outputs.
    #[inline(always)]
    fn products<S: Simd, const INPUTS: usize, const TAPS: usize>(
        &self,
        simd: S,
        tiles: &Range<usize>,
        blocks: &Range<usize>,
        v: &[f32],
        m: &mut [f32],
        kernels: &mut [f32],
    ) {
        let (inputs, taps) = (self.x.view.channels, self.taps());
        let mut block = blocks.start;
        while block < blocks.end {
            let some = if S::TILES.blocks == 2 && blocks.end - block >= 2 { 2 } else { 1 };
            let m = &mut m[(block - blocks.start) * taps * tiles.len() * LANES..];
            if self.packed {
                let distance = taps * inputs * LANES;
                let (weights, step) = (&self.weights[block * distance..], inputs * LANES);
                let weights = Transformed { weights, distance, step, inputs: 0..inputs, upcoming: &[] };
                self.taps_of(simd, block, some, tiles.len(), v, &weights, m);
            } else {
                for first in (0..inputs).step_by(weights::AT_ONCE) {
                    let part = first..inputs.min(first + weights::AT_ONCE);
                    let distance = taps * weights::STEP;
                    let mut upcoming = [self.weights; 2];
                    for (b, to) in kernels.chunks_exact_mut(distance).take(some).enumerate() {
                        let from = &self.weights[((block + b) * inputs + first) * TAPS * TAPS * LANES..];
                        simd.outline(Weights::<INPUTS, TAPS> { from, inputs: part.len(), to });
                        upcoming[b] = &from[part.len() * TAPS * TAPS * LANES..];
                    }
                    let (weights, step, upcoming) = (&*kernels, weights::STEP, &upcoming[..some]);
                    let weights = Transformed { weights, distance, step, inputs: part, upcoming };
                    self.taps_of(simd, block, some, tiles.len(), v, &weights, m);
                }
            }
            block += some;
        }
    }

    /// The products of all taps for one block of outputs or two.
    #[inline(always)]
    #[allow(clippy::too_many_arguments, reason = "they are all different")]
    fn taps_of<S: Simd>(
        &self,
        simd: S,
        block: usize,
        blocks: usize,
        count: usize,
        v: &[f32],
        kernels: &Transformed<'_>,
        m: &mut [f32],
    ) {
        let Transformed { weights, distance, step, inputs, upcoming } = kernels;
        let lines = inputs.len() * self.kernel * self.kernel;
        let taps = self.taps();
        // The tap of the points 1 and 1, which all outputs take as it is.
        let bias_at = self.tiles.inputs + 1;
        for tap in 0..taps {
            for upcoming in *upcoming {
                for line in tap * lines / taps..(tap + 1) * lines / taps {
                    simd.prefetch(upcoming.as_ptr().wrapping_add(line * LANES));
                }
            }
            let product = Product {
                inputs: inputs.len(),
                is_first: inputs.start == 0,
                count,
                v: v[(tap * self.x.blocks() + inputs.start / LANES) * count * LANES..].as_ptr(),
                weights: weights[tap * step..].as_ptr(),
                distance: *distance,
                biases: (tap == bias_at).then(|| self.biases[block * LANES..].as_ptr()),
                m: m[tap * count * LANES..].as_mut_ptr(),
                step: taps * count * LANES,
            };
            if blocks == 2 {
                product.all::<S, 2>(simd);
            } else {
                product.all::<S, 1>(simd);
            }
        }
    }
}

/// Transformed kernels of some inputs: `[block][tap][input][16]`.
struct Transformed<'a> {
    weights: &'a [f32],
    /// From a block to the next.
    distance: usize,
    /// From a tap to the next.
    step: usize,
    inputs: Range<usize>,
    /// The kernels of each block that are transformed next, for the caches.
    upcoming: &'a [&'a [f32]],
}

impl Kernel for Winograd<'_> {
    /// Groups of tiles, and parts of the outputs; parts run fastest.
    fn items(&self) -> usize {
        self.groups * self.parts
    }

    fn cost(&self) -> usize {
        self.tiles.count() * self.taps() * self.x.view.channels * self.y.blocks()
    }

    fn algorithm(&self) -> &'static str {
        match (self.tiles.side, self.kernel) {
            (2, 3) => "Winograd F2",
            (2, _) => "Winograd F2 5x5",
            _ => "Winograd F4",
        }
    }

    fn products(&self) -> u64 {
        (self.tiles.count() * self.taps()) as u64 * (self.x.view.channels * self.y.view.channels) as u64
    }

    fn scratch(&self) -> usize {
        let tiles = self.tiles.count().div_ceil(self.groups);
        scratch_of(tiles, self.tiles.inputs, self.packed, self.x.view.channels, self.y.view.channels)
    }

    #[inline(always)]
    fn run<S: Simd>(&self, simd: S, items: Range<usize>, scratch: &mut [f32]) {
        match (self.tiles.side, self.kernel) {
            (2, 3) => self.items_of::<S, 4, 2, 3>(simd, items, scratch),
            (2, _) => self.items_of::<S, 6, 2, 5>(simd, items, scratch),
            _ => self.items_of::<S, 6, 4, 3>(simd, items, scratch),
        }
    }
}
