//! What can go wrong on a GPU.

use super::device::CudaUnavailable;
use super::load::Origin;
use cudarc::driver::DriverError;
use std::fmt;

/// Why a network cannot be computed on a GPU.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CudaError {
    /// There is no GPU, or none that can be used.
    Unavailable(CudaUnavailable),
    /// The driver takes none of the forms in which there are kernels.
    Kernels {
        /// The network.
        network: String,
        /// What was tried, in order.
        attempts: Vec<Attempt>,
    },
    /// The driver refuses something.
    Driver {
        /// What it was asked for: `launching conv_0`.
        doing: String,
        /// What it says.
        refusal: Refusal,
    },
    /// More images than a kernel can count the numbers of.
    Batch {
        /// How many.
        images: usize,
    },
}

/// A form of the kernels that was tried in vain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// Which form.
    pub origin: Origin,
    /// Why it is not taken: the driver's words, or the log of NVRTC with the line of the source.
    pub reason: String,
}

/// A driver's error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Its name: `CUDA_ERROR_OUT_OF_MEMORY`.
    pub name: String,
    /// The driver's description.
    pub text: String,
}

impl CudaError {
    /// For `map_err`: what the driver was asked for.
    pub(super) fn doing(doing: impl Into<String>) -> impl FnOnce(DriverError) -> CudaError {
        let doing = doing.into();
        |error| CudaError::Driver { doing, refusal: error.into() }
    }
}

impl From<DriverError> for Refusal {
    fn from(error: DriverError) -> Refusal {
        let text =
            |text: Result<&std::ffi::CStr, DriverError>| text.map(|t| t.to_string_lossy().into_owned());
        Refusal {
            name: text(error.error_name()).unwrap_or_else(|_| format!("{:?}", error.0)),
            text: text(error.error_string()).unwrap_or_default(),
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.name, self.text)
    }
}

impl fmt::Display for CudaError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CudaError::Unavailable(unavailable) => unavailable.fmt(f),
            CudaError::Kernels { network, attempts } => {
                write!(f, "the kernels of {network} cannot be loaded:")?;
                for Attempt { origin, reason } in attempts {
                    write!(f, "\n  {origin}: {reason}")?;
                }
                Ok(())
            }
            CudaError::Driver { doing, refusal } => write!(f, "{doing}: {refusal}"),
            CudaError::Batch { images } => {
                write!(
                    f,
                    "{images} images at a time are more than kernels can count the numbers of; use smaller batches"
                )
            }
        }
    }
}

impl std::error::Error for CudaError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            CudaError::Unavailable(unavailable) => Some(unavailable),
            CudaError::Kernels { .. } | CudaError::Driver { .. } | CudaError::Batch { .. } => None,
        }
    }
}
