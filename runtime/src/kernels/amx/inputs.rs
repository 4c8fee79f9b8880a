//! The inputs of a band, split.

use super::Product;
use super::split::split;
use crate::simd::{F32x16, LANES, Simd, Work};
use core::ops::Range;

/// Splits the inputs that a band of output rows reads: `[pair of blocks][plane][row][column][part][pair]`.
pub(super) struct Inputs<'a, const PARTS: usize> {
    pub(super) all: &'a Product<'a>,
    pub(super) group: usize,
    /// Of all images.
    pub(super) rows: Range<usize>,
    pub(super) to: &'a mut [f32],
}

impl<const PARTS: usize> Work for Inputs<'_, PARTS> {
    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let Inputs { all, group, rows: band, to } = self;
        let (x, grid, inputs) = (&all.x, &all.grid, all.inputs());
        let (rows, columns) = (&grid.rows, &grid.columns);
        let pixel = PARTS * LANES;
        let zero = simd.splat(0.0);
        for pair in 0..grid.pairs {
            let first = pair * 2 * LANES;
            let second = first + LANES;
            let has_second = second < inputs;
            let channel = group * inputs;
            for (row_phase, column_phase) in
                (0..rows.phases).flat_map(|row| (0..columns.phases).map(move |column| (row, column)))
            {
                let inside = columns.inside(column_phase);
                let start = grid.plane(pair, row_phase, column_phase);
                let to = &mut to[start..start + grid.slots * pixel];
                let (to, behind) = to.split_at_mut((band.len() + rows.reach) * columns.pitch * pixel);
                // Zeros that the last row shares with one that is not there.
                behind[..columns.shared * pixel].fill(0.0);
                for (to, row) in to.chunks_exact_mut(columns.pitch * pixel).zip(band.start..) {
                    let (image, row) = (row / rows.pitch, row % rows.pitch);
                    let from = rows.input(row_phase, row).filter(|_| image < x.images && !inside.is_empty());
                    let Some(from) = from else {
                        to.fill(0.0);
                        continue;
                    };
                    let strip =
                        |first: usize| x.strip_of(image, channel + first, (inputs - first).min(LANES));
                    // Where there is no second block it is not used.
                    let strips = [strip(first), strip(if has_second { second } else { first })];
                    to[..inside.start * pixel].fill(0.0);
                    to[inside.end * pixel..].fill(0.0);
                    let column = columns.input(column_phase, inside.start).unwrap_or(0);
                    let mut at = x.at(from, column) as isize;
                    let step = x.at(0, columns.stride) as isize;
                    let to = &mut to[inside.start * pixel..inside.end * pixel];
                    // Where the channels lie otherwise there is a choice for every pixel.
                    if has_second && strips[0].is_line() && strips[1].is_line() {
                        for to in to.chunks_exact_mut(pixel) {
                            // Safety: these are pixels of the plane, and the channels are lines.
                            let (a, b) =
                                unsafe { (strips[0].load_line(simd, at), strips[1].load_line(simd, at)) };
                            write::<S, PARTS>(simd, a, b, to);
                            at += step;
                        }
                    } else {
                        for to in to.chunks_exact_mut(pixel) {
                            // Safety: these are pixels of the plane.
                            let (a, b) = unsafe {
                                let a = strips[0].load(simd, at);
                                (a, if has_second { strips[1].load(simd, at) } else { zero })
                            };
                            write::<S, PARTS>(simd, a, b, to);
                            at += step;
                        }
                    }
                }
            }
        }
    }
}

/// Splits and writes the channels of a pixel.
#[inline(always)]
fn write<S: Simd, const PARTS: usize>(simd: S, a: F32x16, b: F32x16, to: &mut [f32]) {
    let parts = split::<S, PARTS>(simd, a, b);
    let (to, _) = to.as_chunks_mut::<LANES>();
    for i in 0..PARTS {
        // Safety: sixteen numbers.
        unsafe { simd.store(to[i].as_mut_ptr(), parts[i]) };
    }
}
