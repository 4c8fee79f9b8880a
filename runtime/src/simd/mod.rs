//! Sixteen numbers at a time: the lane type, the tokens of instruction sets, and functions of lanes.
//!
//! What computes is generic over a token and `#[inline(always)]`; as [`Work`] it is compiled once for each token inside a
//! function with the features that the token proves. Plain loops over the lanes become vector instructions there.

#[cfg(target_arch = "x86_64")]
pub(crate) mod amx;
mod dispatch;
pub(crate) mod double;
pub(crate) mod math;
#[cfg(target_arch = "aarch64")]
mod neon;
mod portable;
mod scalar;
#[cfg(target_arch = "x86_64")]
mod x86;

use crate::kernels::table::Tiles;

pub(crate) use dispatch::{dispatch, tiles};

/// Numbers in a vector, and channels in a block.
pub(crate) const LANES: usize = 16;

/// Sixteen numbers: one AVX-512 register, two of AVX2, four of SSE or NEON.
#[derive(Clone, Copy, Debug)]
#[repr(C, align(64))]
pub(crate) struct F32x16(pub(crate) [f32; LANES]);

impl F32x16 {
    /// The first `count` lanes as they are, the others this number.
    #[inline(always)]
    pub(crate) fn keep(mut self, count: usize, other: f32) -> F32x16 {
        // By masks, since conditions would become a branch for each lane.
        for (lane, x) in self.0.iter_mut().enumerate() {
            let mask = ((lane as i32 - count as i32) >> 31) as u32;
            *x = f32::from_bits(x.to_bits() & mask | other.to_bits() & !mask);
        }
        self
    }

    /// The sum of the lanes, pairwise.
    #[inline(always)]
    pub(crate) fn sum(self) -> f32 {
        let mut x = self.0;
        for half in [8, 4, 2, 1] {
            for lane in 0..half {
                x[lane] += x[lane + half];
            }
        }
        x[0]
    }

    /// The largest of the lanes; NaN where one is NaN.
    #[inline(always)]
    pub(crate) fn largest(self) -> f32 {
        let mut x = self.0[0];
        for y in self.0 {
            x = larger(y, x);
        }
        x
    }
}

/// The larger; NaN where one is NaN.
#[inline(always)]
fn larger(x: f32, y: f32) -> f32 {
    if x > y || x.is_nan() { x } else { y }
}

