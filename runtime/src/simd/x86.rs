//! AVX-512 and AVX2.

use super::{F32x16, LANES, Simd, Work};
use crate::kernels::table::{self, Tiles};
use core::arch::x86_64::{self, __m256, __m512};

#[inline(never)]
#[target_feature(enable = "avx512f,avx512vl,avx512bw,avx512dq,avx2,fma")]
pub(super) fn avx512<W: Work>(work: W) {
    work.run(Avx512(()));
}

#[inline(never)]
#[target_feature(enable = "avx2,fma")]
pub(super) fn avx2<W: Work>(work: W) {
    work.run(Avx2(()));
}

/// AVX-512: 32 registers of 16 numbers.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Avx512(());

// Safety: made in `avx512` only, whose features it stands for.
unsafe impl Simd for Avx512 {
    const FMA: bool = true;
    const AMX: bool = true;
    const TILES: Tiles = table::AVX512;

    type Part = __m512;
    const PART: usize = 16;

    #[inline(always)]
    fn splat_part(self, x: f32) -> __m512 {
        // Safety: the token proves the feature.
        unsafe { x86_64::_mm512_set1_ps(x) }
    }

    #[inline(always)]
    unsafe fn load_part(self, from: *const f32) -> __m512 {
        // Safety: the token proves the feature; the caller promises the memory.
        unsafe { x86_64::_mm512_loadu_ps(from) }
    }

    #[inline(always)]
    unsafe fn store_part(self, to: *mut f32, x: __m512) {
        // Safety: the token proves the feature; the caller promises the memory.
        unsafe { x86_64::_mm512_storeu_ps(to, x) }
    }

    #[inline(always)]
    fn mul_add_part(self, a: __m512, b: __m512, c: __m512) -> __m512 {
        // Safety: the token proves the feature.
        unsafe { x86_64::_mm512_fmadd_ps(a, b, c) }
    }

    #[inline(always)]
    fn clamp_part(self, x: __m512, low: __m512, high: __m512) -> __m512 {
        // Safety: the token proves the feature. The second operand is what comes out where one is NaN.
        unsafe { x86_64::_mm512_min_ps(high, x86_64::_mm512_max_ps(low, x)) }
    }

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
    unsafe fn load_first(self, from: *const f32, count: usize) -> F32x16 {
        // Safety: the token proves the feature; the caller promises the memory of the lanes that the mask has.
        lanes(unsafe { x86_64::_mm512_maskz_loadu_ps(first(count), from) })
    }

