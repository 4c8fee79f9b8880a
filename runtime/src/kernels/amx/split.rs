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
    for i in 0..PARTS {
        // The last of three is what is left: it has no more digits than bf16.
        let (a, b) = match PARTS {
            1 => (keep_nan(simd.round_to_bf16(x), x), keep_nan(simd.round_to_bf16(y), y)),
            3 if i == 2 => (x, y),
            // One part that is NaN will do.
            _ if i == 0 => (keep_nan(nearest(x), x), keep_nan(nearest(y), y)),
            _ => (nearest(x), nearest(y)),
        };
        parts[i] = pair(a, b);
        if i + 1 < PARTS {
            (x, y) = (simd.sub(x, a), simd.sub(y, b));
        }
    }
    parts
}

/// The bf16 number next to each, the larger of two.
#[inline(always)]
fn nearest(mut x: F32x16) -> F32x16 {
    for x in &mut x.0 {
        *x = f32::from_bits(x.to_bits().wrapping_add(0x8000) & HIGH);
    }
    x
}

/// What was rounded, of NaN one that bf16 has.
#[inline(always)]
fn keep_nan(mut rounded: F32x16, x: F32x16) -> F32x16 {
    for lane in 0..LANES {
        rounded.0[lane] = if x.0[lane].is_nan() { f32::NAN } else { rounded.0[lane] };
    }
    rounded
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
