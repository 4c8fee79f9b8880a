//! NEON, which every AArch64 has.

use super::{F32x16, Simd, Work};
use crate::kernels::table::{self, Tiles};
use core::arch::aarch64;

#[inline(never)]
#[target_feature(enable = "neon")]
pub(super) fn neon<W: Work>(work: W) {
    work.run(Neon(()));
}

/// NEON: 32 registers of 4 numbers.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Neon(());

/// The registers of 16 numbers.
type Quarters = [aarch64::float32x4_t; 4];

#[inline(always)]
fn join(x: Quarters) -> F32x16 {
    // Safety: both are 16 numbers.
    unsafe { core::mem::transmute::<Quarters, F32x16>(x) }
}

#[inline(always)]
fn quarters(x: F32x16) -> Quarters {
    // Safety: both are 16 numbers.
    unsafe { core::mem::transmute::<F32x16, Quarters>(x) }
}

// Safety: made in `neon` only, whose feature it stands for.
unsafe impl Simd for Neon {
    const FMA: bool = true;
    const TILES: Tiles = table::NEON;

    type Part = aarch64::float32x4_t;
    const PART: usize = 4;

    #[inline(always)]
    fn splat_part(self, x: f32) -> Self::Part {
        // Safety: the token proves the feature.
        unsafe { aarch64::vdupq_n_f32(x) }
    }

    #[inline(always)]
    unsafe fn load_part(self, from: *const f32) -> Self::Part {
        // Safety: the token proves the feature; the caller promises the memory.
        unsafe { aarch64::vld1q_f32(from) }
    }

    #[inline(always)]
    unsafe fn store_part(self, to: *mut f32, x: Self::Part) {
        // Safety: the token proves the feature; the caller promises the memory.
        unsafe { aarch64::vst1q_f32(to, x) }
    }

    #[inline(always)]
    fn mul_add_part(self, a: Self::Part, b: Self::Part, c: Self::Part) -> Self::Part {
        // Safety: the token proves the feature.
        unsafe { aarch64::vfmaq_f32(c, a, b) }
    }

    #[inline(always)]
    fn clamp_part(self, x: Self::Part, low: Self::Part, high: Self::Part) -> Self::Part {
        // Safety: the token proves the feature. NaN comes out where one of both is NaN.
        unsafe { aarch64::vminq_f32(aarch64::vmaxq_f32(x, low), high) }
    }

    #[inline(always)]
    fn outline<W: Work>(self, work: W) {
        // Safety: the token proves the feature.
        unsafe { neon(work) }
    }

    // As for AVX-512: what tiles are made of is kept in registers.

    #[inline(always)]
    fn splat(self, x: f32) -> F32x16 {
        // Safety: the token proves the feature.
        join([unsafe { aarch64::vdupq_n_f32(x) }; 4])
    }

    #[inline(always)]
    unsafe fn load(self, from: *const f32) -> F32x16 {
        // Safety: the token proves the feature; the caller promises the memory.
        join([0, 4, 8, 12].map(|i| unsafe { aarch64::vld1q_f32(from.add(i)) }))
    }

    #[inline(always)]
    unsafe fn store(self, to: *mut f32, x: F32x16) {
        let [a, b, c, d] = quarters(x);
        // Safety: the token proves the feature; the caller promises the memory.
        unsafe {
            aarch64::vst1q_f32(to, a);
            aarch64::vst1q_f32(to.add(4), b);
            aarch64::vst1q_f32(to.add(8), c);
            aarch64::vst1q_f32(to.add(12), d);
        }
    }

    #[inline(always)]
    fn mul_add(self, a: F32x16, b: F32x16, c: F32x16) -> F32x16 {
        let (a, b, c) = (quarters(a), quarters(b), quarters(c));
        // Safety: the token proves the feature.
        join([0, 1, 2, 3].map(|i| unsafe { aarch64::vfmaq_f32(c[i], a[i], b[i]) }))
    }

    #[inline(always)]
    fn add(self, a: F32x16, b: F32x16) -> F32x16 {
        let (a, b) = (quarters(a), quarters(b));
        // Safety: the token proves the feature.
        join([0, 1, 2, 3].map(|i| unsafe { aarch64::vaddq_f32(a[i], b[i]) }))
    }
}
