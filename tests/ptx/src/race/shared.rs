//! Races in shared memory: a stamp of the last write and of the reads of every two bytes.

use crate::fault::Access;

/// Barriers that a stamp can count.
pub(crate) const LAST_BARRIER: u32 = (1 << 14) - 1;

/// Synchronizations of a warp between two barriers that a stamp can count; from there on threads of one warp count as
/// synchronized.
pub(crate) const LAST_TIME: u32 = (1 << 5) - 1;

const THREAD: u32 = (1 << 10) - 1;
const TIME_SHIFT: u32 = 10;
const BARRIER_SHIFT: u32 = 18;
/// Of a write: an atomic.
const ATOMIC: u32 = 1 << 15;
/// Of a write: set in all of them, so that none is zero.
const WRITTEN: u32 = 1 << 16;
/// Of a write: data that has not arrived.
const UNDER_WAY: u32 = 1 << 17;
/// Of a read: more threads of the same warp have read, too.
const LANES: u32 = 1 << 16;
/// Of a read: threads of other warps have read, too.
const WARPS: u32 = 1 << 17;

/// Who touches memory, and when: barriers of the block and synchronizations of the warp since the last.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Now {
    bits: u32,
}

impl Now {
    /// Of the thread 0 of a warp.
    pub(crate) fn new(barrier: u32, time: u32, warp: u32) -> Self {
        Self { bits: (barrier << BARRIER_SHIFT) | (time << TIME_SHIFT) | (warp << 5) }
    }

    /// Of another thread of the same warp.
    #[inline(always)]
    pub(crate) fn of(self, lane: usize) -> Self {
        Self { bits: self.bits | lane as u32 }
    }
}

/// Why an access is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Conflict {
    Unwritten,
    UnderWay { other: u32 },
    Race { other: u32, how: Access },
}

/// What was done to two bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Unit {
    write: u32,
    read: u32,
}

impl Unit {
    pub(crate) fn read(&mut self, now: Now) -> Result<(), Conflict> {
        if self.write == 0 {
            return Err(Conflict::Unwritten);
        }
        self.after_write(now)?;
        self.read = self.read_by(now);
        Ok(())
    }

    /// Whether any thread may read it: it was written before the last barrier, and has arrived.
    #[inline(always)]
    pub(crate) fn is_settled(self, now: Now) -> bool {
        self.write != 0 && self.write & UNDER_WAY == 0 && (self.write ^ now.bits) >> BARRIER_SHIFT != 0
    }

    /// As it is when a thread has read it, that may.
    #[inline(always)]
    pub(crate) fn after_reading(self, now: Now) -> Self {
        Self { write: self.write, read: self.read_by(now) }
    }

    /// The stamp of the reads, when there is another.
    #[inline(always)]
    fn read_by(self, now: Now) -> u32 {
        let (read, new) = (self.read, now.bits);
        let difference = read ^ new;
        if difference >> BARRIER_SHIFT != 0 || read == 0 {
            return new;
        }
        let same_warp = difference & THREAD & !31 == 0;
        let same_time = difference >> TIME_SHIFT & LAST_TIME == 0;
        match () {
            () if read & WARPS != 0 => read,
            () if !same_warp => read | WARPS,
            // What the warp read before it synchronized is in order with all that its threads do now.
            () if !same_time => new,
            () if difference & THREAD == 0 => read,
            () => read | LANES,
        }
    }

    #[inline(always)]
    pub(crate) fn write(&mut self, now: Now) -> Result<(), Conflict> {
        self.after_write(now)?;
        self.after_read(now)?;
        self.write = now.bits | WRITTEN;
        Ok(())
    }

    /// As a write, but not in conflict with other atomics.
    pub(crate) fn atomic(&mut self, now: Now) -> Result<(), Conflict> {
        if self.write == 0 {
            return Err(Conflict::Unwritten);
        }
        if self.write & ATOMIC == 0 {
            self.after_write(now)?;
        }
        self.after_read(now)?;
        self.write = now.bits | WRITTEN | ATOMIC;
        Ok(())
    }

    pub(crate) fn begin_copy(&mut self, now: Now) -> Result<(), Conflict> {
        self.write(now)?;
        self.write |= UNDER_WAY;
        Ok(())
    }

    pub(crate) fn end_copy(&mut self, now: Now) {
        self.write = now.bits | WRITTEN;
    }

    pub(crate) fn forget_time(&mut self) {
        if self.write != 0 {
            self.write = WRITTEN | (self.write & (UNDER_WAY | THREAD));
        }
        self.read = 0;
    }

    #[inline(always)]
    fn after_write(&self, now: Now) -> Result<(), Conflict> {
        let difference = self.write ^ now.bits;
        if self.write & UNDER_WAY != 0 {
            return Err(Conflict::UnderWay { other: self.write & THREAD });
        }
        if difference >> BARRIER_SHIFT == 0
            && difference & THREAD != 0
            && conflicts(difference, now)
            && self.write != 0
        {
            return Err(Conflict::Race { other: self.write & THREAD, how: Access::Write });
        }
        Ok(())
    }

