//! Numbers as sums of bf16 parts.

use crate::simd::{F32x16, LANES, Simd};

/// The bits of a bf16 number's place in an f32.
const HIGH: u32 = 0xffff_0000;

/// Pairs of numbers as pairs of bf16, the first of each in the low half: as one part rounded to nearest, ties to even; or as
/// two or three, each the rounded rest that those before leave. Three hold all digits of an f32.
///
/// NaN stays NaN. What is infinite becomes NaN where there is more than one part.
#[inline(always)]
pub(super) fn split<S: Simd, const PARTS: usize>(simd: S, mut x: F32x16, mut y: F32x16) -> [F32x16; PARTS] {
    let mut parts = [simd.splat(0.0); PARTS];
    for (i, part) in parts.iter_mut().enumerate() {
        // The last of three is what is left: it has no more digits than bf16.
        let (a, b) = match PARTS {
            1 => (to_even(x), to_even(y)),
            3 if i == 2 => (x, y),
            _ => (nearest(x), nearest(y)),
        };
        *part = pair(a, b);
        if i + 1 < PARTS {
            (x, y) = (simd.sub(x, a), simd.sub(y, b));
        }
    }
    parts
}

/// The bf16 number next to each, the larger of two.
#[inline(always)]
fn nearest(x: F32x16) -> F32x16 {
    bits(x, |x| x.wrapping_add(0x8000))
}

/// The bf16 number next to each, the even one of two.
#[inline(always)]
fn to_even(x: F32x16) -> F32x16 {
    bits(x, |x| x.wrapping_add(0x7fff + (x >> 16 & 1)))
}

/// What a function makes of each, cut to bf16; of NaN another one.
#[inline(always)]
fn bits(mut x: F32x16, round: impl Fn(u32) -> u32) -> F32x16 {
    const QUIET: u32 = 0x0040_0000;
    for lane in 0..LANES {
        let number = x.0[lane];
        let bits = if number.is_nan() { number.to_bits() | QUIET } else { round(number.to_bits()) };
        x.0[lane] = f32::from_bits(bits & HIGH);
    }
    x
}

/// The high halves of both, those of the first in the low ones.
#[inline(always)]
fn pair(low: F32x16, mut high: F32x16) -> F32x16 {
    for lane in 0..LANES {
        let bits = low.0[lane].to_bits() >> 16 | high.0[lane].to_bits() & HIGH;
        high.0[lane] = f32::from_bits(bits);
    }
    high
}
