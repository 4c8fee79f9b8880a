//! The tokens, and the functions that compile work for each of them.

#[cfg(target_arch = "x86_64")]
use super::F32x16;
use super::{Simd, Work};
use crate::isa::{Isa, Set};
use crate::kernels::table::{self, Tiles};
#[cfg(target_arch = "x86_64")]
use std::arch::x86_64::{self, __m512};

/// Compiles work for an instruction set, as a function of its own, and does it.
pub(crate) fn dispatch<W: Work>(isa: Isa, work: W) {
    match isa.set() {
        // Safety: an `Isa` exists only where the machine has its features.
        #[cfg(target_arch = "x86_64")]
        Set::Avx512 => unsafe { avx512(work) },
        // Safety: as above.
        #[cfg(target_arch = "x86_64")]
        Set::Avx2 => unsafe { avx2(work) },
        #[cfg(not(target_arch = "x86_64"))]
        Set::Avx512 | Set::Avx2 => portable(work),
        Set::Portable => portable(work),
        #[cfg(feature = "emulated")]
        Set::Emulated => emulated(work),
    }
}

/// What an instruction set computes at once.
pub(crate) fn tiles(isa: Isa) -> Tiles {
    match isa.set() {
        Set::Avx512 => table::AVX512,
        Set::Avx2 => table::AVX2,
        Set::Portable => Portable::TILES,
        #[cfg(feature = "emulated")]
        Set::Emulated => Emulated::TILES,
    }
}

#[cfg(target_arch = "x86_64")]
#[inline(never)]
#[target_feature(enable = "avx512f,avx512vl,avx512bw,avx512dq,avx2,fma")]
fn avx512<W: Work>(work: W) {
    work.run(Avx512(()));
}

#[cfg(target_arch = "x86_64")]
#[inline(never)]
#[target_feature(enable = "avx2,fma")]
fn avx2<W: Work>(work: W) {
    work.run(Avx2(()));
}

#[inline(never)]
fn portable<W: Work>(work: W) {
    work.run(Portable);
}

#[cfg(feature = "emulated")]
#[inline(never)]
fn emulated<W: Work>(work: W) {
    work.run(Emulated);
}

/// AVX-512: 32 registers of 16 numbers.
#[cfg(target_arch = "x86_64")]
#[derive(Clone, Copy, Debug)]
pub(crate) struct Avx512(());

// Safety: made in `avx512` only, whose features it stands for.
#[cfg(target_arch = "x86_64")]
unsafe impl Simd for Avx512 {
    const FMA: bool = true;
    const TILES: Tiles = table::AVX512;

    #[inline(always)]
    fn outline<W: Work>(self, work: W) {
        // Safety: the token proves the features.
        unsafe { avx512(work) }
    }

    #[inline(always)]
    fn prefetch(self, at: *const f32) {
        // Safety: prefetching an address that is not there does nothing.
        unsafe { x86_64::_mm_prefetch::<{ x86_64::_MM_HINT_T1 }>(at.cast()) }
    }

    // Plain loops over the lanes, 24 vectors wide, are kept in memory by the compiler; these are kept in registers.

    #[inline(always)]
    fn splat(self, x: f32) -> F32x16 {
        // Safety: the token proves the feature.
        lanes(unsafe { x86_64::_mm512_set1_ps(x) })
    }

    #[inline(always)]
    unsafe fn load(self, from: *const f32) -> F32x16 {
        // Safety: the token proves the feature; the caller promises the memory.
        lanes(unsafe { x86_64::_mm512_loadu_ps(from) })
    }

    #[inline(always)]
    unsafe fn store(self, to: *mut f32, x: F32x16) {
        // Safety: the token proves the feature; the caller promises the memory.
        unsafe { x86_64::_mm512_storeu_ps(to, register(x)) }
    }

    #[inline(always)]
    fn mul_add(self, a: F32x16, b: F32x16, c: F32x16) -> F32x16 {
        // Safety: the token proves the feature.
        lanes(unsafe { x86_64::_mm512_fmadd_ps(register(a), register(b), register(c)) })
    }

    #[inline(always)]
    fn add(self, a: F32x16, b: F32x16) -> F32x16 {
        // Safety: the token proves the feature.
        lanes(unsafe { x86_64::_mm512_add_ps(register(a), register(b)) })
    }

    // The instructions give their second operand where one is NaN.

    #[inline(always)]
    fn at_least(self, x: F32x16, low: F32x16) -> F32x16 {
        // Safety: the token proves the feature.
        lanes(unsafe { x86_64::_mm512_max_ps(register(low), register(x)) })
    }

    #[inline(always)]
    fn at_most(self, x: F32x16, high: F32x16) -> F32x16 {
        // Safety: the token proves the feature.
        lanes(unsafe { x86_64::_mm512_min_ps(register(high), register(x)) })
    }
}

#[cfg(target_arch = "x86_64")]
#[inline(always)]
fn lanes(x: __m512) -> F32x16 {
    // Safety: both are 16 numbers.
    unsafe { std::mem::transmute::<__m512, F32x16>(x) }
}

#[cfg(target_arch = "x86_64")]
#[inline(always)]
fn register(x: F32x16) -> __m512 {
    // Safety: both are 16 numbers.
    unsafe { std::mem::transmute::<F32x16, __m512>(x) }
}

/// AVX2 with fused multiply-add: 16 registers of 8 numbers.
#[cfg(target_arch = "x86_64")]
#[derive(Clone, Copy, Debug)]
pub(crate) struct Avx2(());

// Safety: made in `avx2` only, whose features it stands for.
#[cfg(target_arch = "x86_64")]
unsafe impl Simd for Avx2 {
    const FMA: bool = true;
    const TILES: Tiles = table::AVX2;

    #[inline(always)]
    fn outline<W: Work>(self, work: W) {
        // Safety: the token proves the features.
        unsafe { avx2(work) }
    }

    #[inline(always)]
    fn prefetch(self, at: *const f32) {
        // Safety: prefetching an address that is not there does nothing.
        unsafe { x86_64::_mm_prefetch::<{ x86_64::_MM_HINT_T1 }>(at.cast()) }
    }
}

/// What the compiler's target has: SSE2 on x86-64, NEON on AArch64.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Portable;

// Safety: it needs nothing.
unsafe impl Simd for Portable {
    const FMA: bool = cfg!(any(target_arch = "aarch64", target_feature = "fma"));
    const TILES: Tiles = if cfg!(target_arch = "aarch64") { table::NEON } else { table::SSE };

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
