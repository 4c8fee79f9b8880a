//! f32 and f64. Each function says which threads made a NaN out of numbers.

use super::registers::{Registers, binary, ternary, unary};
use crate::decode::{FloatBinary, FloatUnary, Instruction};
use crate::number::{Round, f64_to_f32, fma as rounded_fma};

#[inline(always)]
pub(super) fn fma(r: &mut Registers, i: &Instruction, mask: u32, look: bool) -> u32 {
    let (a, b, c) = (r.word(i.s[0]), r.word(i.s[1]), r.word(i.s[2]));
    let value =
        ternary(a, b, c, |a, b, c| f32::from_bits(a).mul_add(f32::from_bits(b), f32::from_bits(c)).to_bits());
    let made = if look { nan(&value) & !(nan(a) | nan(b) | nan(c)) } else { 0 };
    r.put(i.d[0], mask, value);
    made & mask
}

/// The fused products that are not of f32 and rounded to the nearest.
pub(super) fn fma_rare(
    r: &mut Registers,
    i: &Instruction,
    round: Round,
    wide: bool,
    saturate: bool,
    mask: u32,
) {
    if wide {
        let value = ternary(r.double(i.s[0]), r.double(i.s[1]), r.double(i.s[2]), |a, b, c| {
            f64::from_bits(a).mul_add(f64::from_bits(b), f64::from_bits(c)).to_bits()
        });
        return r.put_double(i.d[0], mask, value);
    }
    let value = ternary(r.word(i.s[0]), r.word(i.s[1]), r.word(i.s[2]), |a, b, c| {
        let value = rounded_fma(f32::from_bits(a), f32::from_bits(b), f32::from_bits(c), round);
        let value = if saturate && value.is_nan() { 0.0 } else { value };
        let value = if saturate { value.clamp(0.0, 1.0) } else { value };
        value.to_bits()
    });
    r.put(i.d[0], mask, value);
}

#[inline(always)]
pub(super) fn float(
    r: &mut Registers,
    i: &Instruction,
    operation: FloatBinary,
    wide: bool,
    mask: u32,
    look: bool,
) -> u32 {
    if wide {
        double(r, i, operation, mask);
        return 0;
    }
    let (a, b) = (r.word(i.s[0]), r.word(i.s[1]));
    let value = match operation {
        FloatBinary::Add => binary(a, b, |a, b| (f32::from_bits(a) + f32::from_bits(b)).to_bits()),
        FloatBinary::Sub => binary(a, b, |a, b| (f32::from_bits(a) - f32::from_bits(b)).to_bits()),
        FloatBinary::Mul => binary(a, b, |a, b| (f32::from_bits(a) * f32::from_bits(b)).to_bits()),
        FloatBinary::Div => binary(a, b, |a, b| (f32::from_bits(a) / f32::from_bits(b)).to_bits()),
        FloatBinary::Min => binary(a, b, |a, b| f32::from_bits(a).min(f32::from_bits(b)).to_bits()),
        FloatBinary::Max => binary(a, b, |a, b| f32::from_bits(a).max(f32::from_bits(b)).to_bits()),
        FloatBinary::MinNan => binary(a, b, |a, b| either_nan(a, b, f32::min)),
        FloatBinary::MaxNan => binary(a, b, |a, b| either_nan(a, b, f32::max)),
        FloatBinary::CopySign => binary(a, b, |a, b| (a & (1 << 31)) | (b & !(1 << 31))),
    };
    let made = if look { nan(&value) & !(nan(a) | nan(b)) } else { 0 };
    r.put(i.d[0], mask, value);
    made & mask
}

/// f32 by way of f64, which has the sum or product, or enough of the quotient, to round it to any side.
pub(super) fn float_rounded(
    r: &mut Registers,
    i: &Instruction,
    operation: FloatBinary,
    round: Round,
    mask: u32,
) {
    let value = binary(r.word(i.s[0]), r.word(i.s[1]), |a, b| {
        let (a, b) = (f32::from_bits(a), f32::from_bits(b));
        let value = match operation {
            FloatBinary::Add => rounded_fma(a, 1.0, b, round),
            FloatBinary::Sub => rounded_fma(a, 1.0, -b, round),
            FloatBinary::Mul => f64_to_f32(f64::from(a) * f64::from(b), round),
            _ => f64_to_f32(f64::from(a) / f64::from(b), round),
        };
        value.to_bits()
    });
    r.put(i.d[0], mask, value);
}

#[inline(always)]
fn either_nan(a: u32, b: u32, f: impl Fn(f32, f32) -> f32) -> u32 {
    let (a, b) = (f32::from_bits(a), f32::from_bits(b));
    if a.is_nan() || b.is_nan() { 0x7fff_ffff } else { f(a, b).to_bits() }
}

fn double(r: &mut Registers, i: &Instruction, operation: FloatBinary, mask: u32) {
    let value = binary(r.double(i.s[0]), r.double(i.s[1]), |a, b| {
        let (x, y) = (f64::from_bits(a), f64::from_bits(b));
        let value = match operation {
            FloatBinary::Add => x + y,
            FloatBinary::Sub => x - y,
            FloatBinary::Mul => x * y,
            FloatBinary::Div => x / y,
            FloatBinary::Min => x.min(y),
            FloatBinary::Max => x.max(y),
            FloatBinary::MinNan | FloatBinary::MaxNan if x.is_nan() || y.is_nan() => f64::NAN,
            FloatBinary::MinNan => x.min(y),
            FloatBinary::MaxNan => x.max(y),
            FloatBinary::CopySign => y.copysign(x),
        };
        value.to_bits()
    });
    r.put_double(i.d[0], mask, value);
}

pub(super) fn float_unary(
    r: &mut Registers,
    i: &Instruction,
    operation: FloatUnary,
    wide: bool,
    mask: u32,
) -> u32 {
    if wide {
        let value = unary(r.double(i.s[0]), |a| approximated(operation, f64::from_bits(a)).to_bits());
        r.put_double(i.d[0], mask, value);
        return 0;
    }
    let a = r.word(i.s[0]);
    let value = match operation {
        FloatUnary::Neg => unary(a, |a| a ^ (1 << 31)),
        FloatUnary::Abs => unary(a, |a| a & !(1 << 31)),
        FloatUnary::Sqrt => unary(a, |a| f32::from_bits(a).sqrt().to_bits()),
        FloatUnary::Rcp => unary(a, |a| f32::from_bits(a).recip().to_bits()),
        _ => unary(a, |a| (approximated(operation, f64::from(f32::from_bits(a))) as f32).to_bits()),
    };
    let made = nan(&value) & !nan(a);
    r.put(i.d[0], mask, value);
    made & mask
}

/// What the hardware approximates, exactly enough.
fn approximated(operation: FloatUnary, a: f64) -> f64 {
    match operation {
        FloatUnary::Neg => -a,
        FloatUnary::Abs => a.abs(),
        FloatUnary::Sqrt => a.sqrt(),
        FloatUnary::Rsqrt => a.sqrt().recip(),
        FloatUnary::Rcp => a.recip(),
        FloatUnary::Ex2 => a.exp2(),
        FloatUnary::Lg2 => a.log2(),
        FloatUnary::Sin => a.sin(),
        FloatUnary::Cos => a.cos(),
        FloatUnary::Tanh => a.tanh(),
    }
}

/// Threads whose f32 is not a number.
#[inline(always)]
pub(super) fn nan(value: &[u32; 32]) -> u32 {
    let mut result = 0;
    for (lane, &bits) in value.iter().enumerate() {
        result |= u32::from(bits & !(1 << 31) > 0x7f80_0000) << lane;
    }
    result
}
