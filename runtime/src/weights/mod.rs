//! Weights: what they are called, where they come from, and how they are packed.

mod channels;
mod error;
mod float;
mod load;
pub mod matrix;
mod mismatch;
mod pack;
pub mod packed;
#[cfg(feature = "safetensors")]
mod safetensors;
mod seeded;
mod source;
pub mod spec;
mod sqrt;
mod storage;
mod tensors;
mod winograd;

pub use error::LoadError;
pub use float::half;
pub(crate) use load::load;
pub use mismatch::Mismatch;
#[cfg(feature = "safetensors")]
pub use safetensors::SafeTensors;
pub use seeded::{Seeded, uniform};
pub use source::{Dtype, Info, Source};
pub(crate) use storage::Weights;
