//! Whole numbers, bits, comparisons, moves.

use super::registers::{Registers, Words, binary, compare, ternary, unary};
use crate::decode::{Binary, Compare, File, Instruction, Logic, Part, Permute, Type, Unary};

/// Two whole numbers.
#[inline(always)]
pub(super) fn integer(r: &mut Registers, i: &Instruction, operation: Binary, kind: Type, mask: u32) {
    match kind.bytes() {
        4 => {
            let (a, b) = (r.word(i.s[0]), r.word(i.s[1]));
            let value = word(operation, kind.is_signed(), a, b);
            r.put(i.d[0], mask, value);
        }
        8 => double(r, i, operation, kind.is_signed(), mask),
        _ => short(r, i, operation, kind, mask),
    }
}

#[inline(always)]
fn word(operation: Binary, signed: bool, a: &Words, b: &Words) -> Words {
    match (operation, signed) {
        (Binary::Add, _) => binary(a, b, u32::wrapping_add),
        (Binary::Sub, _) => binary(a, b, u32::wrapping_sub),
        (Binary::Mul, _) => binary(a, b, u32::wrapping_mul),
        (Binary::MulHigh, true) => {
            binary(a, b, |a, b| ((i64::from(a as i32) * i64::from(b as i32)) >> 32) as u32)
        }
        (Binary::MulHigh, false) => binary(a, b, |a, b| ((u64::from(a) * u64::from(b)) >> 32) as u32),
        (Binary::Div, true) => {
            binary(a, b, |a, b| if b == 0 { u32::MAX } else { (a as i32).wrapping_div(b as i32) as u32 })
        }
        (Binary::Div, false) => binary(a, b, |a, b| a.checked_div(b).unwrap_or(u32::MAX)),
        (Binary::Rem, true) => {
            binary(a, b, |a, b| if b == 0 { a } else { (a as i32).wrapping_rem(b as i32) as u32 })
        }
        (Binary::Rem, false) => binary(a, b, |a, b| a.checked_rem(b).unwrap_or(a)),
        (Binary::Min, true) => binary(a, b, |a, b| (a as i32).min(b as i32) as u32),
        (Binary::Min, false) => binary(a, b, u32::min),
        (Binary::Max, true) => binary(a, b, |a, b| (a as i32).max(b as i32) as u32),
        (Binary::Max, false) => binary(a, b, u32::max),
        (Binary::And, _) => binary(a, b, |a, b| a & b),
        (Binary::Or, _) => binary(a, b, |a, b| a | b),
        (Binary::Xor, _) => binary(a, b, |a, b| a ^ b),
        (Binary::ShiftLeft, _) => binary(a, b, |a, b| if b > 31 { 0 } else { a << b }),
        (Binary::ShiftRight, true) => binary(a, b, |a, b| ((a as i32) >> b.min(31)) as u32),
        (Binary::ShiftRight, false) => binary(a, b, |a, b| if b > 31 { 0 } else { a >> b }),
    }
}

#[inline(always)]
fn double(r: &mut Registers, i: &Instruction, operation: Binary, signed: bool, mask: u32) {
    let a = r.double(i.s[0]);
    let value = if matches!(operation, Binary::ShiftLeft | Binary::ShiftRight) {
        let b = r.word(i.s[1]);
        match (operation, signed) {
            (Binary::ShiftLeft, _) => binary(a, b, |a, b| if b > 63 { 0 } else { a << b }),
            (_, true) => binary(a, b, |a, b| ((a as i64) >> b.min(63)) as u64),
            (_, false) => binary(a, b, |a, b| if b > 63 { 0 } else { a >> b }),
        }
    } else {
        let b = r.double(i.s[1]);
        match (operation, signed) {
            (Binary::Add, _) => binary(a, b, u64::wrapping_add),
            (Binary::Sub, _) => binary(a, b, u64::wrapping_sub),
            (Binary::Mul, _) => binary(a, b, u64::wrapping_mul),
            (Binary::MulHigh, true) => {
                binary(a, b, |a, b| ((i128::from(a as i64) * i128::from(b as i64)) >> 64) as u64)
            }
            (Binary::MulHigh, false) => binary(a, b, |a, b| ((u128::from(a) * u128::from(b)) >> 64) as u64),
            (Binary::Div, true) => {
                binary(a, b, |a, b| if b == 0 { u64::MAX } else { (a as i64).wrapping_div(b as i64) as u64 })
            }
            (Binary::Div, false) => binary(a, b, |a, b| a.checked_div(b).unwrap_or(u64::MAX)),
            (Binary::Rem, true) => {
                binary(a, b, |a, b| if b == 0 { a } else { (a as i64).wrapping_rem(b as i64) as u64 })
            }
            (Binary::Rem, false) => binary(a, b, |a, b| a.checked_rem(b).unwrap_or(a)),
            (Binary::Min, true) => binary(a, b, |a, b| (a as i64).min(b as i64) as u64),
            (Binary::Min, false) => binary(a, b, u64::min),
            (Binary::Max, true) => binary(a, b, |a, b| (a as i64).max(b as i64) as u64),
            (Binary::Max, false) => binary(a, b, u64::max),
            (Binary::And, _) => binary(a, b, |a, b| a & b),
            (Binary::Or, _) => binary(a, b, |a, b| a | b),
            (Binary::Xor | Binary::ShiftLeft | Binary::ShiftRight, _) => binary(a, b, |a, b| a ^ b),
        }
    };
    r.put_double(i.d[0], mask, value);
}

