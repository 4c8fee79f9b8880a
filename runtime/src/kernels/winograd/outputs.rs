//! Products back from the transformed domain, with the residual and the activation.

use super::Winograd;
use super::transform::{self, SIDE};
use crate::kernels::activation;
use crate::simd::{F32x16, LANES, Simd, Work};
use core::ops::Range;

/// Transforms the products of some tiles back, `[block][tap][tile][16]`, and writes the outputs.
pub(super) struct Outputs<'a, const INPUTS: usize, const OUT: usize> {
    pub(super) all: &'a Winograd<'a>,
    pub(super) tiles: Range<usize>,
    pub(super) blocks: Range<usize>,
    pub(super) m: &'a [f32],
}

impl<const INPUTS: usize, const OUT: usize> Work for Outputs<'_, INPUTS, OUT> {
    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let Outputs { all, tiles, blocks, m } = self;
        let Winograd { residual, y, tiles: grid, clamp, finish, .. } = all;
        let (count, taps) = (tiles.len(), all.taps());
        for block in blocks.clone() {
            for (t, tile) in tiles.clone().enumerate() {
                let (image, row, column) = grid.place(tile);
                let from = &m[((block - blocks.start) * taps * count + t) * LANES..];
                let mut all = output_tile::<S, INPUTS, OUT>(simd, from, count * LANES);
                let to = y.strip(image, block * LANES);
                let added =
                    residual.as_ref().map(|residual| (residual, residual.strip(image, block * LANES)));
                let (rows, columns) = ((y.view.height - row).min(OUT), (y.view.width - column).min(OUT));
                // Safety: the pixels are those of the output's plane.
                unsafe {
                    if let Some((place, strip)) = &added {
                        for i in 0..rows {
                            for j in 0..columns {
                                let other = strip.load(simd, place.at(row + i, column + j) as isize);
                                all[i * OUT + j] = simd.add(all[i * OUT + j], other);
                            }
                        }
                    }
                    if let Some(activation) = finish {
                        activation::apply_all(simd, *activation, &mut all[..OUT * OUT]);
                    }
                    for i in 0..rows {
                        for j in 0..columns {
                            let at = y.at(row + i, column + j);
                            to.store(simd, at, clamp.apply(simd, all[i * OUT + j]));
                        }
                    }
                }
            }
        }
    }
}

/// The outputs of a tile, row by row.
#[inline(always)]
fn output_tile<S: Simd, const INPUTS: usize, const OUT: usize>(
    simd: S,
    m: &[f32],
    step: usize,
) -> [F32x16; 16] {
    let zero = simd.splat(0.0);
    let mut half = [[zero; SIDE]; 4];
    assert!(m.len() >= (INPUTS * INPUTS - 1) * step + LANES);
    for j in 0..INPUTS {
        let mut column = [zero; SIDE];
        for i in 0..INPUTS {
            // Safety: asserted above.
            column[i] = unsafe { simd.load(m.as_ptr().add((i * INPUTS + j) * step)) };
        }
        let column = transform::outputs::<S, INPUTS, OUT>(simd, column);
        for i in 0..OUT {
            half[i][j] = column[i];
        }
    }
    let mut all = [zero; 16];
    for i in 0..OUT {
        let row = transform::outputs::<S, INPUTS, OUT>(simd, half[i]);
        all[i * OUT..][..OUT].copy_from_slice(&row[..OUT]);
    }
    all
}
