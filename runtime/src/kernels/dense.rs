//! A dense layer: the product of a list of inputs and a matrix.

use super::memory::Memory;
use super::place::Place;
use super::table::with_tile;
use super::tile::{Sums, accumulate};
use super::{Kernel, activation};
use crate::layout::At;
use crate::op::{self, Activation};
use crate::simd::{F32x16, Simd};
use crate::weights::spec::dense_size;
use core::ops::Range;

/// Blocks of 16 outputs of a work item, computed at once for a single image.
const BLOCKS: usize = 4;

/// Inputs that are summed before the sum is added to those before, which keeps rounding errors small.
const CHUNK: usize = 1024;

/// A dense layer with its arguments.
#[derive(Debug)]
pub(crate) struct Dense<'m> {
    activation: Activation,
    weights: &'m [f32],
    biases: &'m [f32],
    x: Place<'m>,
    residual: Option<Place<'m>>,
    y: Place<'m>,
}

impl<'m> Dense<'m> {
    /// See [`crate::run::Run::dense`].
    pub(crate) fn new(
        op: &op::Dense,
        memory: &'m Memory<'_>,
        w: usize,
        x: At<'_>,
        residual: Option<At<'_>>,
        y: At<'_>,
    ) -> Dense<'m> {
        let (x, residual, y) = (memory.place(x), residual.map(|r| memory.place(r)), memory.place(y));
        assert!(x.is_list(), "a dense layer reads a whole value without a halo");
        assert!((y.view.height, y.view.width) == (1, 1), "a dense layer's output is one pixel");
        assert!(x.images == y.images, "as many images");
        x.assert_apart(&y);
        if let Some(residual) = &residual {
            residual.assert_like(&y);
            residual.assert_apart_or_same(&y);
        }
        let size = dense_size(&x.view, y.view.channels);
        let (weights, biases) = memory.weights(w, size).0.split_at(size - y.blocks() * 16);
        Dense { activation: op.activation, weights, biases, x, residual, y }
    }

    /// Computes `BLOCKS` blocks from this one on for `live` images from this one on. The tile's other images repeat the
    /// last one and are dropped.
    #[inline(always)]
    fn tile<S: Simd, const IMAGES: usize, const BLOCKS: usize>(
        &self,
        simd: S,
        image: usize,
        live: usize,
        block: usize,
    ) {
        let inputs = self.x.image;
        let mut pointers = [self.x.data.cast_const(); IMAGES];
        for p in 0..IMAGES {
            pointers[p] = pointers[p].wrapping_add((image + p.min(live - 1)) * self.x.image);
        }
        let mut sums: Sums<IMAGES, BLOCKS> = [[simd.splat(0.0); BLOCKS]; IMAGES];
        let mut done = 0;
        while done < inputs {
            let count = CHUNK.min(inputs - done);
            let mut part: Sums<IMAGES, BLOCKS> = [[simd.splat(0.0); BLOCKS]; IMAGES];
            // Safety: the constructor has checked that each image is a list of `inputs` numbers, and that there are as
            // many weights for each lane of each block.
            unsafe {
                let w = self.weights.as_ptr().add((block * inputs + done) * 16);
                accumulate(simd, &mut part, &pointers, w, inputs * 16, count);
            }
            for p in 0..IMAGES {
                pointers[p] = pointers[p].wrapping_add(count);
                for b in 0..BLOCKS {
                    sums[p][b] = simd.add(sums[p][b], part[p][b]);
                }
            }
            done += count;
        }
        for b in 0..BLOCKS {
            // Safety: there are 16 biases for each block.
            let bias = unsafe { simd.load(self.biases.as_ptr().add((block + b) * 16)) };
            let mut column: [F32x16; IMAGES] = [bias; IMAGES];
            for p in 0..IMAGES {
                column[p] = simd.add(column[p], sums[p][b]);
            }
            let channel = (block + b) * 16;
            if let Some(residual) = &self.residual {
                for (p, sum) in column.iter_mut().enumerate().take(live) {
                    // Safety: the residual has the output's shape.
                    let other = unsafe { residual.strip(image + p, channel).load(simd, 0) };
                    *sum = simd.add(*sum, other);
                }
            }
            activation::apply_all(simd, self.activation, &mut column);
            for (p, &sum) in column.iter().enumerate().take(live) {
                // Safety: the output has this pixel.
                unsafe { self.y.strip(image + p, channel).store(simd, 0, sum) }
            }
        }
    }

    #[inline(always)]
    fn images<S: Simd, const IMAGES: usize>(&self, simd: S, blocks: Range<usize>) {
        for block in blocks {
            let mut image = 0;
            while image < self.x.images {
                let live = (self.x.images - image).min(IMAGES);
                self.tile::<S, IMAGES, 1>(simd, image, live, block);
                image += IMAGES;
            }
        }
    }
}

impl Kernel for Dense<'_> {
    /// Fours of blocks of outputs.
    fn items(&self) -> usize {
        self.y.blocks().div_ceil(BLOCKS)
    }

    fn cost(&self) -> usize {
        // Each weight is read from memory, and used for few images.
        self.y.blocks() * self.x.image * self.x.images.max(4)
    }

    fn algorithm(&self) -> &'static str {
        if self.x.images == 1 { "GEMV" } else { "GEMM" }
    }

    fn products(&self) -> u64 {
        self.x.numbers() * self.y.view.channels as u64
    }

    #[inline(always)]
    fn run<S: Simd>(&self, simd: S, items: Range<usize>, _: &mut [f32]) {
        for item in items {
            let blocks = item * BLOCKS..self.y.blocks().min((item + 1) * BLOCKS);
            match self.x.images {
                1 if S::TILES.dense == BLOCKS && blocks.len() == BLOCKS => {
                    self.tile::<S, 1, BLOCKS>(simd, 0, 1, blocks.start);
                }
                1 => self.images::<S, 1>(simd, blocks),
                _ => with_tile!(&[S::TILES.images], 1, IMAGES => self.images::<S, IMAGES>(simd, blocks)),
            }
        }
    }
}
