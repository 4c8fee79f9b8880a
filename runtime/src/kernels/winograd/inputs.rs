//! Tiles of inputs into the transformed domain.

use super::Winograd;
use super::transform::{self, SIDE};
use crate::simd::{F32x16, LANES, Simd, Work};
use core::ops::Range;

/// Transforms the inputs of some tiles: `[tap][block of 16 inputs][tile][16]`.
pub(super) struct Inputs<'a, const INPUTS: usize> {
    pub(super) all: &'a Winograd<'a>,
    pub(super) tiles: Range<usize>,
    pub(super) v: &'a mut [f32],
}

impl<const INPUTS: usize> Work for Inputs<'_, INPUTS> {
    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let Inputs { all: Winograd { x, tiles: grid, padding, .. }, tiles, v } = self;
        let (count, blocks, halo) = (tiles.len(), x.blocks(), x.view.layout.halo);
        let step = blocks * count * LANES;
        for block in 0..blocks {
            let mut strip = x.strip(0, block * LANES);
            let mut of_image = 0;
            for (t, tile) in tiles.clone().enumerate() {
                let (image, row, column) = grid.place(tile);
                if image != of_image {
                    strip = x.strip(image, block * LANES);
                    of_image = image;
                }
                // The plane and its halo, counted from the tile's first input.
                let [top, left] = [row as isize - padding[0] as isize, column as isize - padding[1] as isize];
                let rows = -(halo.top as isize) - top..(x.view.height + halo.bottom) as isize - top;
                let columns = -(halo.left as isize) - left..(x.view.width + halo.right) as isize - left;
                let corner = top * x.row as isize + left * x.pixel as isize;
                let inside = INPUTS as isize;
                let to = &mut v[(block * count + t) * LANES..];
                assert!(to.len() >= INPUTS * INPUTS * step - (step - LANES));
                let to = to.as_mut_ptr();
                // Safety: a pixel inside lies in the plane or its halo, where the first one always does, since the halo holds
                // the padding; others are not read. A tile's vectors lie `step` apart in `to`, as asserted above.
                unsafe {
                    if strip.is_line() && rows.end >= inside && columns.end >= inside {
                        let at = |i: usize, j: usize| corner + (i * x.row + j * x.pixel) as isize;
                        input_tile::<S, INPUTS>(simd, |i, j| strip.load_line(simd, at(i, j)), to, step);
                    } else {
                        let load = |i: usize, j: usize| {
                            let is_inside = rows.contains(&(i as isize)) && columns.contains(&(j as isize));
                            if is_inside {
                                strip.load(simd, corner + (i * x.row + j * x.pixel) as isize)
                            } else {
                                simd.splat(0.0)
                            }
                        };
                        input_tile::<S, INPUTS>(simd, load, to, step);
                    }
                }
            }
        }
    }
}

/// Transforms the inputs of one tile, `load(row, column)`, to vectors that lie `step` apart.
///
/// # Safety
/// All `INPUTS^2` vectors must be writable.
#[inline(always)]
unsafe fn input_tile<S: Simd, const INPUTS: usize>(
    simd: S,
    load: impl Fn(usize, usize) -> F32x16,
    to: *mut f32,
    step: usize,
) {
    let zero = simd.splat(0.0);
    let mut half = [[zero; SIDE]; SIDE];
    for j in 0..INPUTS {
        let mut d = [zero; SIDE];
        for i in 0..INPUTS {
            d[i] = load(i, j);
        }
        let d = transform::inputs::<S, INPUTS>(simd, d);
        for i in 0..INPUTS {
            half[i][j] = d[i];
        }
    }
    for i in 0..INPUTS {
        let d = transform::inputs::<S, INPUTS>(simd, half[i]);
        for j in 0..INPUTS {
            // Safety: the caller's promise.
            unsafe { simd.store(to.add((i * INPUTS + j) * step), d[j]) };
        }
    }
}
