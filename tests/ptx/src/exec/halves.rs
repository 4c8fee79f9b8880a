//! Arithmetic of f16 and bf16, single and in pairs: computed in f64, rounded once.

use super::registers::{Registers, Words};
use crate::decode::{HalfOperation, Instruction};
use crate::number::{bf16_to_f32, f16_to_f32, f64_to_bf16, f64_to_f16};

/// How an instruction takes its halves.
#[derive(Clone, Copy)]
pub(super) struct Shape {
    pub(super) bf16: bool,
    pub(super) packed: bool,
    pub(super) relu: bool,
}

pub(super) fn half(r: &mut Registers, i: &Instruction, operation: HalfOperation, shape: Shape, mask: u32) {
    let operands: [&Words; 3] = std::array::from_fn(|n| {
        let used = match operation {
            HalfOperation::Fma => n < 3,
            HalfOperation::Neg | HalfOperation::Abs | HalfOperation::Ex2 | HalfOperation::Tanh => n < 1,
            _ => n < 2,
        };
        if used { r.word(i.s[n]) } else { &[0; 32] }
    });
    let value = std::array::from_fn(|lane| {
        let [a, b, c] = operands.map(|o| o[lane]);
        let low = one(operation, shape, a as u16, b as u16, c as u16);
        if !shape.packed {
            return u32::from(low);
        }
        let high = one(operation, shape, (a >> 16) as u16, (b >> 16) as u16, (c >> 16) as u16);
        u32::from(low) | (u32::from(high) << 16)
    });
    r.put(i.d[0], mask, value);
}

fn one(operation: HalfOperation, shape: Shape, a: u16, b: u16, c: u16) -> u16 {
    let wide = |v: u16| f64::from(if shape.bf16 { bf16_to_f32(v) } else { f16_to_f32(v) });
    let (x, y, z) = (wide(a), wide(b), wide(c));
    let value = match operation {
        HalfOperation::Neg => return a ^ 0x8000,
        HalfOperation::Abs => return a & 0x7fff,
        HalfOperation::Add => x + y,
        HalfOperation::Sub => x - y,
        HalfOperation::Mul => x * y,
        HalfOperation::Fma => x.mul_add(y, z),
        HalfOperation::Min => x.min(y),
        HalfOperation::Max => x.max(y),
        HalfOperation::Ex2 => x.exp2(),
        HalfOperation::Tanh => x.tanh(),
    };
    let value = if shape.relu && value < 0.0 { 0.0 } else { value };
    if shape.bf16 { f64_to_bf16(value) } else { f64_to_f16(value) }
}
