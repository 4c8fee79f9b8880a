//! Conversions between types.

use super::registers::{Registers, binary, unary};
use crate::decode::{Instruction, Type};
use crate::number::{
    Round, bf16_to_f32, f16_to_f32, f32_to_bf16, f32_to_bf16_toward_zero, f32_to_f16, f32_to_f16_toward_zero,
    f32_to_tf32, f64_to_bf16, f64_to_f16, f64_to_f32, integral,
};

/// What a conversion does besides.
#[derive(Clone, Copy)]
pub(super) struct How {
    pub(super) round: Round,
    pub(super) saturate: bool,
    pub(super) relu: bool,
}

#[inline(always)]
pub(super) fn convert(r: &mut Registers, i: &Instruction, to: Type, from: Type, how: How, mask: u32) {
    match (to, from) {
        (Type::S64, Type::S32) => {
            let value = unary(r.word(i.s[0]), |a| a as i32 as u64);
            r.put_double(i.d[0], mask, value);
        }
        (Type::U64, Type::U32) => {
            let value = unary(r.word(i.s[0]), u64::from);
            r.put_double(i.d[0], mask, value);
        }
        (Type::U32 | Type::S32, Type::U64 | Type::S64) if !how.saturate => {
            let value = unary(r.double(i.s[0]), |a| a as u32);
            r.put(i.d[0], mask, value);
        }
        (Type::F32, Type::S32) if how.round == Round::Nearest => {
            let value = unary(r.word(i.s[0]), |a| (a as i32 as f32).to_bits());
            r.put(i.d[0], mask, value);
        }
        (Type::F32, Type::F16) => {
            let value = unary(r.word(i.s[0]), |a| f16_to_f32(a as u16).to_bits());
            r.put(i.d[0], mask, value);
        }
        (Type::Tf32, _) => {
            let value = unary(r.word(i.s[0]), |a| f32_to_tf32(f32::from_bits(a)));
            r.put(i.d[0], mask, value);
        }
        _ => convert_rare(r, i, to, from, how, mask),
    }
}

fn convert_rare(r: &mut Registers, i: &Instruction, to: Type, from: Type, how: How, mask: u32) {
    let wide = from.bytes() == 8;
    let value: [u64; 32] = std::array::from_fn(|lane| {
        let bits = if wide { r.double(i.s[0])[lane] } else { u64::from(r.word(i.s[0])[lane]) } & from.mask();
        one(bits, to, from, how)
    });
    if to.bytes() == 8 {
        r.put_double(i.d[0], mask, value);
    } else {
        r.put(i.d[0], mask, unary(&value, |v| v as u32));
    }
}

fn one(bits: u64, to: Type, from: Type, how: How) -> u64 {
    match (to.is_float(), from.is_float()) {
        (false, false) => {
            let number = whole(bits, from);
            let number = if how.saturate { number.clamp(least(to), most(to)) } else { number };
            number as u64 & to.mask()
        }
        (true, false) => to_float(whole(bits, from), to, how.round),
        (false, true) => {
            let number = integral(real(bits, from), how.round);
            // Beyond the type it is the nearest that the type has, and of a NaN zero.
            let number = if number.is_nan() { 0 } else { (number as i128).clamp(least(to), most(to)) };
            number as u64 & to.mask()
        }
        (true, true) => between_floats(bits, to, from, how),
    }
}

fn whole(bits: u64, from: Type) -> i128 {
    match from {
        Type::S8 => i128::from(bits as i8),
        Type::S16 => i128::from(bits as i16),
        Type::S32 => i128::from(bits as i32),
        Type::S64 => i128::from(bits as i64),
        _ => i128::from(bits),
    }
}

fn real(bits: u64, from: Type) -> f64 {
    match from {
        Type::F16 => f64::from(f16_to_f32(bits as u16)),
        Type::Bf16 => f64::from(bf16_to_f32(bits as u16)),
        Type::F64 => f64::from_bits(bits),
        _ => f64::from(f32::from_bits(bits as u32)),
    }
}

