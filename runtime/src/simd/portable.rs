//! Plain code for the compiler's target.

use super::{Simd, Work};
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

/// What the compiler's target has: SSE2 on x86-64, NEON on AArch64.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Portable;

// Safety: it needs nothing.
unsafe impl Simd for Portable {
    const FMA: bool = cfg!(any(target_arch = "aarch64", all(target_arch = "x86_64", target_feature = "fma")));
    const TILES: Tiles = table::PORTABLE;

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

    #[inline(always)]
    fn outline<W: Work>(self, work: W) {
        emulated(work);
    }
}
