//! What the operating system, the machine and the allocator are asked for.

mod arena;
mod cores;
mod float;
mod pages;
mod pool;

pub(crate) use arena::Arena;
pub(crate) use cores::usable as usable_cores;
pub(crate) use float::Standard;
pub(crate) use pool::{MOST_THREADS, Team, prepare};
