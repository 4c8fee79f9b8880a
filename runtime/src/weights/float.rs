//! The types of numbers in a source, as f64, without branches, so that loops over them become vector instructions.

/// The bytes of numbers of one type, little-endian.
#[derive(Clone, Copy, Debug)]
pub(super) enum Numbers<'a> {
    F16(&'a [[u8; 2]]),
    BF16(&'a [[u8; 2]]),
    F32(&'a [[u8; 4]]),
    F64(&'a [[u8; 8]]),
}

/// Does the same with numbers of whatever type: `$bytes` are those of each, and `$wide` makes a number of them.
macro_rules! with_type {
    ($numbers:expr, |$bytes:ident, $wide:ident| $body:expr) => {
        match $numbers {
            Numbers::F16($bytes) => {
                let $wide = float::f16;
                $body
            }
            Numbers::BF16($bytes) => {
                let $wide = float::bf16;
                $body
            }
            Numbers::F32($bytes) => {
                let $wide = float::f32;
                $body
            }
            Numbers::F64($bytes) => {
                let $wide = float::f64;
                $body
            }
        }
    };
}
pub(super) use with_type;

#[inline(always)]
pub(super) fn f16(bytes: [u8; 2]) -> f64 {
    f64::from(half(u16::from_le_bytes(bytes)))
}

#[inline(always)]
pub(super) fn bf16(bytes: [u8; 2]) -> f64 {
    f64::from(f32::from_bits(u32::from(u16::from_le_bytes(bytes)) << 16))
}

#[inline(always)]
pub(super) fn f32(bytes: [u8; 4]) -> f64 {
    f64::from(f32::from_le_bytes(bytes))
}

#[inline(always)]
pub(super) fn f64(bytes: [u8; 8]) -> f64 {
    f64::from_le_bytes(bytes)
}

/// A 16-bit IEEE floating point number.
#[inline(always)]
pub fn half(bits: u16) -> f32 {
    let magnitude = u32::from(bits & 0x7fff) << 13;
    // The exponent moves from a bias of 15 to one of 127 by a product, which normalizes small numbers as well.
    let finite = f32::from_bits(magnitude) * f32::from_bits((127 + 112) << 23);
    let special = f32::from_bits(magnitude | 0x7f80_0000);
    let magnitude = if bits & 0x7c00 == 0x7c00 { special } else { finite };
    f32::from_bits(magnitude.to_bits() | u32::from(bits & 0x8000) << 16)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every half, from its parts.
    #[test]
    fn halves_are_what_their_bits_say() {
        for bits in 0..=u16::MAX {
            let sign = if bits >> 15 == 1 { -1.0 } else { 1.0 };
            let (exponent, fraction) = (i32::from(bits >> 10 & 0x1f), f64::from(bits & 0x3ff));
            let truth = match exponent {
                0 => sign * fraction * 2.0_f64.powi(-24),
                0x1f if fraction == 0.0 => sign * f64::INFINITY,
                0x1f => f64::NAN,
                _ => sign * (1024.0 + fraction) * 2.0_f64.powi(exponent - 25),
            };
            let found = f16(bits.to_le_bytes());
            assert!(found == truth || found.is_nan() && truth.is_nan(), "{bits:#x}: {found} is not {truth}");
            assert_eq!(found.is_sign_negative(), sign < 0.0, "{bits:#x}");
        }
    }

    #[test]
    fn every_type_is_converted() {
        assert_eq!(f32(1.5_f32.to_le_bytes()), 1.5);
        assert_eq!(f64(0.1_f64.to_le_bytes()), 0.1);
        assert_eq!(bf16(0xc020_u16.to_le_bytes()), -2.5);
    }
}