/// 8 and 16 bits: extended, computed in 32, cut.
fn short(r: &mut Registers, i: &Instruction, operation: Binary, kind: Type, mask: u32) {
    let shift = matches!(operation, Binary::ShiftLeft | Binary::ShiftRight);
    let extended = |a: u32| extend(a, kind);
    let a = unary(r.word(i.s[0]), extended);
    let b = if shift { *r.word(i.s[1]) } else { unary(r.word(i.s[1]), extended) };
    let value = match operation {
        Binary::MulHigh => unary(&word(Binary::Mul, kind.is_signed(), &a, &b), |v| v >> (kind.bytes() * 8)),
        _ => word(operation, kind.is_signed(), &a, &b),
    };
    r.put(i.d[0], mask, unary(&value, |v| v & kind.mask() as u32));
}

/// A narrow whole number in 32 bits.
#[inline(always)]
fn extend(a: u32, kind: Type) -> u32 {
    match kind {
        Type::S8 => a as i8 as u32,
        Type::S16 => a as i16 as u32,
        _ if kind.bytes() < 4 => a & kind.mask() as u32,
        _ => a,
    }
}

#[inline(always)]
pub(super) fn mul_wide(r: &mut Registers, i: &Instruction, kind: Type, mask: u32) {
    let (a, b) = (r.word(i.s[0]), r.word(i.s[1]));
    match kind {
        Type::S32 => {
            let value = binary(a, b, |a, b| (i64::from(a as i32) * i64::from(b as i32)) as u64);
            r.put_double(i.d[0], mask, value);
        }
        Type::U32 | Type::B32 => {
            let value = binary(a, b, |a, b| u64::from(a) * u64::from(b));
            r.put_double(i.d[0], mask, value);
        }
        _ => {
            let value = binary(a, b, |a, b| extend(a, kind).wrapping_mul(extend(b, kind)));
            r.put(i.d[0], mask, value);
        }
    }
}

#[inline(always)]
pub(super) fn mad(r: &mut Registers, i: &Instruction, part: Part, kind: Type, mask: u32) {
    match (part, kind.bytes()) {
        (Part::Low, 4) => {
            let value = ternary(r.word(i.s[0]), r.word(i.s[1]), r.word(i.s[2]), |a, b, c| {
                a.wrapping_mul(b).wrapping_add(c)
            });
            r.put(i.d[0], mask, value);
        }
        (Part::Low, 8) => {
            let value = ternary(r.double(i.s[0]), r.double(i.s[1]), r.double(i.s[2]), |a, b, c| {
                a.wrapping_mul(b).wrapping_add(c)
            });
            r.put_double(i.d[0], mask, value);
        }
        (Part::Wide, 4) => {
            let signed = kind.is_signed();
            let product = binary(r.word(i.s[0]), r.word(i.s[1]), |a, b| {
                if signed {
                    (i64::from(a as i32) * i64::from(b as i32)) as u64
                } else {
                    u64::from(a) * u64::from(b)
                }
            });
            let value = binary(&product, r.double(i.s[2]), u64::wrapping_add);
            r.put_double(i.d[0], mask, value);
        }
        _ => mad_rare(r, i, part, kind, mask),
    }
}

