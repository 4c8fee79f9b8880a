//! Detectors of races: stamps in memory that say who touched it when, and rules who may touch it next.

mod global;
mod shared;

pub(crate) use global::{Launch, OLD, UNWRITTEN, Viewer};
pub(crate) use shared::{Conflict, LAST_BARRIER, LAST_TIME, Now, Unit};
