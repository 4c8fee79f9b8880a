//! Asynchronous copies of a warp: their data waits here until the thread waits for its group.

use std::collections::VecDeque;

use super::registers::lanes;
use crate::memory::Shared;
use crate::race::Now;

/// A copy that is under way.
struct Copy {
    to: u32,
    words: u8,
    lane: u8,
    data: [u32; 4],
}

/// Copies by the group of their thread; groups are counted from the block's begin.
#[derive(Default)]
pub(super) struct Copies {
    groups: VecDeque<Vec<Copy>>,
    /// Number of the first group of `groups`.
    first: u32,
    /// How many groups each thread has committed.
    committed: [u32; 32],
    spare: Vec<Vec<Copy>>,
}

impl Copies {
    pub(super) fn clear(&mut self) {
        self.groups.clear();
        self.first = 0;
        self.committed = [0; 32];
    }

    /// A thread begins to copy words, the data of which has been read already.
    pub(super) fn begin(&mut self, lane: usize, to: usize, words: usize, data: [u32; 4]) {
        let group = (self.committed[lane] - self.first) as usize;
        while self.groups.len() <= group {
            self.groups.push_back(self.spare.pop().unwrap_or_default());
        }
        self.groups[group].push(Copy { to: to as u32, words: words as u8, lane: lane as u8, data });
    }

    pub(super) fn commit(&mut self, mask: u32) {
        lanes(mask).for_each(|lane| self.committed[lane] += 1);
    }

    /// Threads wait until at most `pending` of their groups are under way; for everything, committed or not, without.
    pub(super) fn wait(&mut self, mask: u32, pending: Option<u32>, shared: &mut Shared, now: Now) {
        let before: [u32; 32] = std::array::from_fn(|lane| match pending {
            _ if mask >> lane & 1 == 0 => 0,
            Some(pending) => self.committed[lane].saturating_sub(pending),
            None => u32::MAX,
        });
        let last = before.iter().copied().max().unwrap_or(0);
        for (group, number) in self.groups.iter_mut().zip(self.first..last) {
            group.retain(|copy| {
                let lane = usize::from(copy.lane);
                let arrives = number < before[lane];
                if arrives {
                    shared.end_copy(copy.to as usize, &copy.data[..usize::from(copy.words)], now.of(lane));
                }
                !arrives
            });
        }
        let begun = self.committed.iter().copied().min().unwrap_or(0);
        while self.first < begun && self.groups.front().is_some_and(Vec::is_empty) {
            self.spare.extend(self.groups.pop_front());
            self.first += 1;
        }
        if self.groups.is_empty() {
            self.first = begun;
        }
    }
}
