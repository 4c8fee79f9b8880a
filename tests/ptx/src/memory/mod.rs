//! The memories of a device: global, shared by a block, local to a thread.

mod allocation;
mod banks;
mod local;
mod shared;

pub(crate) use allocation::{Allocation, Map};
pub(crate) use banks::conflicts;
pub(crate) use local::Local;
pub(crate) use shared::Shared;
