//! Packed weights in the numbers and the order that a GPU's kernels read them in.

use super::spec::conv_size;
use crate::layout::Element;
use crate::op::Packing;
use alloc::vec;
use alloc::vec::Vec;

/// The order of a matrix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// Of each group of a convolution `[outputs][kernel row][kernel column][input channels]`, with zeros behind the last output and
    /// the last input: for the units that multiply matrices.
    Rows,
    /// That of the packed weights of a dense layer, see [`Pack::Dense`](super::spec::Pack::Dense).
    Packed,
}

/// The kernel of a convolution or a dense layer, which has one tap and one group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Matrix {
    /// How the numbers lie.
    pub order: Order,
    /// Where the packed kernel starts, in f32 numbers; [`Pack::Conv`](super::spec::Pack::Conv) with [`Packing::Plain`].
    pub pack: usize,
    /// Its rows and columns.
    pub kernel: [usize; 2],
    /// Channels of a group.
    pub inputs: usize,
    /// Outputs of a group.
    pub outputs: usize,
    /// Groups.
    pub groups: usize,
    /// What the numbers become.
    pub element: Element,
    /// Whether numbers of f32 are rounded to 11 bits, as TF32 has them.
    pub is_tf32: bool,
    /// Outputs of a group, filled up.
    pub rows: usize,
    /// Inputs of an output, filled up.
    pub depth: usize,
}

impl Matrix {
    /// Bytes of it.
    pub const fn size(&self) -> usize {
        let numbers = match self.order {
            Order::Rows => self.groups * self.rows * self.depth,
            Order::Packed => self.packed(),
        };
        numbers * self.element.size()
    }

    /// Numbers of the packed kernel.
    const fn packed(&self) -> usize {
        let [rows, columns] = self.kernel;
        self.groups * self.outputs.next_multiple_of(16) * rows * columns * self.inputs
    }

    /// Where the biases of all groups start, in f32 numbers: `outputs`, filled up to a multiple of 16, for each group.
    pub const fn biases(&self) -> usize {
        self.pack + self.packed()
    }

    /// The matrix of packed weights.
    ///
    /// Panics where these are too few.
    pub fn of(&self, packed: &[f32]) -> Vec<u8> {
        if self.order == Order::Packed {
            let mut bytes = vec![0; self.size()];
            let numbers = packed[self.pack..][..self.packed()].iter().enumerate();
            numbers.for_each(|(at, number)| self.put(&mut bytes, at, *number));
            return bytes;
        }
        let [kernel_rows, kernel_columns] = self.kernel;
        let taps = kernel_rows * kernel_columns;
        let shape = [kernel_rows, kernel_columns, self.inputs, self.outputs * self.groups];
        let packed = &packed[self.pack..][..conv_size(shape, self.groups, Packing::Plain)];
        let (depth, blocks) = (taps * self.inputs, self.outputs.div_ceil(16));
        let mut bytes = vec![0; self.size()];
        for group in 0..self.groups {
            for output in 0..self.outputs {
                let row = (group * self.rows + output) * self.depth;
                let from = &packed[(group * blocks + output / 16) * depth * 16..];
                for tap in 0..taps {
                    for input in 0..self.inputs {
                        // The last block of inputs may have less than 16.
                        let (block, lane) = (input / 16, input % 16);
                        let width = (self.inputs - block * 16).min(16);
                        let at = block * 16 * taps + tap * width + lane;
                        let number = from[at * 16 + output % 16];
                        self.put(&mut bytes, row + tap * self.inputs + input, number);
                    }
                }
            }
        }
        bytes
    }

    fn put(&self, bytes: &mut [u8], at: usize, number: f32) {
        let size = self.element.size();
        let to = &mut bytes[at * size..][..size];
        match self.element {
            Element::F32 if self.is_tf32 => to.copy_from_slice(&tf32(number).to_le_bytes()),
            Element::F32 => to.copy_from_slice(&number.to_le_bytes()),
            Element::Bf16 => to.copy_from_slice(&bf16(number).to_le_bytes()),
            Element::F16 => to.copy_from_slice(&f16(number).to_le_bytes()),
        }
    }
}

