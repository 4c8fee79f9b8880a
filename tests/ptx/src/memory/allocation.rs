//! Device memory: allocations, which bytes of them have been written, and by which block of the launch that runs.

use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use crate::fault::{Access, FaultKind};
use crate::race::{OLD, UNWRITTEN, Viewer};

/// A piece of device memory.
///
/// Its words are atomics, as blocks run in parallel and a faulty kernel's may touch the same; all accesses are relaxed,
/// and what the kernel's own atomics order, the launch orders by a lock.
pub(crate) struct Allocation {
    base: u64,
    bytes: usize,
    words: Box<[AtomicU32]>,
    /// A stamp for each half of each word, the lower half's in the lower bits. It is there as soon as a kernel has
    /// written or the host a part: inputs and weights do without.
    stamps: OnceLock<Box<[AtomicU64]>>,
    /// The host wrote all of it before there were stamps.
    filled: AtomicBool,
}

const BOTH: u64 = (1 << 32) | 1;

impl Allocation {
    pub(crate) fn new(base: u64, bytes: usize) -> Self {
        let words = (0..bytes.div_ceil(4)).map(|_| AtomicU32::new(0)).collect();
        Self { base, bytes, words, stamps: OnceLock::new(), filled: AtomicBool::new(false) }
    }

    pub(crate) fn base(&self) -> u64 {
        self.base
    }

    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Offset of an access that lies inside.
    #[inline(always)]
    pub(crate) fn offset(&self, address: u64, bytes: usize) -> Option<usize> {
        let offset = address.wrapping_sub(self.base);
        (offset < self.bytes as u64 && offset as usize + bytes <= self.bytes).then_some(offset as usize)
    }

    fn stamps(&self) -> &[AtomicU64] {
        self.stamps.get_or_init(|| {
            let initial = if self.filled.load(Ordering::Relaxed) { u64::from(OLD) * BOTH } else { 0 };
            (0..self.words.len()).map(|_| AtomicU64::new(initial)).collect()
        })
    }

    /// What launches before wrote is old from here on.
    pub(crate) fn age(&self) {
        for stamp in self.stamps.get().into_iter().flatten() {
            let both = stamp.load(Ordering::Relaxed);
            let old = |half: u64| if half as u32 == UNWRITTEN { 0 } else { u64::from(OLD) };
            stamp.store(old(both & 0xffff_ffff) | (old(both >> 32) << 32), Ordering::Relaxed);
        }
    }

    /// Copies what the host gives to `offset`; it must fit.
    pub(crate) fn host_write(&self, offset: usize, data: &[u8]) {
        let whole = offset == 0 && data.len() == self.bytes;
        if whole && self.stamps.get().is_none() {
            self.filled.store(true, Ordering::Relaxed);
        } else {
            let stamps = self.stamps();
            let (first, last) = (offset / 2, (offset + data.len()).div_ceil(2));
            for half in first..last {
                let shift = (half % 2) * 32;
                let stamp = &stamps[half / 2];
                let other = stamp.load(Ordering::Relaxed) & !(0xffff_ffff << shift);
                stamp.store(other | (u64::from(OLD) << shift), Ordering::Relaxed);
            }
        }
        let mut at = offset;
        let mut data = data;
        while !data.is_empty() {
            let word = &self.words[at / 4];
            if at.is_multiple_of(4) && data.len() >= 4 {
                word.store(u32::from_le_bytes([data[0], data[1], data[2], data[3]]), Ordering::Relaxed);
                (at, data) = (at + 4, &data[4..]);
            } else {
                let shift = (at % 4) * 8;
                let other = word.load(Ordering::Relaxed) & !(0xff << shift);
                word.store(other | (u32::from(data[0]) << shift), Ordering::Relaxed);
                (at, data) = (at + 1, &data[1..]);
            }
        }
    }

    /// Copies from `offset` to the host.
    ///
    /// # Errors
    /// The first byte that nothing wrote.
    pub(crate) fn host_read(&self, offset: usize, data: &mut [u8]) -> Result<(), u64> {
        for half in offset / 2..(offset + data.len()).div_ceil(2) {
            let stamp = match self.stamps.get() {
                Some(stamps) => stamps[half / 2].load(Ordering::Relaxed),
                None => u64::from(self.filled.load(Ordering::Relaxed)) * BOTH,
            };
            if (stamp >> ((half % 2) * 32)) as u32 == UNWRITTEN {
                return Err(self.base + half as u64 * 2);
            }
        }
        for (byte, at) in data.iter_mut().zip(offset..) {
            *byte = (self.words[at / 4].load(Ordering::Relaxed) >> ((at % 4) * 8)) as u8;
        }
        Ok(())
    }

    /// Reads 1, 2 or 4 bytes at an offset that is a multiple of them.
    #[inline(always)]
    pub(crate) fn read(
        &self,
        offset: usize,
        bytes: usize,
        viewer: &Viewer,
        strong: bool,
    ) -> Result<u32, FaultKind> {
        let word = offset / 4;
        match self.stamps.get() {
            None if self.filled.load(Ordering::Relaxed) => {}
            None => return Err(self.unwritten(offset)),
            Some(stamps) => {
                let both = stamps[word].load(Ordering::Relaxed);
                let half = (both >> ((offset % 4 / 2) * 32)) as u32;
                self.may_read(half, offset, viewer, strong)?;
                if bytes == 4 && (both >> 32) as u32 != half {
                    self.may_read((both >> 32) as u32, offset + 2, viewer, strong)?;
                }
            }
        }
        let value = self.words[word].load(Ordering::Relaxed) >> ((offset % 4) * 8);
        Ok(if bytes == 4 { value } else { value & ((1 << (bytes * 8)) - 1) })
    }

