//! Kernels into the transformed domain, where they do not lie there in the packed weights.

use super::transform::{self, LARGEST, SIDE};
use crate::kernels::tile::each;
use crate::simd::{LANES, Simd, Work};

/// Inputs whose kernels are transformed at a time: few enough that they stay in the L2 cache while the products read them.
pub(super) const AT_ONCE: usize = 64;

/// From a tap of the transformed kernels to the next: one line more than they take, so that the taps of an input, which are
/// written together, do not all belong to the same set of the L1 cache.
pub(super) const STEP: usize = (AT_ONCE + 1) * LANES;

/// Transforms the kernels of up to [`AT_ONCE`] inputs for a block of 16 outputs: `[tap][input][16]`, taps [`STEP`] apart.
pub(super) struct Weights<'a, const INPUTS: usize, const TAPS: usize> {
    /// As they are packed: `[block of 16 inputs][tap][input][16]`.
    pub(super) from: &'a [f32],
    pub(super) inputs: usize,
    pub(super) to: &'a mut [f32],
}

impl<const INPUTS: usize, const TAPS: usize> Work for Weights<'_, INPUTS, TAPS> {
    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let Weights { from, inputs, to } = self;
        assert!(inputs <= AT_ONCE && from.len() >= TAPS * TAPS * inputs * LANES, "kernels of so many inputs");
        assert!(to.len() >= INPUTS * INPUTS * STEP, "memory for the transformed kernels");
        let (from, to) = (from.as_ptr(), to.as_mut_ptr());
        for first in (0..inputs).step_by(LANES) {
            let of_block = LANES.min(inputs - first);
            for input in 0..of_block {
                let from = from.wrapping_add((first * TAPS * TAPS + input) * LANES);
                // Safety: all taps of the inputs lie in `from`, and there is room for the transformed ones, as asserted.
                unsafe {
                    kernel::<S, INPUTS, TAPS>(simd, from, of_block * LANES, to.add((first + input) * LANES));
                }
            }
        }
    }
}

/// Transforms the kernels of one input, whose taps lie `step` apart.
///
/// # Safety
/// All taps must be readable, and all `INPUTS^2` vectors, [`STEP`] apart, writable.
#[inline(always)]
unsafe fn kernel<S: Simd, const INPUTS: usize, const TAPS: usize>(
    simd: S,
    from: *const f32,
    step: usize,
    to: *mut f32,
) {
    // Row by row, each from the taps again: all rows at once would not fit into registers.
    each!(pixel INPUTS, row => {
        let mut half = [simd.splat(0.0); LARGEST];
        for column in 0..TAPS {
            let mut taps = [simd.splat(0.0); LARGEST];
            for row in 0..TAPS {
                // Safety: the caller's promise.
                taps[row] = unsafe { simd.load(from.add((row * TAPS + column) * step)) };
            }
            half[column] = transform::weights::<S, INPUTS, TAPS>(simd, taps)[row % SIDE];
        }
        let all = transform::weights::<S, INPUTS, TAPS>(simd, half);
        for column in 0..INPUTS {
            // Safety: the caller's promise.
            unsafe { simd.store(to.add((row * INPUTS + column) * STEP), all[column]) };
        }
    });
}
