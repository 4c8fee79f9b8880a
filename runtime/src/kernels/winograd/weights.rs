//! Kernels into the transformed domain, where they do not lie there in the packed weights.

use super::transform::{self, SIDE};
use crate::kernels::tile::each;
use crate::simd::{LANES, Simd, Work};

/// Inputs whose kernels are transformed at a time: few enough that they stay in the L2 cache while the products read them.
pub(super) const AT_ONCE: usize = 64;

/// From a tap of the transformed kernels to the next: one line more than they take, so that the taps of an input, which are
/// written together, do not all belong to the same set of the L1 cache.
pub(super) const STEP: usize = (AT_ONCE + 1) * LANES;

/// Transforms the kernels of up to [`AT_ONCE`] inputs for a block of 16 outputs: `[tap][input][16]`, taps [`STEP`] apart.
pub(super) struct Weights<'a, const OUT: usize> {
    /// As they are packed: `[block of 16 inputs][tap][input][16]`.
    pub(super) from: &'a [f32],
    pub(super) inputs: usize,
    pub(super) to: &'a mut [f32],
}

impl<const OUT: usize> Work for Weights<'_, OUT> {
    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let Weights { from, inputs, to } = self;
        assert!(inputs <= AT_ONCE && from.len() >= 9 * inputs * LANES, "kernels of so many inputs");
        assert!(to.len() >= (OUT + 2) * (OUT + 2) * STEP, "memory for the transformed kernels");
        let (from, to) = (from.as_ptr(), to.as_mut_ptr());
        for first in (0..inputs).step_by(LANES) {
            let of_block = LANES.min(inputs - first);
            for input in 0..of_block {
                let from = from.wrapping_add((first * 9 + input) * LANES);
                // Safety: all taps of the inputs lie in `from`, and there is room for the transformed ones, as asserted.
                unsafe {
                    kernel::<S, OUT>(simd, from, of_block * LANES, to.add((first + input) * LANES));
                }
            }
        }
    }
}

/// Transforms the kernels of one input, whose taps lie `step` apart.
///
/// # Safety
/// All 9 taps must be readable, and all `(OUT + 2)^2` vectors, [`STEP`] apart, writable.
#[inline(always)]
unsafe fn kernel<S: Simd, const OUT: usize>(simd: S, from: *const f32, step: usize, to: *mut f32) {
    // Row by row, each from the taps again: all rows at once would not fit into registers.
    each!(pixel OUT + 2, row => {
        let mut half = [simd.splat(0.0); 3];
        for column in 0..3 {
            // Safety: the caller's promise.
            let taps = unsafe {
                [
                    simd.load(from.add(column * step)),
                    simd.load(from.add((3 + column) * step)),
                    simd.load(from.add((6 + column) * step)),
                ]
            };
            half[column] = transform::weights::<S, OUT>(simd, taps)[row % SIDE];
        }
        let all = transform::weights::<S, OUT>(simd, half);
        for column in 0..OUT + 2 {
            // Safety: the caller's promise.
            unsafe { simd.store(to.add((row * (OUT + 2) + column) * STEP), all[column]) };
        }
    });
}
