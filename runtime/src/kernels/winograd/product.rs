//! The products of transformed inputs and kernels: for each tap a product of matrices, in tiles whose sums stay in registers.

use super::PART;
use crate::kernels::table::with_tile;
use crate::kernels::tile::{Sums, accumulate, each};
use crate::simd::{LANES, Simd, Work};
use core::ops::Range;

/// The product for one tap and one or two blocks of outputs.
#[derive(Clone, Copy, Debug)]
pub(super) struct Product {
    pub(super) inputs: usize,
    /// Whether these are the first inputs; else `m` holds the sums of those before.
    pub(super) is_first: bool,
    /// Tiles.
    pub(super) count: usize,
    pub(super) v: *const f32,
    pub(super) weights: *const f32,
    /// From a block's weights to those of the next.
    pub(super) distance: usize,
    pub(super) biases: Option<*const f32>,
    pub(super) m: *mut f32,
    /// From a block's products to those of the next.
    pub(super) step: usize,
}

impl Product {
    #[inline(always)]
    pub(super) fn all<S: Simd, const BLOCKS: usize>(self, simd: S) {
        let pitch = S::TILES.conv[0];
        let pieces = self.count.div_ceil(pitch);
        let (size, larger) = (self.count / pieces, self.count % pieces);
        let split = larger * (size + 1);
        for (tiles, size) in [(0..split, size + 1), (split..self.count, size)] {
            if !tiles.is_empty() {
                with_tile!(S::TILES.conv, size, ROWS => simd.outline(OfSize::<ROWS, BLOCKS> { all: self, tiles, size }));
            }
        }
    }
}

struct OfSize<const ROWS: usize, const BLOCKS: usize> {
    all: Product,
    tiles: Range<usize>,
    size: usize,
}

impl<const ROWS: usize, const BLOCKS: usize> Work for OfSize<ROWS, BLOCKS> {
    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let Product { inputs, is_first, count, v, weights, distance, biases, m, step } = self.all;
        for first in self.tiles.step_by(self.size) {
            // Rows behind the last tile repeat it, and are not stored.
            let mut x = [v; ROWS];
            for p in 0..ROWS {
                x[p] = v.wrapping_add((first + p.min(self.size - 1)) * LANES);
            }
            let (mut w, mut done) = (weights, 0);
            // Safety: `v`, `weights` and `m` have the sizes that `Winograd::products` has cut them to: blocks of inputs of
            // `count` tiles, `inputs` vectors of weights and 16 biases for each block, `count` products of each.
            unsafe {
                while done < inputs {
                    let mut sums: Sums<ROWS, BLOCKS> = [[simd.splat(0.0); BLOCKS]; ROWS];
                    let end = inputs.min(done + PART);
                    let is_first = is_first && done == 0;
                    while done < end {
                        let some = (end - done).min(LANES);
                        accumulate(simd, &mut sums, &x, w, distance, some);
                        w = w.wrapping_add(LANES * LANES);
                        x = x.map(|x| x.wrapping_add(count * LANES));
                        done += some;
                    }
                    each!(block BLOCKS, b => {
                        let to = m.add(b * step + first * LANES);
                        let bias = biases.map_or(simd.splat(0.0), |biases| simd.load(biases.add(b * LANES)));
                        each!(pixel ROWS, p => if p < self.size {
                            let before = if is_first { bias } else { simd.load(to.add(p * LANES)) };
                            simd.store(to.add(p * LANES), simd.add(sums[p][b], before));
                        });
                    });
                }
            }
        }
    }
}
