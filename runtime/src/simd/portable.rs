//! Plain code for the compiler's target.

use super::{Simd, Work, fused};
use crate::kernels::table::{self, Tiles};

#[inline(never)]
pub(super) fn portable<W: Work>(work: W) {
    work.run(Portable);
}

#[cfg(feature = "emulated")]
#[inline(never)]
pub(super) fn emulated<W: Work>(work: W) {
    work.run(Emulated);
}

/// Functions of parts, as plain loops.
macro_rules! parts {
    () => {
        #[inline(always)]
        fn splat_part(self, x: f32) -> Self::Part {
            [x; Self::PART]
        }

        #[inline(always)]
        unsafe fn load_part(self, from: *const f32) -> Self::Part {
            // Safety: the caller's promise.
            unsafe { from.cast::<Self::Part>().read_unaligned() }
        }

        #[inline(always)]
        unsafe fn store_part(self, to: *mut f32, x: Self::Part) {
            // Safety: the caller's promise.
            unsafe { to.cast::<Self::Part>().write_unaligned(x) }
        }

        #[inline(always)]
        fn mul_add_part(self, a: Self::Part, b: Self::Part, mut c: Self::Part) -> Self::Part {
            for lane in 0..Self::PART {
                c[lane] = fused::<Self>(a[lane], b[lane], c[lane]);
            }
            c
        }

        #[inline(always)]
        fn clamp_part(self, mut x: Self::Part, low: Self::Part, high: Self::Part) -> Self::Part {
            // The comparisons are false for NaN, so that it stays.
            for lane in 0..Self::PART {
                let number = if low[lane] > x[lane] { low[lane] } else { x[lane] };
                x[lane] = if high[lane] < number { high[lane] } else { number };
            }
            x
        }
    };
}

/// What the compiler's target has: SSE2 on x86-64, NEON on AArch64.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Portable;

// Safety: it needs nothing.
unsafe impl Simd for Portable {
    const FMA: bool = cfg!(any(target_arch = "aarch64", all(target_arch = "x86_64", target_feature = "fma")));
    const TILES: Tiles = table::PORTABLE;

    type Part = [f32; 4];
    const PART: usize = 4;

    parts!();

    #[inline(always)]
    fn outline<W: Work>(self, work: W) {
        portable(work);
    }
}

/// The tiles of AVX-512 in portable code.
#[cfg(feature = "emulated")]
#[derive(Clone, Copy, Debug)]
pub(crate) struct Emulated;

// Safety: it needs nothing.
#[cfg(feature = "emulated")]
unsafe impl Simd for Emulated {
    const FMA: bool = Portable::FMA;
    const TILES: Tiles = table::AVX512;

    type Part = [f32; 16];
    const PART: usize = 16;

    parts!();

    #[inline(always)]
    fn outline<W: Work>(self, work: W) {
        emulated(work);
    }
}
