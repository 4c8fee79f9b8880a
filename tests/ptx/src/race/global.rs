//! Races in global memory between the blocks of a launch: a stamp of the last write of every two bytes, and for each block
//! what it may see of others.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The stamp of what nothing wrote.
pub(crate) const UNWRITTEN: u32 = 0;

/// The stamp of what was written before this launch.
pub(crate) const OLD: u32 = 1;

const BLOCK: u32 = (1 << 16) - 1;
const CLOCK_SHIFT: u32 = 16;
const LAST_CLOCK: u32 = (1 << 8) - 1;
const STRONG: u32 = 1 << 24;
const LAUNCH_SHIFT: u32 = 25;

/// What each block has published at an address, by the clock of its fences.
type Clocks = HashMap<u32, u32>;

/// What the blocks of a launch share.
pub(crate) struct Launch {
    number: u32,
    published: Mutex<HashMap<u64, Clocks>>,
}

impl Launch {
    /// Launches that stamps can tell apart.
    pub(crate) const LAST: u32 = (1 << (32 - LAUNCH_SHIFT)) - 1;

    /// A launch with a number from 1 to [`Self::LAST`].
    pub(crate) fn new(number: u32) -> Self {
        Self { number, published: Mutex::new(HashMap::new()) }
    }

    /// Makes atomics come one after another.
    pub(crate) fn lock(&self) -> MutexGuard<'_, HashMap<u64, Clocks>> {
        self.published.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A block, as global memory sees it.
pub(crate) struct Viewer {
    /// The stamp of its plain writes.
    stamp: u32,
    block: u32,
    launch: u32,
    /// Fences that came after a write.
    clock: u32,
    wrote: bool,
    /// Up to which fence it may see what other blocks wrote.
    known: Clocks,
    /// What it will know after its next fence.
    heard: Clocks,
}

impl Viewer {
    pub(crate) fn new(launch: &Launch, block: u32) -> Self {
        let mut viewer = Self {
            stamp: 0,
            block: block & BLOCK,
            launch: launch.number,
            clock: 0,
            wrote: false,
            known: HashMap::new(),
            heard: HashMap::new(),
        };
        viewer.set_stamp();
        viewer
    }

    fn set_stamp(&mut self) {
        self.stamp = (self.launch << LAUNCH_SHIFT) | (self.clock << CLOCK_SHIFT) | self.block;
    }

    /// The stamp of a write.
    #[inline(always)]
    pub(crate) fn stamp(&self, strong: bool) -> u32 {
        if strong { self.stamp | STRONG } else { self.stamp }
    }

    /// Whether it may touch what has this stamp; the block whose write stands in the way otherwise.
    #[inline(always)]
    pub(crate) fn may_touch(&self, stamp: u32, strong: bool) -> Result<(), u32> {
        if stamp >> LAUNCH_SHIFT != self.launch || (stamp ^ self.stamp) & BLOCK == 0 {
            return Ok(());
        }
        self.is_published(stamp, strong)
    }

    #[cold]
    fn is_published(&self, stamp: u32, strong: bool) -> Result<(), u32> {
        if strong && stamp & STRONG != 0 {
            return Ok(());
        }
        let (other, clock) = (stamp & BLOCK, stamp >> CLOCK_SHIFT & LAST_CLOCK);
        match self.known.get(&other) {
            Some(&known) if known > clock || known == LAST_CLOCK => Ok(()),
            _ => Err(other),
        }
    }

    /// It writes to global memory.
    #[inline(always)]
    pub(crate) fn writes(&mut self) {
        self.wrote = true;
    }

    /// It executes a fence: what it wrote is published by its next atomic, and what it heard of it may see.
    pub(crate) fn fence(&mut self) {
        if self.wrote {
            self.wrote = false;
            self.clock = (self.clock + 1).min(LAST_CLOCK);
            self.set_stamp();
        }
        for (block, clock) in self.heard.drain() {
            let known = self.known.entry(block).or_default();
            *known = clock.max(*known);
        }
    }

    /// It executes an atomic, or a load or store that is not plain, at an address.
    pub(crate) fn meets(
        &mut self,
        published: &mut HashMap<u64, Clocks>,
        address: u64,
        reads: bool,
        writes: bool,
    ) {
        let clocks = published.entry(address).or_default();
        if reads {
            for (&block, &clock) in clocks.iter().filter(|&(&block, _)| block != self.block) {
                let heard = self.heard.entry(block).or_default();
                *heard = clock.max(*heard);
            }
        }
        if writes {
            for (&block, &clock) in &self.known {
                let published = clocks.entry(block).or_default();
                *published = clock.max(*published);
            }
            if self.clock > 0 {
                clocks.insert(self.block, self.clock);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Launch, OLD, Viewer};

    #[test]
    fn fences_and_atomics_publish_what_came_before() {
        let launch = Launch::new(3);
        let (mut writer, mut reader) = (Viewer::new(&launch, 1), Viewer::new(&launch, 2));
        let word = writer.stamp(false);
        writer.writes();
        assert_eq!(writer.may_touch(word, false), Ok(()));
        assert_eq!(reader.may_touch(word, false), Err(1));
        assert_eq!(reader.may_touch(OLD, false), Ok(()));
        let meet = |viewer: &mut Viewer, address| viewer.meets(&mut launch.lock(), address, true, true);
        // An atomic without a fence before it, and one at another address.
        meet(&mut writer, 8);
        writer.fence();
        let later = writer.stamp(false);
        writer.writes();
        meet(&mut writer, 16);
        meet(&mut reader, 8);
        reader.fence();
        assert_eq!(reader.may_touch(word, false), Err(1));
        // The right one, when a fence has followed; what the writer wrote behind its fence is not published.
        meet(&mut reader, 16);
        assert_eq!(reader.may_touch(word, false), Err(1));
        reader.fence();
        assert_eq!(reader.may_touch(word, false), Ok(()));
        assert_eq!(reader.may_touch(later, false), Err(1));
        // A third block learns it from the second.
        let mut third = Viewer::new(&launch, 3);
        meet(&mut reader, 24);
        meet(&mut third, 24);
        third.fence();
        assert_eq!(third.may_touch(word, false), Ok(()));
    }

    #[test]
    fn atomics_do_not_race_with_each_other() {
        let launch = Launch::new(1);
        let (one, other) = (Viewer::new(&launch, 1), Viewer::new(&launch, 2));
        assert_eq!(other.may_touch(one.stamp(true), true), Ok(()));
        assert_eq!(other.may_touch(one.stamp(true), false), Err(1));
        assert_eq!(other.may_touch(one.stamp(false), true), Err(1));
    }
}
