//! Networks on an NVIDIA GPU, in the feature `cuda`: generated kernels through the driver that is there when a program runs.
//!
//! Neither building nor starting a program needs CUDA. [`probe`] says what a machine has; a [`Model`] packs the weights as
//! the CPU's does, loads the kernels ([`Program`]) and holds both on the device; a [`Session`] has memory there and a graph
//! of launches. What only a machine with a GPU can do gives a [`CudaError`]: no call panics for want of one.
//!
//! | variable | what |
//! | --- | --- |
//! | `CUDA_VISIBLE_DEVICES` | the driver's own: which device is the first, the one that is used |
//! | `ARCHC_CACHE` | the folder of what was compiled here, else `archc` in the user's folder of caches |
//! | `ARCHC_CUDA_GRAPH` | `0`: kernels are launched one by one, so that an error names the one that failed |

mod cache;
mod device;
mod error;
mod load;
mod model;
pub mod nvrtc;
mod pinned;
mod program;
pub mod ptx;
mod session;

pub use device::{CudaUnavailable, Device, probe};
pub use error::{Attempt, CudaError, Refusal};
pub use load::Origin;
pub use model::Model;
pub use program::{Argument, Grid, Launch, Program};
pub use session::Session;
