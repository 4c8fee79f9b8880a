//! Local memory of a warp's threads: arrays and registers that were spilled.

use crate::fault::{Access, FaultKind};

/// A word of each thread after another.
pub(crate) struct Local {
    bytes: usize,
    words: Vec<[u32; 32]>,
    /// Which threads have written the word.
    written: Vec<u32>,
}

impl Local {
    pub(crate) fn new(bytes: usize) -> Self {
        let words = bytes.div_ceil(4);
        Self { bytes, words: vec![[0; 32]; words], written: vec![0; words] }
    }

    pub(crate) fn clear(&mut self) {
        self.written.fill(0);
    }

    fn check(&self, access: Access, address: u64, bytes: usize) -> Result<usize, FaultKind> {
        match usize::try_from(address) {
            Ok(at) if at.checked_add(bytes).is_some_and(|end| end <= self.bytes) => Ok(at),
            _ => Err(FaultKind::OutOfBounds {
                access,
                memory: "local",
                address,
                bytes: bytes as u32,
                near: format!(": a thread has {} bytes", self.bytes),
            }),
        }
    }

    /// Reads 1, 2 or 4 bytes at a multiple of them.
    pub(crate) fn read(&self, address: u64, bytes: usize, lane: usize) -> Result<u32, FaultKind> {
        let at = self.check(Access::Read, address, bytes)?;
        if self.written[at / 4] >> lane & 1 == 0 {
            return Err(FaultKind::Unwritten { memory: "local", address });
        }
        let value = self.words[at / 4][lane] >> ((at % 4) * 8);
        Ok(if bytes == 4 { value } else { value & ((1 << (bytes * 8)) - 1) })
    }

    /// Writes 1, 2 or 4 bytes at a multiple of them.
    pub(crate) fn write(
        &mut self,
        address: u64,
        bytes: usize,
        lane: usize,
        value: u32,
    ) -> Result<(), FaultKind> {
        let at = self.check(Access::Write, address, bytes)?;
        let mask = if bytes == 4 { u32::MAX } else { ((1 << (bytes * 8)) - 1) << ((at % 4) * 8) };
        let word = &mut self.words[at / 4][lane];
        *word = (*word & !mask) | ((value << ((at % 4) * 8)) & mask);
        self.written[at / 4] |= 1 << lane;
        Ok(())
    }
}