fn least(to: Type) -> i128 {
    if to.is_signed() { -(1_i128 << (to.bytes() * 8 - 1)) } else { 0 }
}

fn most(to: Type) -> i128 {
    (1_i128 << (to.bytes() * 8 - usize::from(to.is_signed()))) - 1
}

fn to_float(number: i128, to: Type, round: Round) -> u64 {
    match to {
        Type::F64 => (number as f64).to_bits(),
        Type::F16 => u64::from(f64_to_f16(number as f64)),
        Type::Bf16 => u64::from(f64_to_bf16(number as f64)),
        _ => {
            let nearest = number as f32;
            let above = number - nearest as i128;
            let value = match round {
                Round::Down if above < 0 => nearest.next_down(),
                Round::Up if above > 0 => nearest.next_up(),
                Round::Zero if nearest > 0.0 && above < 0 => nearest.next_down(),
                Round::Zero if nearest < 0.0 && above > 0 => nearest.next_up(),
                _ => nearest,
            };
            u64::from(value.to_bits())
        }
    }
}

fn between_floats(bits: u64, to: Type, from: Type, how: How) -> u64 {
    let value = real(bits, from);
    let value = if to == from { integral_or_same(value, how) } else { value };
    let value = if how.saturate { saturated(value) } else { value };
    let value = if how.relu && value < 0.0 { 0.0 } else { value };
    match to {
        Type::F64 => value.to_bits(),
        Type::F16 if from == Type::F32 && how.round == Round::Zero => {
            u64::from(f32_to_f16_toward_zero(value as f32))
        }
        Type::Bf16 if from == Type::F32 && how.round == Round::Zero => {
            u64::from(f32_to_bf16_toward_zero(value as f32))
        }
        Type::F16 if from == Type::F32 => u64::from(f32_to_f16(value as f32)),
        Type::Bf16 if from == Type::F32 => u64::from(f32_to_bf16(value as f32)),
        Type::F16 => u64::from(f64_to_f16(value)),
        Type::Bf16 => u64::from(f64_to_bf16(value)),
        _ => u64::from(f64_to_f32(value, how.round).to_bits()),
    }
}

/// Between 0 and 1; a NaN becomes 0.
fn saturated(value: f64) -> f64 {
    if value.is_nan() { 0.0 } else { value.clamp(0.0, 1.0) }
}

/// Of one float type to itself, a rounding is one to whole numbers; `cvt.sat.f32.f32` has none.
fn integral_or_same(value: f64, how: How) -> f64 {
    if how.saturate && how.round == Round::Nearest { value } else { integral(value, how.round) }
}

/// Two f32 as a pair, the first in the upper half.
#[inline(always)]
pub(super) fn convert_pair(
    r: &mut Registers,
    i: &Instruction,
    bf16: bool,
    zero: bool,
    relu: bool,
    mask: u32,
) {
    let (a, b) = (r.word(i.s[0]), r.word(i.s[1]));
    let real = |bits: u32| {
        let value = f32::from_bits(bits);
        if relu && value < 0.0 { 0.0 } else { value }
    };
    let pair = |high: u16, low: u16| (u32::from(high) << 16) | u32::from(low);
    let value = match (bf16, zero) {
        (true, false) => binary(a, b, |a, b| pair(f32_to_bf16(real(a)), f32_to_bf16(real(b)))),
        (true, true) => {
            binary(a, b, |a, b| pair(f32_to_bf16_toward_zero(real(a)), f32_to_bf16_toward_zero(real(b))))
        }
        (false, false) => binary(a, b, |a, b| pair(f32_to_f16(real(a)), f32_to_f16(real(b)))),
        (false, true) => {
            binary(a, b, |a, b| pair(f32_to_f16_toward_zero(real(a)), f32_to_f16_toward_zero(real(b))))
        }
    };
    r.put(i.d[0], mask, value);
}
