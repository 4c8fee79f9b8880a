//! Whether there is a GPU that networks can run on.

use super::error::{CudaError, Refusal};
use cudarc::driver::{CudaContext, result, sys};
use std::fmt;
use std::sync::Arc;

/// The oldest driver, as `cuDriverGetVersion` counts: it has every function that is called.
const DRIVER: i32 = 12_000;
/// The oldest compute capability that kernels are written for.
const CAPABILITY: (i32, i32) = (8, 0);

/// A GPU, with a driver that can be talked to. Clones are the same one.
#[derive(Clone, Debug)]
pub struct Device {
    pub(super) context: Arc<CudaContext>,
    name: String,
    capability: (u32, u32),
    driver: (u32, u32),
}

impl Device {
    /// What it is called: `NVIDIA H100 80GB HBM3`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its compute capability: `(9, 0)`.
    pub fn capability(&self) -> (u32, u32) {
        self.capability
    }

    /// The newest version of CUDA that its driver knows.
    pub fn driver(&self) -> (u32, u32) {
        self.driver
    }

    /// The compute capability as the names of architectures have it: 90 for 9.0.
    pub(super) fn architecture(&self) -> u32 {
        self.capability.0 * 10 + self.capability.1
    }
}

/// Why no network can run on a GPU here.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CudaUnavailable {
    /// There is no driver.
    NoLibrary,
    /// The driver has no GPU to offer.
    NoDevice(Refusal),
    /// The driver or the GPU is older than what kernels need.
    TooOld {
        /// Which of them, and its version or compute capability.
        found: String,
        /// What is needed.
        needed: String,
    },
}

impl fmt::Display for CudaUnavailable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CudaUnavailable::NoLibrary => f.write_str(
                "there is no NVIDIA driver: its library (libcuda.so.1, on Windows nvcuda.dll) is not found; install the driver \
                 of the GPU, or build the network without `--backend cuda` to run it on the CPU",
            ),
            CudaUnavailable::NoDevice(refusal) => write!(
                f,
                "the NVIDIA driver gives no GPU: {refusal}; see whether `nvidia-smi` lists one and whether \
                 CUDA_VISIBLE_DEVICES hides it"
            ),
            CudaUnavailable::TooOld { found, needed } => {
                write!(
                    f,
                    "{found} is too old: {needed} or newer is needed; update it, or build the network without \
                     `--backend cuda` to run it on the CPU"
                )
            }
        }
    }
}

impl std::error::Error for CudaUnavailable {}

/// Looks for a GPU: the first one of the driver.
pub fn probe() -> Result<Device, CudaUnavailable> {
    // Safety: it loads the driver if there is one, which does nothing by that.
    if !unsafe { sys::is_culib_present() } {
        return Err(CudaUnavailable::NoLibrary);
    }
    let refused = |error| CudaUnavailable::NoDevice(Refusal::from(error));
    let mut version = 0;
    // Safety: the pointer is to a number; every driver has this function, before its initialization too.
    unsafe { sys::cuDriverGetVersion(&raw mut version) }.result().map_err(refused)?;
    // Before anything else is called, which an older driver may not have.
    if version < DRIVER {
        return Err(CudaUnavailable::TooOld {
            found: format!("the NVIDIA driver, which knows CUDA {}", dotted(version)),
            needed: format!("one that knows CUDA {}", dotted(DRIVER)),
        });
    }
    result::init().map_err(refused)?;
    let context = CudaContext::new(0).map_err(refused)?;
    // Safety: each session has one stream of its own, on which all happens in order; what several share, the weights, is
    // written before the first of them begins and freed behind the last.
    unsafe { context.disable_event_tracking() };
    let name = context.name().map_err(refused)?;
    let capability = context.compute_capability().map_err(refused)?;
    if capability < CAPABILITY {
        let text = |(major, minor): (i32, i32)| format!("compute capability {major}.{minor}");
        return Err(CudaUnavailable::TooOld {
            found: format!("the GPU ({name}, {})", text(capability)),
            needed: text(CAPABILITY),
        });
    }
    let unsigned = |(a, b): (i32, i32)| (a.unsigned_abs(), b.unsigned_abs());
    let driver = unsigned((version / 1000, version % 1000 / 10));
    Ok(Device { context, name, capability: unsigned(capability), driver })
}

fn dotted(version: i32) -> String {
    format!("{}.{}", version / 1000, version % 1000 / 10)
}

impl From<CudaUnavailable> for CudaError {
    fn from(unavailable: CudaUnavailable) -> CudaError {
        CudaError::Unavailable(unavailable)
    }
}
