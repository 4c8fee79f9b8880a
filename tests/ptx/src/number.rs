//! Numbers as kernels have them: halves, tf32, roundings that Rust has no operation for.

use half::{bf16, f16};

/// Without branches, so that loops over it become vector instructions.
#[inline(always)]
pub(crate) fn f16_to_f32(bits: u16) -> f32 {
    let magnitude = u32::from(bits & 0x7fff) << 13;
    // The exponent's bias differs by 112; denormals become normal on the way.
    let scaled = (f32::from_bits(magnitude) * f32::from_bits((127 + 112) << 23)).to_bits();
    let value = if bits & 0x7c00 == 0x7c00 { magnitude | 0x7f80_0000 } else { scaled };
    f32::from_bits(value | (u32::from(bits >> 15) << 31))
}

#[inline(always)]
pub(crate) fn bf16_to_f32(bits: u16) -> f32 {
    f32::from_bits(u32::from(bits) << 16)
}

/// Rounded to the nearest; a NaN becomes the one that the hardware makes.
#[inline(always)]
pub(crate) fn f32_to_bf16(value: f32) -> u16 {
    let bits = value.to_bits();
    if value.is_nan() { 0x7fff } else { ((bits + 0x7fff + ((bits >> 16) & 1)) >> 16) as u16 }
}

pub(crate) fn f32_to_bf16_toward_zero(value: f32) -> u16 {
    if value.is_nan() { 0x7fff } else { (value.to_bits() >> 16) as u16 }
}

pub(crate) fn f32_to_f16(value: f32) -> u16 {
    if value.is_nan() { 0x7fff } else { f16::from_f32(value).to_bits() }
}

pub(crate) fn f32_to_f16_toward_zero(value: f32) -> u16 {
    let rounded = f32_to_f16(value);
    let beyond = f16_to_f32(rounded).abs() > value.abs();
    if beyond { rounded - 1 } else { rounded }
}

pub(crate) fn f64_to_f16(value: f64) -> u16 {
    if value.is_nan() { 0x7fff } else { f16::from_f64(value).to_bits() }
}

pub(crate) fn f64_to_bf16(value: f64) -> u16 {
    if value.is_nan() { 0x7fff } else { bf16::from_f64(value).to_bits() }
}

/// Rounded to 10 bits behind the point, halves away from zero, as `cvt.rna.tf32.f32` does; the low bits are zero.
#[inline(always)]
pub(crate) fn f32_to_tf32(value: f32) -> u32 {
    let bits = value.to_bits();
    if value.is_finite() { (bits + 0x1000) & !0x1fff } else { bits }
}

/// What the matrix unit sees of a register of type tf32: its low bits count for nothing.
#[inline(always)]
pub(crate) fn tf32_to_f32(bits: u32) -> f32 {
    f32::from_bits(bits & !0x1fff)
}

/// Where a result is rounded to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Round {
    Nearest,
    Zero,
    Down,
    Up,
    /// To the nearest, halves away from zero.
    NearestAway,
}

/// `a * b + c` in f32, rounded once, where `round` says.
pub(crate) fn fma(a: f32, b: f32, c: f32, round: Round) -> f32 {
    let nearest = a.mul_add(b, c);
    if round == Round::Nearest || round == Round::NearestAway || !nearest.is_finite() {
        return nearest;
    }
    // The product is exact in f64; the sum is, with its error, in two.
    let (product, c) = (f64::from(a) * f64::from(b), f64::from(c));
    let sum = product + c;
    let part = sum - product;
    let error = (product - (sum - part)) + (c - part);
    let above = (sum - f64::from(nearest)) + error;
    toward(nearest, above, round)
}

/// An f64 as f32, rounded where `round` says.
pub(crate) fn f64_to_f32(value: f64, round: Round) -> f32 {
    let nearest = value as f32;
    match () {
        // The one NaN that the hardware makes.
        () if nearest.is_nan() => f32::from_bits(0x7fff_ffff),
        () if nearest.is_infinite() => nearest,
        () => toward(nearest, value - f64::from(nearest), round),
    }
}

/// The nearest number as another rounding has it, when the true one lies `above` it.
fn toward(nearest: f32, above: f64, round: Round) -> f32 {
    let down = match round {
        Round::Nearest | Round::NearestAway => return nearest,
        Round::Down => true,
        Round::Up => false,
        Round::Zero => nearest > 0.0 || (nearest == 0.0 && above > 0.0),
    };
    match down {
        true if above < 0.0 => nearest.next_down(),
        false if above > 0.0 => nearest.next_up(),
        _ => nearest,
    }
}

/// A float as the whole number that `round` says, still a float.
pub(crate) fn integral(value: f64, round: Round) -> f64 {
    match round {
        Round::Nearest => value.round_ties_even(),
        Round::NearestAway => value.round(),
        Round::Zero => value.trunc(),
        Round::Down => value.floor(),
        Round::Up => value.ceil(),
    }
}