    #[inline(always)]
    unsafe fn store_first(self, to: *mut f32, x: F32x16, count: usize) {
        // Safety: as above.
        unsafe { x86_64::_mm512_mask_storeu_ps(to, first(count), register(x)) }
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

    // The compiler makes no vectors of the loop.

    #[inline(always)]
    fn round_to_bf16(self, x: F32x16) -> F32x16 {
        // Safety: the token proves the feature.
        unsafe {
            let bits = x86_64::_mm512_castps_si512(register(x));
            let odd =
                x86_64::_mm512_and_si512(x86_64::_mm512_srli_epi32::<16>(bits), x86_64::_mm512_set1_epi32(1));
            let half = x86_64::_mm512_add_epi32(odd, x86_64::_mm512_set1_epi32(0x7fff));
            let high = x86_64::_mm512_set1_epi32(0xffff_0000_u32 as i32);
            let rounded = x86_64::_mm512_and_si512(x86_64::_mm512_add_epi32(bits, half), high);
            lanes(x86_64::_mm512_castsi512_ps(rounded))
        }
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

#[inline(always)]
fn lanes(x: __m512) -> F32x16 {
    // Safety: both are 16 numbers.
    unsafe { core::mem::transmute::<__m512, F32x16>(x) }
}

#[inline(always)]
fn register(x: F32x16) -> __m512 {
    // Safety: both are 16 numbers.
    unsafe { core::mem::transmute::<F32x16, __m512>(x) }
}

/// AVX2 with fused multiply-add: 16 registers of 8 numbers.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Avx2(());

// Safety: made in `avx2` only, whose features it stands for.
unsafe impl Simd for Avx2 {
    const FMA: bool = true;
    const AMX: bool = cfg!(feature = "emulated");
    const TILES: Tiles = table::AVX2;

    type Part = __m256;
    const PART: usize = 8;

    #[inline(always)]
    fn splat_part(self, x: f32) -> __m256 {
        // Safety: the token proves the feature.
        unsafe { x86_64::_mm256_set1_ps(x) }
    }

    #[inline(always)]
    unsafe fn load_part(self, from: *const f32) -> __m256 {
        // Safety: the token proves the feature; the caller promises the memory.
        unsafe { x86_64::_mm256_loadu_ps(from) }
    }

    #[inline(always)]
    unsafe fn store_part(self, to: *mut f32, x: __m256) {
        // Safety: the token proves the feature; the caller promises the memory.
        unsafe { x86_64::_mm256_storeu_ps(to, x) }
    }

    #[inline(always)]
    fn mul_add_part(self, a: __m256, b: __m256, c: __m256) -> __m256 {
        // Safety: the token proves the feature.
        unsafe { x86_64::_mm256_fmadd_ps(a, b, c) }
    }

    #[inline(always)]
    fn clamp_part(self, x: __m256, low: __m256, high: __m256) -> __m256 {
        // Safety: the token proves the feature. The second operand is what comes out where one is NaN.
        unsafe { x86_64::_mm256_min_ps(high, x86_64::_mm256_max_ps(low, x)) }
    }

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

    // As above: what a tile is made of is kept in registers for certain, whatever stands between its parts.

    #[inline(always)]
    fn splat(self, x: f32) -> F32x16 {
        // Safety: the token proves the feature.
        of_halves([unsafe { x86_64::_mm256_set1_ps(x) }; 2])
    }

    #[inline(always)]
    unsafe fn load(self, from: *const f32) -> F32x16 {
        // Safety: the token proves the feature; the caller promises the memory.
        unsafe { of_halves([x86_64::_mm256_loadu_ps(from), x86_64::_mm256_loadu_ps(from.add(8))]) }
    }

    #[inline(always)]
    unsafe fn store(self, to: *mut f32, x: F32x16) {
        let [a, b] = halves(x);
        // Safety: the token proves the feature; the caller promises the memory.
        unsafe {
            x86_64::_mm256_storeu_ps(to, a);
            x86_64::_mm256_storeu_ps(to.add(8), b);
        }
    }

    #[inline(always)]
    unsafe fn load_first(self, from: *const f32, count: usize) -> F32x16 {
        // Safety: the token proves the feature; the caller promises the memory.
        unsafe {
            let low = load_part_of(from, count.min(8));
            let high =
                if count > 8 { load_part_of(from.add(8), count - 8) } else { x86_64::_mm256_setzero_ps() };
            of_halves([low, high])
        }
    }

    #[inline(always)]
    unsafe fn store_first(self, to: *mut f32, x: F32x16, count: usize) {
        let [low, high] = halves(x);
        // Safety: as above.
        unsafe {
            store_part_of(to, low, count.min(8));
            if count > 8 {
                store_part_of(to.add(8), high, count - 8);
            }
        }
    }

    #[inline(always)]
    fn mul_add(self, a: F32x16, b: F32x16, c: F32x16) -> F32x16 {
        let ([a0, a1], [b0, b1], [c0, c1]) = (halves(a), halves(b), halves(c));
        // Safety: the token proves the feature.
        of_halves(unsafe { [x86_64::_mm256_fmadd_ps(a0, b0, c0), x86_64::_mm256_fmadd_ps(a1, b1, c1)] })
    }

    #[inline(always)]
    fn add(self, a: F32x16, b: F32x16) -> F32x16 {
        let ([a0, a1], [b0, b1]) = (halves(a), halves(b));
        // Safety: the token proves the feature.
        of_halves(unsafe { [x86_64::_mm256_add_ps(a0, b0), x86_64::_mm256_add_ps(a1, b1)] })
    }

    #[inline(always)]
    fn sub(self, a: F32x16, b: F32x16) -> F32x16 {
        let ([a0, a1], [b0, b1]) = (halves(a), halves(b));
        // Safety: the token proves the feature.
        of_halves(unsafe { [x86_64::_mm256_sub_ps(a0, b0), x86_64::_mm256_sub_ps(a1, b1)] })
    }

    #[inline(always)]
    fn at_least(self, x: F32x16, low: F32x16) -> F32x16 {
        let ([x0, x1], [low0, low1]) = (halves(x), halves(low));
        // Safety: the token proves the feature.
        of_halves(unsafe { [x86_64::_mm256_max_ps(low0, x0), x86_64::_mm256_max_ps(low1, x1)] })
    }

    #[inline(always)]
    fn at_most(self, x: F32x16, high: F32x16) -> F32x16 {
        let ([x0, x1], [high0, high1]) = (halves(x), halves(high));
        // Safety: the token proves the feature.
        of_halves(unsafe { [x86_64::_mm256_min_ps(high0, x0), x86_64::_mm256_min_ps(high1, x1)] })
    }
}

/// A mask of the first lanes.
#[inline(always)]
fn first(count: usize) -> u16 {
    ((1_u32 << count) - 1) as u16
}

/// The first numbers of a register from memory, and zeros. By two loads that overlap, where there are four or more, and not by one
/// with a mask: emulators read what a mask leaves out.
///
/// # Safety
/// The instruction set must be there, and `count` numbers readable, at most 8.
#[inline(always)]
unsafe fn load_part_of(from: *const f32, count: usize) -> __m256 {
    /// Of the first four numbers and the last four, side by side, those that become the lanes, for 4 to 7 numbers; the sign of
    /// what is 0 instead.
    static LANE: [[i32; 8]; 4] = [
        [0, 1, 2, 3, -1, -1, -1, -1],
        [0, 1, 2, 3, 7, -1, -1, -1],
        [0, 1, 2, 3, 6, 7, -1, -1],
        [0, 1, 2, 3, 5, 6, 7, -1],
    ];
    // Safety: the caller's promise; there is an entry for each number of numbers.
    unsafe {
        if count == 8 {
            x86_64::_mm256_loadu_ps(from)
        } else if count >= 4 {
            let behind = count - 4;
            let first = x86_64::_mm256_castps128_ps256(x86_64::_mm_loadu_ps(from));
            let both = x86_64::_mm256_insertf128_ps::<1>(first, x86_64::_mm_loadu_ps(from.add(behind)));
            let lanes = x86_64::_mm256_loadu_si256(LANE[behind].as_ptr().cast());
            let all = x86_64::_mm256_permutevar8x32_ps(both, lanes);
            let none = x86_64::_mm256_castsi256_ps(x86_64::_mm256_srai_epi32::<31>(lanes));
            x86_64::_mm256_andnot_ps(none, all)
        } else {
            let mut numbers = [0.0; 8];
            core::ptr::copy_nonoverlapping(from, numbers.as_mut_ptr(), count);
            x86_64::_mm256_loadu_ps(numbers.as_ptr())
        }
    }
}

/// The first numbers of a register to memory. By two stores that overlap, where there are four or more: some processors take
/// a dozen steps for one with a mask.
///
/// # Safety
/// The instruction set must be there, and `count` numbers writable, at most 8.
#[inline(always)]
unsafe fn store_part_of(to: *mut f32, x: __m256, count: usize) {
    static LANE: [i32; LANES] = [0, 1, 2, 3, 4, 5, 6, 7, 0, 0, 0, 0, 0, 0, 0, 0];
    // Safety: the caller's promise; there are eight entries from each of the first eight on.
    unsafe {
        if count == 8 {
            x86_64::_mm256_storeu_ps(to, x);
        } else if count >= 4 {
            let behind = count - 4;
            let lanes = x86_64::_mm256_loadu_si256(LANE[behind..].as_ptr().cast());
            let last = x86_64::_mm256_permutevar8x32_ps(x, lanes);
            x86_64::_mm_storeu_ps(to, x86_64::_mm256_castps256_ps128(x));
            x86_64::_mm_storeu_ps(to.add(behind), x86_64::_mm256_castps256_ps128(last));
        } else {
            let mut numbers = [0.0; 8];
            x86_64::_mm256_storeu_ps(numbers.as_mut_ptr(), x);
            core::ptr::copy_nonoverlapping(numbers.as_ptr(), to, count);
        }
    }
}

#[inline(always)]
fn of_halves(x: [__m256; 2]) -> F32x16 {
    // Safety: both are 16 numbers.
    unsafe { core::mem::transmute::<[__m256; 2], F32x16>(x) }
}

#[inline(always)]
fn halves(x: F32x16) -> [__m256; 2] {
    // Safety: both are 16 numbers.
    unsafe { core::mem::transmute::<F32x16, [__m256; 2]>(x) }
}
