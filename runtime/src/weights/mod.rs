//! Weights: what they are called, where they come from, and how they are packed.

pub mod spec;
