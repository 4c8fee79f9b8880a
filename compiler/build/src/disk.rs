//! Files from disk, and which of them were read.

use archc_core::expand::{Files, ReadError};
use std::io::Read as _;
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
        /// More than the compiler takes, so that it says what is too large; what is behind is not worth its memory.
        const LIMIT: u64 = 2 << 20;
        // A pipe or a device may never end.
        if !std::fs::metadata(path)?.is_file() {
            return Err(ReadError::Other("it is not a file".to_owned()));
        }
        let mut bytes = Vec::new();
        std::fs::File::open(path)?.take(LIMIT).read_to_end(&mut bytes)?;
        self.read.push(PathBuf::from(path));
        Ok(bytes)
    }
}
