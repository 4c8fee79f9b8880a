//! Compares what a network computes with reference arrays, operation by operation.

pub(crate) mod difference;
pub(crate) mod interpret;
pub(crate) mod layers;
pub(crate) mod layout;
pub(crate) mod plan;
pub(crate) mod reference;
pub(crate) mod report;