fn mad_rare(r: &mut Registers, i: &Instruction, part: Part, kind: Type, mask: u32) {
    if kind.bytes() == 8 {
        let signed = kind.is_signed();
        let value = ternary(r.double(i.s[0]), r.double(i.s[1]), r.double(i.s[2]), |a, b, c| {
            let high = if signed {
                ((i128::from(a as i64) * i128::from(b as i64)) >> 64) as u64
            } else {
                ((u128::from(a) * u128::from(b)) >> 64) as u64
            };
            high.wrapping_add(c)
        });
        r.put_double(i.d[0], mask, value);
        return;
    }
    let bits = kind.bytes() * 8;
    let wide = |a: u32| {
        if kind.is_signed() { i64::from(extend(a, kind) as i32) } else { i64::from(extend(a, kind)) }
    };
    let value = ternary(r.word(i.s[0]), r.word(i.s[1]), r.word(i.s[2]), |a, b, c| {
        let product = wide(a).wrapping_mul(wide(b));
        match part {
            Part::High => ((product >> bits) as u32).wrapping_add(c) & kind.mask() as u32,
            Part::Low => (product as u32).wrapping_add(c) & kind.mask() as u32,
            Part::Wide => (product as u32).wrapping_add(c),
        }
    });
    r.put(i.d[0], mask, value);
}

pub(super) fn integer_unary(r: &mut Registers, i: &Instruction, operation: Unary, kind: Type, mask: u32) {
    if kind == Type::Pred {
        return;
    }
    if kind.bytes() == 8 {
        let a = r.double(i.s[0]);
        match operation {
            Unary::Popc => return r.put(i.d[0], mask, unary(a, u64::count_ones)),
            Unary::Clz => return r.put(i.d[0], mask, unary(a, u64::leading_zeros)),
            Unary::Bfind | Unary::BfindShift => {
                let shifted = operation == Unary::BfindShift;
                return r.put(i.d[0], mask, unary(a, |a| bfind(a as i64, kind, shifted)));
            }
            _ => {}
        }
        let value = match operation {
            Unary::Not => unary(a, |a| !a),
            Unary::Neg => unary(a, u64::wrapping_neg),
            Unary::Abs => unary(a, |a| (a as i64).wrapping_abs() as u64),
            Unary::Brev | Unary::Popc | Unary::Clz | Unary::Bfind | Unary::BfindShift => {
                unary(a, u64::reverse_bits)
            }
        };
        return r.put_double(i.d[0], mask, value);
    }
    let a = unary(r.word(i.s[0]), |a| extend(a, kind));
    let value = match operation {
        Unary::Not => unary(&a, |a| !a),
        Unary::Neg => unary(&a, u32::wrapping_neg),
        Unary::Abs => unary(&a, |a| (a as i32).wrapping_abs() as u32),
        Unary::Popc => unary(&a, u32::count_ones),
        Unary::Clz => unary(&a, u32::leading_zeros),
        Unary::Brev => unary(&a, u32::reverse_bits),
        Unary::Bfind | Unary::BfindShift => {
            let wide = |a: u32| if kind.is_signed() { i64::from(a as i32) } else { i64::from(a) };
            unary(&a, |a| bfind(wide(a), kind, operation == Unary::BfindShift))
        }
    };
    r.put(i.d[0], mask, unary(&value, |v| v & kind.mask() as u32));
}

/// The place of the highest bit that is not the sign's, or how far it is from the highest place; of none all bits.
fn bfind(a: i64, kind: Type, shifted: bool) -> u32 {
    let a = if kind.is_signed() && a < 0 { !a } else { a } as u64;
    let highest = kind.bytes() as u32 * 8 - 1;
    match a.checked_ilog2() {
        Some(place) if shifted => highest - place,
        Some(place) => place,
        None => u32::MAX,
    }
}

pub(super) fn sad(r: &mut Registers, i: &Instruction, kind: Type, mask: u32) {
    let value = ternary(r.word(i.s[0]), r.word(i.s[1]), r.word(i.s[2]), |a, b, c| {
        let (a, b) = (extend(a, kind), extend(b, kind));
        let distance = if kind.is_signed() { (a as i32).abs_diff(b as i32) } else { a.abs_diff(b) };
        distance.wrapping_add(c) & kind.mask() as u32
    });
    r.put(i.d[0], mask, value);
}