    #[inline(always)]
    fn may_read(&self, stamp: u32, offset: usize, viewer: &Viewer, strong: bool) -> Result<(), FaultKind> {
        if stamp == UNWRITTEN {
            return Err(self.unwritten(offset));
        }
        viewer.may_touch(stamp, strong).map_err(|other| self.race(Access::Read, offset, other))
    }

    /// Writes 1, 2 or 4 bytes at an offset that is a multiple of them.
    #[inline(always)]
    pub(crate) fn write(
        &self,
        offset: usize,
        bytes: usize,
        value: u32,
        viewer: &Viewer,
        strong: bool,
    ) -> Result<(), FaultKind> {
        let word = offset / 4;
        let stamp = &self.stamps()[word];
        let new = viewer.stamp(strong);
        let check =
            |old: u32, at| viewer.may_touch(old, strong).map_err(|other| self.race(Access::Write, at, other));
        if bytes == 4 {
            let both = stamp.load(Ordering::Relaxed);
            check(both as u32, offset)?;
            check((both >> 32) as u32, offset + 2)?;
            stamp.store(u64::from(new) * BOTH, Ordering::Relaxed);
            self.words[word].store(value, Ordering::Relaxed);
            return Ok(());
        }
        // Another block may write the other half at the same time.
        let shift = (offset % 4 / 2) * 32;
        let update = |both: u64| (both & !(0xffff_ffff << shift)) | (u64::from(new) << shift);
        let before = stamp.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |both| Some(update(both)));
        let (Ok(before) | Err(before)) = before;
        check((before >> shift) as u32, offset)?;
        let (mask, shift) = (((1_u32 << (bytes * 8)) - 1) << ((offset % 4) * 8), (offset % 4) * 8);
        let update = |word: u32| (word & !mask) | ((value << shift) & mask);
        let _ =
            self.words[word].fetch_update(Ordering::Relaxed, Ordering::Relaxed, |word| Some(update(word)));
        Ok(())
    }

    /// Applies an atomic to 4 or 8 bytes and gives what was there. The caller holds the launch's lock for atomics.
    pub(crate) fn atomic(
        &self,
        offset: usize,
        bytes: usize,
        viewer: &Viewer,
        new: impl FnOnce(u64) -> u64,
    ) -> Result<u64, FaultKind> {
        let stamps = self.stamps();
        let (first, count) = (offset / 4, bytes / 4);
        for stamp in &stamps[first..first + count] {
            let both = stamp.load(Ordering::Relaxed);
            for half in [both as u32, (both >> 32) as u32] {
                if half == UNWRITTEN {
                    return Err(self.unwritten(offset));
                }
                viewer.may_touch(half, true).map_err(|other| self.race(Access::Atomic, offset, other))?;
            }
            stamp.store(u64::from(viewer.stamp(true)) * BOTH, Ordering::Relaxed);
        }
        let load = |at: usize| u64::from(self.words[at].load(Ordering::Relaxed));
        let old = load(first) | if count == 2 { load(first + 1) << 32 } else { 0 };
        let value = new(old);
        self.words[first].store(value as u32, Ordering::Relaxed);
        if count == 2 {
            self.words[first + 1].store((value >> 32) as u32, Ordering::Relaxed);
        }
        Ok(old)
    }

    fn unwritten(&self, offset: usize) -> FaultKind {
        FaultKind::Unwritten { memory: "global", address: self.base + offset as u64 }
    }

    fn race(&self, access: Access, offset: usize, other: u32) -> FaultKind {
        FaultKind::GlobalRace { access, address: self.base + offset as u64, other }
    }
}

/// The allocations of a device, by address.
#[derive(Clone, Default)]
pub(crate) struct Map {
    sorted: Vec<Arc<Allocation>>,
}

impl Map {
    pub(crate) fn insert(&mut self, allocation: Allocation) {
        let at = self.sorted.partition_point(|a| a.base < allocation.base);
        self.sorted.insert(at, Arc::new(allocation));
    }

    /// Takes away the allocation that begins at an address.
    pub(crate) fn remove(&mut self, base: u64) -> Option<Arc<Allocation>> {
        let at = self.sorted.iter().position(|a| a.base == base)?;
        Some(self.sorted.remove(at))
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Arc<Allocation>> {
        self.sorted.iter()
    }

    /// The allocation that an access lies in, with its offset.
    pub(crate) fn find(&self, address: u64, bytes: usize) -> Option<(&Arc<Allocation>, usize)> {
        let at = self.sorted.partition_point(|a| a.base <= address).checked_sub(1)?;
        let allocation = &self.sorted[at];
        Some((allocation, allocation.offset(address, bytes)?))
    }

    /// Why there is nothing at an address, in words.
    pub(crate) fn out_of_bounds(&self, access: Access, address: u64, bytes: usize) -> FaultKind {
        let near = match self.sorted.partition_point(|a| a.base <= address).checked_sub(1) {
            Some(at) => {
                let allocation = &self.sorted[at];
                let beyond = address - allocation.base;
                format!(": byte {beyond} of an allocation of {} bytes", allocation.bytes)
            }
            None => String::new(),
        };
        FaultKind::OutOfBounds { access, memory: "global", address, bytes: bytes as u32, near }
    }
}
