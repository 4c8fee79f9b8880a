//! Why a model cannot be loaded.

use super::mismatch::Mismatch;
use super::packed::PackedError;
use crate::isa::IsaError;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

/// Why a model cannot be loaded.
#[derive(Debug)]
#[non_exhaustive]
pub enum LoadError {
    /// The file cannot be read.
    #[cfg(feature = "std")]
    Read {
        /// Which file.
        path: std::path::PathBuf,
        /// Why.
        error: std::io::Error,
    },
    /// The bytes are not a safetensors file.
    Format {
        /// What is wrong with them.
        message: String,
    },
    /// The tensors are not those of the network.
    Mismatch(Mismatch),
    /// The bytes are not the network's packed weights.
    Packed(PackedError),
    /// A number that no inference can compute with.
    Number {
        /// The tensor that holds it.
        tensor: String,
        /// Where, an index for each dimension.
        place: Vec<usize>,
        /// The number.
        value: f64,
        /// Why it is refused.
        reason: &'static str,
    },
    /// The instruction set that `ARCHC_ISA` asks for cannot be had.
    Isa(IsaError),
    /// The GPU cannot be used for it.
    #[cfg(feature = "cuda")]
    Cuda(crate::cuda::CudaError),
    /// The runtime was built without what is needed.
    Feature {
        /// The missing feature.
        name: &'static str,
    },
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            #[cfg(feature = "std")]
            LoadError::Read { path, error } => write!(f, "cannot read {}: {error}", path.display()),
            LoadError::Format { message } => {
                write!(f, "not a safetensors file: {message}")
            }
            LoadError::Mismatch(mismatch) => mismatch.fmt(f),
            LoadError::Packed(error) => error.fmt(f),
            LoadError::Number { tensor, place, value, reason } => {
                write!(f, "{}{place:?} is {value}: {reason}", tensor.escape_debug())
            }
            LoadError::Isa(error) => error.fmt(f),
            #[cfg(feature = "cuda")]
            LoadError::Cuda(error) => error.fmt(f),
            LoadError::Feature { name } => {
                write!(f, "archc-runtime was built without its feature `{name}`; switch it on in Cargo.toml")
            }
        }
    }
}

impl core::error::Error for LoadError {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            #[cfg(feature = "std")]
            LoadError::Read { error, .. } => Some(error),
            LoadError::Packed(error) => Some(error),
            LoadError::Isa(error) => Some(error),
            #[cfg(feature = "cuda")]
            LoadError::Cuda(error) => Some(error),
            LoadError::Format { .. }
            | LoadError::Mismatch(_)
            | LoadError::Number { .. }
            | LoadError::Feature { .. } => None,
        }
    }
}

impl From<IsaError> for LoadError {
    fn from(error: IsaError) -> LoadError {
        LoadError::Isa(error)
    }
}

#[cfg(feature = "cuda")]
impl From<crate::cuda::CudaError> for LoadError {
    fn from(error: crate::cuda::CudaError) -> LoadError {
        LoadError::Cuda(error)
    }
}