macro_rules! lanewise {
    ($($(#[$doc:meta])* $name:ident($x:ident, $y:ident) = $value:expr;)*) => {$(
        $(#[$doc])*
        #[inline(always)]
        fn $name(self, a: F32x16, b: F32x16) -> F32x16 {
            let mut out = a;
            for lane in 0..LANES {
                let ($x, $y) = (a.0[lane], b.0[lane]);
                out.0[lane] = $value;
            }
            out
        }
    )*};
}

/// Something to compute, compiled for each instruction set.
pub(crate) trait Work {
    /// Computes it. `#[inline(always)]`, so that it is compiled with the token's features.
    fn run<S: Simd>(self, simd: S);
}

/// A token of an instruction set, and what vectors do with it.
///
/// # Safety
/// A type may only be made where the machine has the instruction set, and its methods may only be called from functions
/// that are compiled for it or inlined into such.
pub(crate) unsafe trait Simd: Copy + Send + Sync {
    /// Whether multiplication and addition are one instruction; without it they round twice and call no library.
    const FMA: bool;
    /// Whether kernels of AMX are compiled for it.
    #[cfg(target_arch = "x86_64")]
    const AMX: bool = false;
    /// What kernels compute at once.
    const TILES: Tiles;

    /// What one register holds of sixteen numbers, for kernels that need more registers than sums: with eight numbers in
    /// a register and sixteen registers, eight sums and what they are made of fit where they are parts.
    type Part: Copy;
    /// How many numbers that is; it divides [`LANES`].
    const PART: usize;

    /// The same number in every lane.
    fn splat_part(self, x: f32) -> Self::Part;

    /// Numbers from memory.
    ///
    /// # Safety
    /// They must be readable; no alignment is needed.
    unsafe fn load_part(self, from: *const f32) -> Self::Part;

    /// Numbers to memory.
    ///
    /// # Safety
    /// They must be writable; no alignment is needed.
    unsafe fn store_part(self, to: *mut f32, x: Self::Part);

    /// `a * b + c`
    fn mul_add_part(self, a: Self::Part, b: Self::Part, c: Self::Part) -> Self::Part;

    /// `x`, but at least `low` and at most `high`; NaN stays.
    fn clamp_part(self, x: Self::Part, low: Self::Part, high: Self::Part) -> Self::Part;

    /// Does work by a call, for what is too long to be compiled into each place that needs it.
    fn outline<W: Work>(self, work: W);

    /// The same number in every lane.
    #[inline(always)]
    fn splat(self, x: f32) -> F32x16 {
        F32x16([x; LANES])
    }

    /// Sixteen numbers from memory.
    ///
    /// # Safety
    /// They must be readable; no alignment is needed.
    #[inline(always)]
    unsafe fn load(self, from: *const f32) -> F32x16 {
        // Safety: the caller's promise.
        F32x16(unsafe { from.cast::<[f32; LANES]>().read_unaligned() })
    }

    /// Sixteen numbers to memory.
    ///
    /// # Safety
    /// They must be writable; no alignment is needed.
    #[inline(always)]
    unsafe fn store(self, to: *mut f32, x: F32x16) {
        // Safety: the caller's promise.
        unsafe { to.cast::<[f32; LANES]>().write_unaligned(x.0) }
    }

    /// The first `count` of sixteen numbers from memory, and zeros.
    ///
    /// # Safety
    /// `count` numbers must be readable, at most 16.
    #[inline(always)]
    unsafe fn load_first(self, from: *const f32, count: usize) -> F32x16 {
        let mut x = F32x16([0.0; LANES]);
        // Safety: the caller's promise.
        unsafe { core::ptr::copy_nonoverlapping(from, x.0.as_mut_ptr(), count) };
        x
    }

    /// The first `count` of sixteen numbers to memory; what lies behind them stays.
    ///
    /// # Safety
    /// `count` numbers must be writable, at most 16.
    #[inline(always)]
    unsafe fn store_first(self, to: *mut f32, x: F32x16, count: usize) {
        // Safety: the caller's promise.
        unsafe { core::ptr::copy_nonoverlapping(x.0.as_ptr(), to, count) };
    }

    /// Asks for a cache line that will be read soon. Any address will do.
    #[inline(always)]
    fn prefetch(self, _: *const f32) {}

    /// `a * b + c`
    #[inline(always)]
    fn mul_add(self, a: F32x16, b: F32x16, c: F32x16) -> F32x16 {
        let mut out = c;
        for lane in 0..LANES {
            out.0[lane] = fused::<Self>(a.0[lane], b.0[lane], c.0[lane]);
        }
        out
    }

    /// The number next to each whose lower 16 bits are zero, the even one of two. Of what is NaN it may make anything.
    #[cfg(target_arch = "x86_64")]
    #[inline(always)]
    fn round_to_bf16(self, mut x: F32x16) -> F32x16 {
        for x in &mut x.0 {
            let bits = x.to_bits();
            *x = f32::from_bits(bits.wrapping_add(0x7fff + (bits >> 16 & 1)) & 0xffff_0000);
        }
        x
    }

    lanewise! {
        /// `x + y`
        add(x, y) = x + y;
        /// `x - y`
        sub(x, y) = x - y;
        /// `x * y`
        mul(x, y) = x * y;
        /// `x / y`
        div(x, y) = x / y;
        /// The larger; NaN where one is NaN.
        max(x, y) = larger(x, y);
        /// `x`, but at least `y`; NaN stays.
        at_least(x, y) = if y > x { y } else { x };
        /// `x`, but at most `y`; NaN stays.
        at_most(x, y) = if y < x { y } else { x };
    }
}

/// `a * b + c` of single numbers, by the means of the token.
#[inline(always)]
pub(crate) fn fused<S: Simd>(a: f32, b: f32, c: f32) -> f32 {
    if S::FMA { scalar::mul_add_f32(a, b, c) } else { a * b + c }
}