    #[inline(always)]
    fn after_read(&self, now: Now) -> Result<(), Conflict> {
        let difference = self.read ^ now.bits;
        if difference >> BARRIER_SHIFT != 0 || self.read == 0 {
            return Ok(());
        }
        let alone = difference & THREAD == 0 && self.read & LANES == 0;
        if self.read & WARPS != 0 || (!alone && conflicts(difference, now)) {
            return Err(Conflict::Race { other: self.read & THREAD, how: Access::Read });
        }
        Ok(())
    }
}

/// Whether threads whose stamps differ by this since the last barrier are not in order otherwise: they are of different
/// warps, or their warp has not been synchronized since.
#[inline(always)]
fn conflicts(difference: u32, now: Now) -> bool {
    let same_warp = difference & THREAD & !31 == 0;
    let same_time = difference >> TIME_SHIFT & LAST_TIME == 0;
    !same_warp || (same_time && now.bits >> TIME_SHIFT & LAST_TIME != LAST_TIME)
}

#[cfg(test)]
mod tests {
    use super::{Conflict, LAST_TIME, Now, Unit};
    use crate::fault::Access;

    fn written(now: Now) -> Unit {
        let mut unit = Unit::default();
        unit.write(now).unwrap();
        unit
    }

    fn race(other: u32, how: Access) -> Result<(), Conflict> {
        Err(Conflict::Race { other, how })
    }

    /// Thread 3 of warp 1 between the first and the second barrier.
    fn first() -> Now {
        Now::new(1, 0, 1).of(3)
    }

    #[test]
    fn other_warps_wait_for_a_barrier() {
        let unit = written(first());
        let (same_barrier, next) = (Now::new(1, 2, 0).of(3), Now::new(2, 0, 0).of(3));
        assert_eq!({ unit }.read(same_barrier), race(35, Access::Write));
        assert_eq!({ unit }.write(same_barrier), race(35, Access::Write));
        assert_eq!({ unit }.read(next), Ok(()));
        assert_eq!({ unit }.write(next), Ok(()));
        assert_eq!({ unit }.read(first()), Ok(()));
    }

    #[test]
    fn writes_wait_for_all_that_read() {
        let second = Now::new(2, 0, 0);
        let mut unit = written(first());
        unit.read(second.of(4)).unwrap();
        assert_eq!({ unit }.write(second.of(4)), Ok(()));
        assert_eq!({ unit }.write(second.of(5)), race(4, Access::Read));
        assert_eq!({ unit }.write(Now::new(2, 0, 7)), race(4, Access::Read));
        assert_eq!({ unit }.write(Now::new(3, 0, 7)), Ok(()));
        // Its warp has synchronized since; others have not.
        assert_eq!({ unit }.write(Now::new(2, 1, 0).of(5)), Ok(()));
        assert_eq!({ unit }.write(Now::new(2, 1, 1).of(5)), race(4, Access::Read));
        // Two threads of the warp, then two warps have read: even the first's own write is too early.
        unit.read(second.of(6)).unwrap();
        assert_eq!({ unit }.write(second.of(4)), race(4, Access::Read));
        unit.read(Now::new(2, 0, 9)).unwrap();
        assert_eq!({ unit }.write(Now::new(2, 1, 0).of(4)), race(4, Access::Read));
        assert_eq!({ unit }.write(Now::new(2, 0, 9)), race(4, Access::Read));
    }

    #[test]
    fn threads_of_a_warp_wait_for_its_synchronization() {
        let unit = written(first());
        assert_eq!({ unit }.read(Now::new(1, 0, 1).of(4)), race(35, Access::Write));
        assert_eq!({ unit }.read(Now::new(1, 1, 1).of(4)), Ok(()));
        // Where times are no longer counted nothing is claimed.
        let late = written(Now::new(1, LAST_TIME, 1).of(3));
        assert_eq!({ late }.read(Now::new(1, LAST_TIME, 1).of(4)), Ok(()));
    }

    #[test]
    fn copies_are_touched_when_they_have_arrived() {
        let mut unit = Unit::default();
        assert_eq!(unit.read(first()), Err(Conflict::Unwritten));
        unit.begin_copy(first()).unwrap();
        let under_way = Err(Conflict::UnderWay { other: 35 });
        assert_eq!({ unit }.read(first()), under_way);
        assert_eq!({ unit }.write(Now::new(2, 0, 0)), under_way);
        assert!(!unit.is_settled(Now::new(2, 0, 0)));
        unit.forget_time();
        assert_eq!({ unit }.read(first()), under_way);
        unit.end_copy(first());
        assert_eq!({ unit }.read(first()), Ok(()));
        assert_eq!({ unit }.read(Now::new(1, 0, 0)), race(35, Access::Write));
    }

    #[test]
    fn atomics_race_with_what_is_none() {
        let mut unit = written(first());
        let (one, other) = (Now::new(2, 0, 0), Now::new(2, 0, 5));
        unit.atomic(one).unwrap();
        assert_eq!({ unit }.atomic(other), Ok(()));
        assert_eq!({ unit }.read(other), race(0, Access::Write));
        assert_eq!({ unit }.write(other), race(0, Access::Write));
    }
}
