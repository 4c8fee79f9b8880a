//! What generated crates depend on: layouts, kernels, weights, sessions.

pub mod layout;
pub mod op;
pub mod run;
pub mod spec;
pub mod weights;
