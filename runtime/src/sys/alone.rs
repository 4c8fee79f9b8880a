//! The threads of a run where there is no operating system to ask for any: the calling one.

use core::ops::Range;

/// The most threads that a run can have.
pub(crate) const MOST_THREADS: usize = 1;

/// Cores that this process may use.
pub(crate) fn usable_cores() -> usize {
    1
}

/// Nothing can be started.
pub(crate) fn prepare(_: usize) {}

/// The threads of one run.
#[derive(Debug)]
pub(crate) struct Team;

impl Team {
    /// This thread alone.
    pub(crate) const ALONE: Team = Team;

    /// This thread alone.
    pub(crate) fn open(_: usize) -> Team {
        Team
    }

    /// How many threads there are.
    pub(crate) fn threads(&self) -> usize {
        1
    }

    /// Calls `work` with all items.
    pub(crate) fn share<F: Fn(usize, Range<usize>) + Sync>(
        &mut self,
        items: usize,
        _: usize,
        _: usize,
        work: &F,
    ) {
        work(0, 0..items);
    }
}
