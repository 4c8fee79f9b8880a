//! Where tensors come from: a file, bytes in memory, a formula.

use super::LoadError;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

/// A set of named tensors.
pub trait Source {
    /// The names of all tensors, in any order.
    fn names(&self) -> Vec<&str>;

    /// What a tensor is; nothing where there is none of this name.
    fn info(&self, name: &str) -> Option<Info>;

    /// Fills the buffer with the bytes of a tensor from byte `start` on: numbers, row-major, little-endian, as its [`Info`]
    /// says. Both are whole numbers of it. Only tensors whose shape is the network's are read, one after another, each from
    /// its start to its end.
    fn read(&self, name: &str, start: usize, buffer: &mut [u8]) -> Result<(), LoadError>;
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
