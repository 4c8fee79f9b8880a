//! The weights of an item, split.

use super::Product;
use super::split::split;
use crate::simd::amx::TILE;
use crate::simd::{F32x16, LANES, Simd, Work};
use core::ops::Range;

/// Splits the weights of some steps for one or two blocks of outputs: `[step][part][block][pair of inputs][output][pair]`.
pub(super) struct Weights<'a, const PARTS: usize, const TILES: usize> {
    pub(super) all: &'a Product<'a>,
    pub(super) group: usize,
    /// The first one.
    pub(super) block: usize,
    pub(super) steps: Range<usize>,
    pub(super) to: &'a mut [f32],
}

/// Numbers of a tile.
const NUMBERS: usize = TILE / size_of::<f32>();

impl<const PARTS: usize, const TILES: usize> Work for Weights<'_, PARTS, TILES> {
    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let Weights { all, group, block, steps, to } = self;
        let (inputs, taps) = (all.inputs(), all.taps());
        let distance = inputs * taps * LANES;
        for (to, step) in to.chunks_exact_mut(PARTS * TILES * NUMBERS).zip(steps) {
            let (pair, tap) = (step / taps, step % taps);
            // The sixteen inputs, or what there is of them, of both blocks under the tap, and how many there are.
            let rows = |first: usize| {
                let count = inputs.saturating_sub(first).min(LANES);
                ((first * taps + tap * count) * LANES, count)
            };
            let blocks = [rows(pair * 2 * LANES), rows((pair * 2 + 1) * LANES)];
            for tile in 0..TILES {
                let weights = &all.weights[(group * all.blocks + block + tile) * distance..][..distance];
                for pair in 0..LANES {
                    let parts = split::<S, PARTS>(
                        simd,
                        row(simd, weights, blocks[0], pair),
                        row(simd, weights, blocks[1], pair),
                    );
                    for (part, numbers) in parts.into_iter().enumerate() {
                        let to = &mut to[(part * TILES + tile) * NUMBERS + pair * LANES..][..LANES];
                        // Safety: sixteen numbers.
                        unsafe { simd.store(to.as_mut_ptr(), numbers) };
                    }
                }
            }
        }
    }
}

/// The weights of one of so many inputs, which start there; zeros behind the last.
#[inline(always)]
fn row<S: Simd>(simd: S, weights: &[f32], (start, count): (usize, usize), row: usize) -> F32x16 {
    if row >= count {
        return simd.splat(0.0);
    }
    let weights = &weights[start + row * LANES..][..LANES];
    // Safety: sixteen numbers.
    unsafe { simd.load(weights.as_ptr()) }
}
