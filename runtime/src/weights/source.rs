//! Where tensors come from: a file, bytes in memory, a formula.

use super::LoadError;
use std::borrow::Cow;
use std::fmt;

/// A set of named tensors.
pub trait Source {
    /// The names of all tensors, in any order.
    fn names(&self) -> Vec<&str>;

    /// What a tensor is; nothing where there is none of this name.
    fn info(&self, name: &str) -> Option<Info>;

    /// The numbers of a tensor, row-major, little-endian, as its [`Info`] says. It is asked for one tensor at a time, and
    /// only for those whose shape is the network's.
    fn read(&self, name: &str) -> Result<Cow<'_, [u8]>, LoadError>;
}

/// What a tensor is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Info {
    /// The type of its numbers.
    pub dtype: Dtype,
    /// Its shape, row-major.
    pub shape: Vec<usize>,
}

/// The type of a tensor's numbers in a source.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Dtype {
    /// 16-bit IEEE floating point.
    F16,
    /// The upper half of an F32.
    BF16,
    /// 32-bit IEEE floating point.
    F32,
    /// 64-bit IEEE floating point.
    F64,
    /// Another one, which cannot be weights; its name.
    Other(String),
}

impl Dtype {
    /// Bytes of a number; nothing for types that cannot be weights.
    pub fn size(&self) -> Option<usize> {
        match self {
            Dtype::F16 | Dtype::BF16 => Some(2),
            Dtype::F32 => Some(4),
            Dtype::F64 => Some(8),
            Dtype::Other(_) => None,
        }
    }
}

impl fmt::Display for Dtype {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Dtype::F16 => f.write_str("F16"),
            Dtype::BF16 => f.write_str("BF16"),
            Dtype::F32 => f.write_str("F32"),
            Dtype::F64 => f.write_str("F64"),
            Dtype::Other(name) => write!(f, "{}", name.escape_debug()),
        }
    }
}

/// The numbers of a tensor, converted one by one.
#[derive(Debug)]
pub(super) struct Numbers<'a> {
    bytes: Cow<'a, [u8]>,
    width: Width,
}

#[derive(Clone, Copy, Debug)]
enum Width {
    F16,
    BF16,
    F32,
    F64,
}

impl<'a> Numbers<'a> {
    /// Nothing where the bytes are not `len` numbers of this type.
    pub(super) fn new(bytes: Cow<'a, [u8]>, dtype: &Dtype, len: usize) -> Option<Numbers<'a>> {
        let width = match dtype {
            Dtype::F16 => Width::F16,
            Dtype::BF16 => Width::BF16,
            Dtype::F32 => Width::F32,
            Dtype::F64 => Width::F64,
            Dtype::Other(_) => return None,
        };
        (len.checked_mul(dtype.size()?)? == bytes.len()).then_some(Numbers { bytes, width })
    }

    /// A number; 0 behind the last.
    pub(super) fn get(&self, index: usize) -> f64 {
        match self.width {
            Width::F16 => self.bytes_of(index).map_or(0.0, |b| half(u16::from_le_bytes(b))),
            Width::BF16 => self
                .bytes_of(index)
                .map_or(0.0, |b| f64::from(f32::from_bits(u32::from(u16::from_le_bytes(b)) << 16))),
            Width::F32 => self.bytes_of(index).map_or(0.0, |b| f64::from(f32::from_le_bytes(b))),
            Width::F64 => self.bytes_of(index).map_or(0.0, f64::from_le_bytes),
        }
    }

    fn bytes_of<const N: usize>(&self, index: usize) -> Option<[u8; N]> {
        self.bytes.as_chunks::<N>().0.get(index).copied()
    }
}

/// A 16-bit IEEE floating point number.
fn half(bits: u16) -> f64 {
    let sign = if bits >> 15 == 1 { -1.0 } else { 1.0 };
    let exponent = i32::from(bits >> 10 & 0x1f);
    let fraction = f64::from(bits & 0x3ff);
    match exponent {
        0 => sign * fraction * 2.0_f64.powi(-24),
        0x1f if fraction == 0.0 => sign * f64::INFINITY,
        0x1f => f64::NAN,
        _ => sign * (1024.0 + fraction) * 2.0_f64.powi(exponent - 25),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(dtype: Dtype, bytes: &[u8]) -> f64 {
        Numbers::new(Cow::Borrowed(bytes), &dtype, 1).unwrap().get(0)
    }

    #[test]
    fn every_type_is_converted() {
        assert_eq!(one(Dtype::F32, &1.5_f32.to_le_bytes()), 1.5);
        assert_eq!(one(Dtype::F64, &0.1_f64.to_le_bytes()), 0.1);
        assert_eq!(one(Dtype::BF16, &0xc020_u16.to_le_bytes()), -2.5);
        let halves = [
            (0x3c00, 1.0),
            (0xc000, -2.0),
            (0x7bff, 65504.0),
            (0x0001, 2.0_f64.powi(-24)),
            (0x03ff, 1023.0 * 2.0_f64.powi(-24)),
            (0x0400, 2.0_f64.powi(-14)),
            (0x3555, 0.333_251_953_125),
            (0xfc00, f64::NEG_INFINITY),
        ];
        for (bits, value) in halves {
            assert_eq!(one(Dtype::F16, &u16::to_le_bytes(bits)), value, "{bits:#x}");
        }
        assert!(one(Dtype::F16, &0x7e00_u16.to_le_bytes()).is_nan());
    }

    #[test]
    fn bytes_must_be_as_many_as_the_numbers_take() {
        assert!(Numbers::new(Cow::Borrowed(&[0; 12]), &Dtype::F32, 3).is_some());
        assert!(Numbers::new(Cow::Borrowed(&[0; 12]), &Dtype::F32, 4).is_none());
        assert!(Numbers::new(Cow::Borrowed(&[0; 12]), &Dtype::F64, usize::MAX).is_none());
        assert!(Numbers::new(Cow::Borrowed(&[0; 12]), &Dtype::Other("I8".to_owned()), 12).is_none());
    }
}
