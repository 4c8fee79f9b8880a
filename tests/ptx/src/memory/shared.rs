//! Shared memory of a block, every access of which the race detector sees.

use crate::fault::{Access, FaultKind};
use crate::race::{Conflict, Now, Unit};

/// Shared memory.
pub(crate) struct Shared {
    bytes: usize,
    words: Vec<u32>,
    /// Of the two halves of each word.
    units: Vec<[Unit; 2]>,
}

impl Shared {
    pub(crate) fn new(bytes: usize) -> Self {
        let words = bytes.div_ceil(4);
        Self { bytes, words: vec![0; words], units: vec![[Unit::default(); 2]; words] }
    }

    /// As it is when a block begins.
    pub(crate) fn clear(&mut self) {
        self.units.fill([Unit::default(); 2]);
    }

    /// Barriers are counted from one again.
    pub(crate) fn forget_times(&mut self) {
        self.units.iter_mut().flatten().for_each(Unit::forget_time);
    }

    /// Whether an access lies inside and at a multiple of its size.
    #[inline(always)]
    pub(crate) fn check(&self, access: Access, address: u64, bytes: usize) -> Result<usize, FaultKind> {
        let at = address as usize;
        if address < self.bytes as u64 && at + bytes <= self.bytes && at & (bytes - 1) == 0 {
            return Ok(at);
        }
        Err(self.refuse(access, address, bytes))
    }

    #[cold]
    fn refuse(&self, access: Access, address: u64, bytes: usize) -> FaultKind {
        if address < self.bytes as u64 && address as usize + bytes <= self.bytes {
            return FaultKind::Misaligned { access, memory: "shared", address, bytes: bytes as u32 };
        }
        let near = format!(": the block has {} bytes", self.bytes);
        FaultKind::OutOfBounds { access, memory: "shared", address, bytes: bytes as u32, near }
    }

    /// Reads 1, 2 or 4 bytes at what [`Self::check`] gave.
    #[inline(always)]
    pub(crate) fn read(&mut self, at: usize, bytes: usize, now: Now) -> Result<u32, FaultKind> {
        if bytes == 4 {
            let units = &mut self.units[at / 4];
            let [low, high] = *units;
            // Nearly always: both halves were written together, before the last barrier.
            if low == high && low.is_settled(now) {
                let after = low.after_reading(now);
                if after != low {
                    *units = [after; 2];
                }
                return Ok(self.words[at / 4]);
            }
        }
        self.read_rare(at, bytes, now)
    }

    #[inline(never)]
    fn read_rare(&mut self, at: usize, bytes: usize, now: Now) -> Result<u32, FaultKind> {
        let [low, high] = &mut self.units[at / 4];
        if bytes == 4 {
            low.read(now).map_err(|c| fault(c, Access::Read, at))?;
            high.read(now).map_err(|c| fault(c, Access::Read, at + 2))?;
            return Ok(self.words[at / 4]);
        }
        let unit = if at % 4 < 2 { low } else { high };
        unit.read(now).map_err(|c| fault(c, Access::Read, at))?;
        Ok((self.words[at / 4] >> ((at % 4) * 8)) & ((1 << (bytes * 8)) - 1))
    }

    /// Writes 1, 2 or 4 bytes at what [`Self::check`] gave.
    #[inline(always)]
    pub(crate) fn write(&mut self, at: usize, bytes: usize, value: u32, now: Now) -> Result<(), FaultKind> {
        let units = &mut self.units[at / 4];
        if bytes == 4 {
            for unit in units {
                unit.write(now).map_err(|c| fault(c, Access::Write, at))?;
            }
            self.words[at / 4] = value;
            return Ok(());
        }
        units[at % 4 / 2].write(now).map_err(|c| fault(c, Access::Write, at))?;
        let shift = (at % 4) * 8;
        let mask = ((1_u32 << (bytes * 8)) - 1) << shift;
        let word = &mut self.words[at / 4];
        *word = (*word & !mask) | ((value << shift) & mask);
        Ok(())
    }

    /// Applies an atomic to 4 or 8 bytes at what [`Self::check`] gave, and gives what was there.
    pub(crate) fn atomic(
        &mut self,
        at: usize,
        bytes: usize,
        now: Now,
        new: impl FnOnce(u64) -> u64,
    ) -> Result<u64, FaultKind> {
        let (first, count) = (at / 4, bytes / 4);
        for unit in self.units[first..first + count].iter_mut().flatten() {
            unit.atomic(now).map_err(|c| fault(c, Access::Atomic, at))?;
        }
        let high = if count == 2 { u64::from(self.words[first + 1]) << 32 } else { 0 };
        let old = u64::from(self.words[first]) | high;
        let value = new(old);
        self.words[first] = value as u32;
        if count == 2 {
            self.words[first + 1] = (value >> 32) as u32;
        }
        Ok(old)
    }

    /// Begins an asynchronous copy to whole words at what [`Self::check`] gave.
    pub(crate) fn begin_copy(&mut self, at: usize, bytes: usize, now: Now) -> Result<(), FaultKind> {
        for unit in self.units[at / 4..(at + bytes) / 4].iter_mut().flatten() {
            unit.begin_copy(now).map_err(|c| fault(c, Access::Write, at))?;
        }
        Ok(())
    }

    /// The data of an asynchronous copy arrives.
    pub(crate) fn end_copy(&mut self, at: usize, words: &[u32], now: Now) {
        for (index, &word) in words.iter().enumerate() {
            self.words[at / 4 + index] = word;
            self.units[at / 4 + index].iter_mut().for_each(|unit| unit.end_copy(now));
        }
    }
}

#[cold]
fn fault(conflict: Conflict, access: Access, at: usize) -> FaultKind {
    let address = at as u32;
    match conflict {
        Conflict::Unwritten => FaultKind::Unwritten { memory: "shared", address: at as u64 },
        Conflict::UnderWay { other } => FaultKind::CopyUnderWay { access, address, other },
        Conflict::Race { other, how } => FaultKind::SharedRace { access, address, other, how },
    }
}