#[inline(always)]
pub(super) fn lop3(r: &mut Registers, i: &Instruction, table: u8, mask: u32) {
    let (a, b, c) = (r.word(i.s[0]), r.word(i.s[1]), r.word(i.s[2]));
    let mut value = [0; 32];
    for row in 0..8 {
        if table >> row & 1 == 1 {
            let flip = |bit: u8| if row >> bit & 1 == 1 { 0 } else { u32::MAX };
            let (of_a, of_b, of_c) = (flip(2), flip(1), flip(0));
            for lane in 0..32 {
                value[lane] |= (a[lane] ^ of_a) & (b[lane] ^ of_b) & (c[lane] ^ of_c);
            }
        }
    }
    r.put(i.d[0], mask, value);
}

pub(super) fn prmt(r: &mut Registers, i: &Instruction, mode: Permute, mask: u32) {
    let value = ternary(r.word(i.s[0]), r.word(i.s[1]), r.word(i.s[2]), |a, b, c| {
        let bytes = u64::from(a) | (u64::from(b) << 32);
        let byte = |n: u32| (bytes >> (n * 8)) as u32 & 0xff;
        let k = c & 3;
        let pick = |n: [u32; 4]| byte(n[0]) | (byte(n[1]) << 8) | (byte(n[2]) << 16) | (byte(n[3]) << 24);
        match mode {
            Permute::Selector => (0..4).fold(0, |value, n| {
                let selector = c >> (n * 4);
                let chosen = byte(selector & 7);
                let chosen = if selector & 8 == 0 { chosen } else { 0xff * (chosen >> 7) };
                value | (chosen << (n * 8))
            }),
            Permute::ForwardFour => pick([k, k + 1, k + 2, k + 3]),
            Permute::BackwardFour => pick([k, (k + 7) & 7, (k + 6) & 7, (k + 5) & 7]),
            Permute::Replicate8 => pick([k; 4]),
            Permute::ClampLeft => pick([k, k.max(1), k.max(2), 3]),
            Permute::ClampRight => pick([0, k.min(1), k.min(2), k]),
            Permute::Replicate16 => {
                let k = (c & 1) * 2;
                pick([k, k + 1, k, k + 1])
            }
        }
    });
    r.put(i.d[0], mask, value);
}

pub(super) fn bfe(r: &mut Registers, i: &Instruction, kind: Type, mask: u32) {
    let (position, length) = (r.word(i.s[1]), r.word(i.s[2]));
    let bits = kind.bytes() as u32 * 8;
    let field = |a: u64, position: u32, length: u32| {
        let (position, length) = (position & 0xff, length & 0xff);
        let shifted = if position >= bits { 0 } else { a >> position };
        let field = if length >= 64 { shifted } else { shifted & ((1 << length) - 1) };
        if !kind.is_signed() || length == 0 {
            return field;
        }
        // The sign is the field's highest bit, or the number's where the field goes beyond.
        let sign = (a >> (position + length - 1).min(bits - 1)) & 1;
        let known = length.min(bits.saturating_sub(position));
        if sign == 1 && known < 64 { field | (u64::MAX << known) } else { field }
    };
    if bits == 64 {
        let value = ternary(r.double(i.s[0]), position, length, field);
        r.put_double(i.d[0], mask, value);
    } else {
        let value = ternary(r.word(i.s[0]), position, length, |a, p, l| field(u64::from(a), p, l) as u32);
        r.put(i.d[0], mask, value);
    }
}

pub(super) fn bfi(r: &mut Registers, i: &Instruction, kind: Type, mask: u32) {
    let (position, length) = (*r.word(i.s[2]), *r.word(i.s[3]));
    let bits = kind.bytes() as u32 * 8;
    let insert = |a: u64, b: u64, lane: usize| {
        let (position, length) = (position[lane] & 0xff, length[lane] & 0xff);
        if position >= bits || length == 0 {
            return b;
        }
        let field = if length >= 64 { u64::MAX } else { (1 << length) - 1 };
        (b & !(field << position)) | ((a & field) << position)
    };
    if bits == 64 {
        let (a, b) = (r.double(i.s[0]), r.double(i.s[1]));
        let value = std::array::from_fn(|lane| insert(a[lane], b[lane], lane));
        r.put_double(i.d[0], mask, value);
    } else {
        let (a, b) = (r.word(i.s[0]), r.word(i.s[1]));
        let value = std::array::from_fn(|lane| insert(u64::from(a[lane]), u64::from(b[lane]), lane) as u32);
        r.put(i.d[0], mask, value);
    }
}

