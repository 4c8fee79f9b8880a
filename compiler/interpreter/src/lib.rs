//! The truth: every operator of the graph in f64, in plain loops, for one image.
//!
//! Passes, kernels and backends are right where they equal it. Whatever is written here has to be seen to be right at
//! a glance; what makes whole networks run in seconds is the order of the loops alone.

mod error;
mod op;
mod precision;
mod run;
pub mod seeded;
mod split;
mod tensors;

pub use error::{Error, WeightProblem};
pub use op::activate;
pub use precision::split_error;
pub use run::{Value, observe, observe_split, run, run_rounded};
pub use tensors::{Tensor, Weights};
