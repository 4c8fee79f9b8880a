//! What comes behind the sums: bias, residual and activation.

use super::{BLOCKS, PIXELS, Product, Tiling};
use crate::kernels::activation;
use crate::simd::{F32x16, LANES, Simd, Work};
use core::ops::Range;

/// Writes the outputs of a pair of tiles, given its sums: `[tile][16 rows][block][16]`.
pub(super) struct Outputs<'a, const TILES: usize> {
    pub(super) all: &'a Product<'a>,
    pub(super) group: usize,
    /// The first one.
    pub(super) block: usize,
    /// The band's, of all images.
    pub(super) rows: Range<usize>,
    pub(super) tiling: Tiling,
    pub(super) pair: usize,
    pub(super) sums: &'a [f32],
}

impl<const TILES: usize> Work for Outputs<'_, TILES> {
    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let Outputs { all, group, block, rows: band, tiling, pair, sums } = self;
        let (rows, columns) = (&all.grid.rows, &all.grid.columns);
        let [first_rows, _] = tiling.rows();
        let sums = sums.as_chunks::<LANES>().0;
        let start = pair * tiling.size;
        let mut done = 0;
        // Runs of pixels of one row.
        while done < tiling.size {
            let (row, column) = ((start + done) / columns.pitch, (start + done) % columns.pitch);
            let run = (columns.pitch - column).min(tiling.size - done);
            let (image, y) = ((band.start + row) / rows.pitch, (band.start + row) % rows.pitch);
            if row < band.len() && y < rows.outputs && column < columns.outputs {
                let count = run.min(columns.outputs - column);
                for tile in 0..TILES {
                    let channel = group * all.outputs + (block + tile) * LANES;
                    let channels = (all.outputs - (block + tile) * LANES).min(LANES);
                    let biases = &all.biases[(group * all.blocks + block + tile) * LANES..][..LANES];
                    // Safety: sixteen numbers.
                    let bias = unsafe { simd.load(biases.as_ptr()) };
                    let to = all.y.strip_of(image, channel, channels);
                    let added = all
                        .residual
                        .as_ref()
                        .map(|residual| (residual, residual.strip_of(image, channel, channels)));
                    let sum = |p: usize| {
                        let p = done + p;
                        let row = if p < first_rows { p } else { PIXELS / 2 + p - first_rows };
                        let sum = F32x16(sums[row * BLOCKS + tile]);
                        // Of a single tile the other half of the sums belongs to it too.
                        if TILES == 1 { simd.add(sum, F32x16(sums[row * BLOCKS + 1])) } else { sum }
                    };
                    // Safety: these are pixels of the output's plane.
                    let before = |p: usize| unsafe {
                        let sum = simd.add(sum(p), bias);
                        match &added {
                            Some((place, strip)) => {
                                simd.add(sum, strip.load(simd, place.at(y, column + p) as isize))
                            }
                            None => sum,
                        }
                    };
                    let mut at = all.y.at(y, column);
                    if let Some(activation) = all.finish {
                        let mut numbers = [simd.splat(0.0); PIXELS];
                        for p in 0..count {
                            numbers[p] = before(p);
                        }
                        activation::apply_all(simd, activation, &mut numbers[..count]);
                        for p in 0..count {
                            // Safety: as above.
                            unsafe { to.store(simd, at, numbers[p]) };
                            at += all.y.pixel;
                        }
                    } else {
                        for p in 0..count {
                            // Safety: as above.
                            unsafe { to.store(simd, at, all.clamp.apply(simd, before(p))) };
                            at += all.y.pixel;
                        }
                    }
                }
            }
            done += run;
        }
    }
}
