//! Files from disk, and which of them were read.

use archc_core::expand::{Files, ReadError};
use std::path::PathBuf;

/// Reads what the compiler asks for, and remembers it.
#[derive(Clone, Debug, Default)]
pub struct Disk {
    read: Vec<PathBuf>,
}

impl Disk {
    /// Every file that was there, in the order in which they were read.
    pub fn into_read(self) -> Vec<PathBuf> {
        self.read
    }
}

impl Files for Disk {
    fn read(&mut self, path: &str) -> Result<Vec<u8>, ReadError> {
        /// More than the compiler takes; a larger file is not worth its memory.
        const LIMIT: u64 = 16 << 20;
        let size = std::fs::metadata(path)?.len();
        if size > LIMIT {
            return Err(ReadError::Other(format!("it has {size} bytes, too many for a network")));
        }
        let bytes = std::fs::read(path)?;
        self.read.push(PathBuf::from(path));
        Ok(bytes)
    }
}
