//! What comes behind the sums: bias, residual and activation.

use super::{BLOCKS, PIXELS, Product, Tiling};
use crate::kernels::activation::{self, Clamp};
use crate::kernels::place::Place;
use crate::kernels::strip::Strip;
use crate::op::Activation;
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
        let sums = sums.as_chunks::<LANES>().0;
        let start = pair * tiling.size;
        let mut done = 0;
        while done < tiling.size {
            let (row, column) = ((start + done) / columns.pitch, (start + done) % columns.pitch);
            let run = (columns.pitch - column).min(tiling.size - done);
            let (image, y) = ((band.start + row) / rows.pitch, (band.start + row) % rows.pitch);
            if row < band.len() && y < rows.outputs && column < columns.outputs {
                let count = run.min(columns.outputs - column);
                for tile in 0..TILES {
                    let channel = group * all.outputs + (block + tile) * LANES;
                    let channels = (all.outputs - (block + tile) * LANES).min(LANES);
                    let strip = |place: &Place<'_>| place.strip_of(image, channel, channels);
                    let biases = &all.biases[(group * all.blocks + block + tile) * LANES..][..LANES];
                    Pixels::<TILES> {
                        sums,
                        tile,
                        first: done,
                        count,
                        of_first_tile: tiling.rows()[0],
                        // Safety: sixteen numbers.
                        bias: unsafe { simd.load(biases.as_ptr()) },
                        added: all.residual.as_ref().map(|r| (strip(r), r.at(y, column), r.pixel)),
                        to: strip(&all.y),
                        at: all.y.at(y, column),
                        pixel: all.y.pixel,
                    }
                    .write(simd, all.clamp, all.finish);
                }
            }
            done += run;
        }
    }
}

/// Pixels of a row, of one block.
struct Pixels<'a, const TILES: usize> {
    sums: &'a [[f32; LANES]],
    tile: usize,
    /// The pair's pixel that is the first of these.
    first: usize,
    count: usize,
    /// Pixels in the first tile of the pair.
    of_first_tile: usize,
    bias: F32x16,
    /// The residual, where its first pixel is, and from one to the next.
    added: Option<(Strip, usize, usize)>,
    to: Strip,
    at: usize,
    pixel: usize,
}

impl<const TILES: usize> Pixels<'_, TILES> {
    #[inline(always)]
    fn write<S: Simd>(&self, simd: S, clamp: Clamp, finish: Option<Activation>) {
        if let Some(activation) = finish {
            let mut numbers = [simd.splat(0.0); PIXELS];
            for p in 0..self.count {
                numbers[p] = self.sum(simd, p);
            }
            activation::apply_all(simd, activation, &mut numbers[..self.count]);
            for p in 0..self.count {
                // Safety: these are pixels of the output's plane.
                unsafe { self.to.store(simd, self.at + p * self.pixel, numbers[p]) };
            }
        } else {
            for p in 0..self.count {
                let number = clamp.apply(simd, self.sum(simd, p));
                // Safety: as above.
                unsafe { self.to.store(simd, self.at + p * self.pixel, number) };
            }
        }
    }

    /// With bias and residual.
    #[inline(always)]
    fn sum<S: Simd>(&self, simd: S, p: usize) -> F32x16 {
        let pixel = self.first + p;
        let second = pixel >= self.of_first_tile;
        let row = if second { PIXELS / 2 + pixel - self.of_first_tile } else { pixel };
        let mut sum = F32x16(self.sums[row * BLOCKS + self.tile]);
        if TILES == 1 {
            // Of a single tile the other half of the sums belongs to it too.
            sum = simd.add(sum, F32x16(self.sums[row * BLOCKS + 1]));
        }
        sum = simd.add(sum, self.bias);
        if let Some((strip, at, pixel)) = &self.added {
            // Safety: it has the output's shape.
            sum = simd.add(sum, unsafe { strip.load(simd, (at + p * pixel) as isize) });
        }
        sum
    }
}
