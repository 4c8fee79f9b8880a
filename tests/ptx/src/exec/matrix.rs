//! The matrix unit: `mma.sync` and `ldmatrix`, with the fragments of the PTX manual.

use super::registers::{Registers, Words};
use crate::decode::{Instruction, Matrix};
use crate::fault::{Access, FaultKind};
use crate::memory::{Shared, conflicts};
use crate::number::{bf16_to_f32, f16_to_f32, tf32_to_f32};
use crate::race::Now;

/// `d = a * b + c` of 16 by K and K by 8, in f32. Gives the threads that got a NaN though no operand was one.
#[inline(always)]
pub(super) fn mma(r: &mut Registers, i: &Instruction, matrix: Matrix, look: bool) -> u32 {
    let mut a = [[0.0_f32; 16]; 16];
    let mut b = [[0.0_f32; 8]; 16];
    let (depth, of_a, of_b) = match matrix {
        Matrix::Bf16 => (16, 4, 2),
        Matrix::F16 => (16, 4, 2),
        Matrix::Bf16Half | Matrix::F16Half => (8, 2, 1),
        Matrix::Tf32 => (8, 4, 2),
        Matrix::Tf32Half => (4, 2, 1),
    };
    match matrix {
        Matrix::Bf16 | Matrix::Bf16Half => pairs(r, i, of_a, of_b, &mut a, &mut b, bf16_to_f32),
        Matrix::F16 | Matrix::F16Half => pairs(r, i, of_a, of_b, &mut a, &mut b, f16_to_f32),
        Matrix::Tf32 | Matrix::Tf32Half => {
            for n in 0..of_a {
                let from = r.word(i.s[n]);
                for lane in 0..32 {
                    a[lane / 4 + (n & 1) * 8][lane % 4 + (n >> 1) * 4] = tf32_to_f32(from[lane]);
                }
            }
            for n in 0..of_b {
                let from = r.word(i.s[of_a + n]);
                for lane in 0..32 {
                    b[lane % 4 + n * 4][lane / 4] = tf32_to_f32(from[lane]);
                }
            }
        }
    }
    let sums = &i.s[of_a + of_b..of_a + of_b + 4];
    let mut c = [[0.0_f32; 8]; 16];
    for (n, &register) in sums.iter().enumerate() {
        let from = r.word(register);
        for lane in 0..32 {
            c[lane / 4 + (n >> 1) * 8][(lane % 4) * 2 + (n & 1)] = f32::from_bits(from[lane]);
        }
    }
    let bad_before = look && has_nan(&a) | has_nan(&b) | has_nan(&c);
    for (row, of_row) in c.iter_mut().zip(&a) {
        let mut sum = *row;
        for (factor, of_b) in of_row.iter().zip(&b).take(depth) {
            for column in 0..8 {
                sum[column] = factor.mul_add(of_b[column], sum[column]);
            }
        }
        *row = sum;
    }
    for n in 0..4 {
        let to = &mut r.w[usize::from(i.d[n])];
        for lane in 0..32 {
            to[lane] = c[lane / 4 + (n >> 1) * 8][(lane % 4) * 2 + (n & 1)].to_bits();
        }
    }
    if look && !bad_before {
        return (0..4).fold(0, |made, n| made | super::floats::nan(r.word(i.d[n])));
    }
    0
}

/// Fragments whose registers hold pairs of halves.
#[inline(always)]
fn pairs(
    r: &Registers,
    i: &Instruction,
    of_a: usize,
    of_b: usize,
    a: &mut [[f32; 16]; 16],
    b: &mut [[f32; 8]; 16],
    real: impl Fn(u16) -> f32,
) {
    for n in 0..of_a {
        let from = r.word(i.s[n]);
        for (lane, &pair) in from.iter().enumerate() {
            let (row, column) = (lane / 4 + (n & 1) * 8, (lane % 4) * 2 + (n >> 1) * 8);
            a[row][column] = real(pair as u16);
            a[row][column + 1] = real((pair >> 16) as u16);
        }
    }
    for n in 0..of_b {
        let from = r.word(i.s[of_a + n]);
        for (lane, &pair) in from.iter().enumerate() {
            let (row, column) = ((lane % 4) * 2 + n * 8, lane / 4);
            b[row][column] = real(pair as u16);
            b[row + 1][column] = real((pair >> 16) as u16);
        }
    }
}

fn has_nan<const N: usize>(matrix: &[[f32; N]; 16]) -> bool {
    matrix.iter().flatten().any(|v| v.is_nan())
}

/// Loads 8 by 8 matrices of halves, a row from each address: eight addresses a matrix, of as many threads. Gives how often
/// requests waited for a bank.
#[inline(always)]
pub(super) fn load_matrix(
    r: &mut Registers,
    i: &Instruction,
    count: usize,
    transposed: bool,
    addresses: &[u64; 32],
    shared: &mut Shared,
    now: Now,
) -> Result<u32, (FaultKind, usize)> {
    let mut waits = 0;
    for matrix in 0..count {
        let mut rows = [[0_u32; 4]; 8];
        let mut words = [0_u32; 32];
        for (row, values) in rows.iter_mut().enumerate() {
            let lane = matrix * 8 + row;
            let at = shared.check(Access::Read, addresses[lane], 16).map_err(|f| (f, lane))?;
            for (n, value) in values.iter_mut().enumerate() {
                *value = shared.read(at + n * 4, 4, now.of(lane)).map_err(|f| (f, lane))?;
                words[row * 4 + n] = (at / 4 + n) as u32;
            }
        }
        waits += conflicts(words.iter().copied());
        let half = |row: usize, column: usize| rows[row][column / 2] >> ((column % 2) * 16) & 0xffff;
        let value: Words = std::array::from_fn(|lane| {
            let (row, column) = (lane / 4, (lane % 4) * 2);
            if transposed { half(column, row) | (half(column + 1, row) << 16) } else { rows[row][column / 2] }
        });
        r.put(i.d[matrix], u32::MAX, value);
    }
    Ok(waits)
}

/// Transposes an 8 by 8 matrix of halves, a row of which four threads hold.
pub(super) fn move_matrix(r: &mut Registers, i: &Instruction) {
    let from = *r.word(i.s[0]);
    let half = |row: usize, column: usize| from[row * 4 + column / 2] >> ((column % 2) * 16) & 0xffff;
    let value = std::array::from_fn(|lane| {
        let (row, column) = (lane / 4, (lane % 4) * 2);
        half(column, row) | (half(column + 1, row) << 16)
    });
    r.put(i.d[0], u32::MAX, value);
}
