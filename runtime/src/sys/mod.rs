//! What the operating system, the machine and the allocator are asked for.

mod arena;
mod bytes;
mod cores;
mod float;
#[cfg(all(feature = "std", unix, target_pointer_width = "64"))]
mod mapping;
mod pages;
mod pool;

pub(crate) use arena::Arena;
pub(crate) use bytes::{as_bytes, as_bytes_mut, as_numbers};
pub(crate) use cores::usable as usable_cores;
pub(crate) use float::Standard;
#[cfg(all(feature = "std", unix, target_pointer_width = "64"))]
pub(crate) use mapping::Mapping;
pub(crate) use pool::{MOST_THREADS, Team, prepare};