pub(super) fn funnel(r: &mut Registers, i: &Instruction, left: bool, clamp: bool, mask: u32) {
    let value = ternary(r.word(i.s[0]), r.word(i.s[1]), r.word(i.s[2]), |a, b, c| {
        let both = u64::from(a) | (u64::from(b) << 32);
        let by = if clamp { c.min(32) } else { c & 31 };
        if left { ((both << by) >> 32) as u32 } else { (both >> by) as u32 }
    });
    r.put(i.d[0], mask, value);
}

/// Two halves of the first operand times two bytes of the second, the low or the high ones.
pub(super) fn dp2a(r: &mut Registers, i: &Instruction, signed: bool, high: bool, mask: u32) {
    let value = ternary(r.word(i.s[0]), r.word(i.s[1]), r.word(i.s[2]), |a, b, c| {
        let b = if high { b >> 16 } else { b };
        (0..2).fold(c, |sum, n| {
            let (a, b) = ((a >> (n * 16)) as u16, (b >> (n * 8)) as u8);
            let product =
                if signed { i32::from(a as i16) * i32::from(b as i8) } else { i32::from(a) * i32::from(b) };
            sum.wrapping_add(product as u32)
        })
    });
    r.put(i.d[0], mask, value);
}

pub(super) fn dp4a(r: &mut Registers, i: &Instruction, signed: bool, mask: u32) {
    let value = ternary(r.word(i.s[0]), r.word(i.s[1]), r.word(i.s[2]), |a, b, c| {
        (0..4).fold(c, |sum, n| {
            let (a, b) = ((a >> (n * 8)) as u8, (b >> (n * 8)) as u8);
            let product =
                if signed { i32::from(a as i8) * i32::from(b as i8) } else { i32::from(a) * i32::from(b) };
            sum.wrapping_add(product as u32)
        })
    });
    r.put(i.d[0], mask, value);
}

#[inline(always)]
pub(super) fn set(
    r: &mut Registers,
    i: &Instruction,
    test: Compare,
    of: Type,
    combine: Option<Logic>,
    mask: u32,
) {
    let (a, b) = (i.s[0], i.s[1]);
    let result = match of {
        Type::S32 => ordered(r.word(a), r.word(b), test, |v| v as i32),
        Type::U32 | Type::B32 => ordered(r.word(a), r.word(b), test, |v| v),
        Type::F32 => float(r.word(a), r.word(b), test, f32::from_bits),
        Type::S64 => ordered(r.double(a), r.double(b), test, |v| v as i64),
        Type::U64 | Type::B64 => ordered(r.double(a), r.double(b), test, |v| v),
        Type::F64 => float(r.double(a), r.double(b), test, f64::from_bits),
        _ => set_short(r, i, test, of),
    };
    let combined = match combine {
        None | Some(Logic::Not) => None,
        Some(logic) => Some((logic, r.predicate(i.s[2]))),
    };
    let apply = |value: u32| match combined {
        Some((Logic::And, other)) => value & other,
        Some((Logic::Or, other)) => value | other,
        Some((_, other)) => value ^ other,
        None => value,
    };
    r.put_predicate(i.d[0], mask, apply(result));
    if i.written == 2 {
        r.put_predicate(i.d[1], mask, apply(!result));
    }
}

fn set_short(r: &Registers, i: &Instruction, test: Compare, of: Type) -> u32 {
    let (a, b) = (r.word(i.s[0]), r.word(i.s[1]));
    match of {
        Type::F16 => float(a, b, test, |v| crate::number::f16_to_f32(v as u16)),
        Type::Bf16 => float(a, b, test, |v| crate::number::bf16_to_f32(v as u16)),
        _ => ordered(
            a,
            b,
            test,
            |v| if of.is_signed() { i64::from(extend(v, of) as i32) } else { i64::from(v) },
        ),
    }
}

#[inline(always)]
fn ordered<A: Copy, B: PartialOrd>(
    a: &[A; 32],
    b: &[A; 32],
    test: Compare,
    f: impl Fn(A) -> B + Copy,
) -> u32 {
    match test {
        Compare::Eq | Compare::Equ => compare(a, b, |a, b| f(a) == f(b)),
        Compare::Ne | Compare::Neu => compare(a, b, |a, b| f(a) != f(b)),
        Compare::Lt | Compare::Ltu => compare(a, b, |a, b| f(a) < f(b)),
        Compare::Le | Compare::Leu => compare(a, b, |a, b| f(a) <= f(b)),
        Compare::Gt | Compare::Gtu => compare(a, b, |a, b| f(a) > f(b)),
        Compare::Ge | Compare::Geu => compare(a, b, |a, b| f(a) >= f(b)),
        Compare::Num => u32::MAX,
        Compare::Nan => 0,
    }
}