/// Rounded to 11 bits, ties away from zero, as `cvt.rna.tf32` does.
pub fn tf32(number: f32) -> f32 {
    if number.is_finite() { f32::from_bits(number.to_bits().wrapping_add(0x1000) & !0x1fff) } else { number }
}

/// The nearest bf16's bits, ties to even.
pub fn bf16(number: f32) -> u16 {
    let bits = number.to_bits();
    if number.is_nan() {
        return (bits >> 16) as u16 | 0x40;
    }
    (bits.wrapping_add(0x7fff + (bits >> 16 & 1)) >> 16) as u16
}

/// The nearest f16's bits, ties to even; infinity beyond its range.
pub fn f16(number: f32) -> u16 {
    let bits = number.to_bits();
    let sign = (bits >> 16 & 0x8000) as u16;
    let magnitude = f32::from_bits(bits & 0x7fff_ffff);
    if magnitude.is_nan() {
        return sign | 0x7e00;
    }
    // What the exponent leaves of the mantissa is rounded by an addition, in f32, of a number of the right size.
    if magnitude < f32::from_bits(0x3880_0000) {
        // Subnormal: whole multiples of 2^-24.
        let multiples = magnitude * 16_777_216.0;
        let shifted = multiples + 8_388_608.0;
        return sign | (shifted.to_bits() & 0x07ff) as u16;
    }
    let rounded = magnitude.to_bits().wrapping_add(0x0fff + (magnitude.to_bits() >> 13 & 1));
    let half = (rounded >> 13).wrapping_sub(112 << 10);
    if half >= 0x7c00 { sign | 0x7c00 } else { sign | half as u16 }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The value of f16's bits.
    fn value(bits: u16) -> f64 {
        let (exponent, mantissa) = (i32::from(bits >> 10 & 31), f64::from(bits & 0x3ff));
        let magnitude = match exponent {
            0 => mantissa * 2f64.powi(-24),
            31 => f64::INFINITY,
            _ => (1024.0 + mantissa) * 2f64.powi(exponent - 25),
        };
        if bits >> 15 == 1 { -magnitude } else { magnitude }
    }

    #[test]
    fn f16_is_the_nearest() {
        for bits in 0..0x7bff_u16 {
            let (low, high) = (value(bits), value(bits + 1));
            assert_eq!(f16(low as f32), bits);
            assert_eq!(f16(-low as f32), bits | 0x8000);
            let middle = f64::midpoint(low, high) as f32;
            assert_eq!(f16(middle), bits + (bits & 1), "half way above {bits:#x}");
            assert_eq!(f16(f32::from_bits(middle.to_bits() - 1)), bits);
            assert_eq!(f16(f32::from_bits(middle.to_bits() + 1)), bits + 1);
        }
        assert_eq!((f16(65519.0), f16(65520.0), f16(f32::INFINITY)), (0x7bff, 0x7c00, 0x7c00));
        assert!(f16(f32::NAN) & 0x7fff > 0x7c00);
    }

    #[test]
    fn bf16_and_tf32_are_the_nearest() {
        assert_eq!(bf16(1.0), 0x3f80);
        // Half way: to even, down and up.
        assert_eq!(bf16(f32::from_bits(0x3f80_8000)), 0x3f80);
        assert_eq!(bf16(f32::from_bits(0x3f81_8000)), 0x3f82);
        assert_eq!(bf16(f32::from_bits(0x3f80_8001)), 0x3f81);
        assert!(bf16(f32::NAN) & 0x7fff > 0x7f80);
        assert_eq!(tf32(f32::from_bits(0x3f80_0fff)), 1.0);
        assert_eq!(tf32(f32::from_bits(0x3f80_1000)).to_bits(), 0x3f80_2000);
    }
}