#[inline(always)]
fn float<A: Copy, B: PartialOrd>(a: &[A; 32], b: &[A; 32], test: Compare, f: impl Fn(A) -> B + Copy) -> u32 {
    let nan = || compare(a, b, |a, b| f(a).partial_cmp(&f(b)).is_none());
    match test {
        Compare::Ne => ordered(a, b, Compare::Ne, f) & !nan(),
        Compare::Equ | Compare::Ltu | Compare::Leu | Compare::Gtu | Compare::Geu => {
            ordered(a, b, test, f) | nan()
        }
        Compare::Num => !nan(),
        Compare::Nan => nan(),
        // Rust's comparisons are false of what is not a number, but for `!=`.
        Compare::Eq | Compare::Neu | Compare::Lt | Compare::Le | Compare::Gt | Compare::Ge => {
            ordered(a, b, test, f)
        }
    }
}

#[inline(always)]
pub(super) fn select(r: &mut Registers, i: &Instruction, file: File, mask: u32) {
    let chosen = r.predicate(i.s[2]);
    match file {
        File::Word => {
            let (a, b) = (r.word(i.s[0]), r.word(i.s[1]));
            let mut value = [0; 32];
            for lane in 0..32 {
                value[lane] = if chosen >> lane & 1 == 1 { a[lane] } else { b[lane] };
            }
            r.put(i.d[0], mask, value);
        }
        File::Double => {
            let (a, b) = (r.double(i.s[0]), r.double(i.s[1]));
            let mut value = [0; 32];
            for lane in 0..32 {
                value[lane] = if chosen >> lane & 1 == 1 { a[lane] } else { b[lane] };
            }
            r.put_double(i.d[0], mask, value);
        }
        File::Predicate => {
            let value = (r.predicate(i.s[0]) & chosen) | (r.predicate(i.s[1]) & !chosen);
            r.put_predicate(i.d[0], mask, value);
        }
    }
}

#[inline(always)]
pub(super) fn mov(r: &mut Registers, i: &Instruction, file: File, mask: u32) {
    match file {
        File::Word => {
            let value = *r.word(i.s[0]);
            r.put(i.d[0], mask, value);
        }
        File::Double => {
            let value = *r.double(i.s[0]);
            r.put_double(i.d[0], mask, value);
        }
        File::Predicate => {
            let value = r.predicate(i.s[0]);
            r.put_predicate(i.d[0], mask, value);
        }
    }
}

#[inline(always)]
pub(super) fn logic(r: &mut Registers, i: &Instruction, logic: Logic, mask: u32) {
    let a = r.predicate(i.s[0]);
    let value = match logic {
        Logic::And => a & r.predicate(i.s[1]),
        Logic::Or => a | r.predicate(i.s[1]),
        Logic::Xor => a ^ r.predicate(i.s[1]),
        Logic::Not => !a,
    };
    r.put_predicate(i.d[0], mask, value);
}

/// Parts to a register; how many is known by their width and the register's.
pub(super) fn join(r: &mut Registers, i: &Instruction, bits: u8, to_double: bool, mask: u32) {
    if !to_double {
        let value = binary(r.word(i.s[0]), r.word(i.s[1]), |low, high| (low & 0xffff) | (high << 16));
        return r.put(i.d[0], mask, value);
    }
    let mut value = [0; 32];
    for part in 0..64 / usize::from(bits) {
        let from = r.word(i.s[part]);
        for lane in 0..32 {
            value[lane] |= u64::from(from[lane]) << (part * usize::from(bits));
        }
    }
    r.put_double(i.d[0], mask, value);
}

/// A register to parts.
pub(super) fn split(r: &mut Registers, i: &Instruction, bits: u8, from_double: bool, mask: u32) {
    let value = if from_double { *r.double(i.s[0]) } else { unary(r.word(i.s[0]), u64::from) };
    let ones = (1_u64 << bits) - 1;
    for part in 0..usize::from(i.written) {
        r.put(i.d[part], mask, unary(&value, |v| ((v >> (part * usize::from(bits))) & ones) as u32));
    }
}
