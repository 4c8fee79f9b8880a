//! Files in the address space: their pages are read when they are touched, and shared between processes.

use core::ffi::{c_int, c_void};
use core::ops::Deref;
use core::ptr::{self, NonNull};
use std::fs::File;
use std::io;
use std::os::fd::AsRawFd;

const PROT_READ: c_int = 1;
const MAP_PRIVATE: c_int = 2;

// These are what Unix systems with 64-bit pointers have; the module is compiled there only.
unsafe extern "C" {
    fn mmap(
        at: *mut c_void,
        len: usize,
        protection: c_int,
        flags: c_int,
        fd: c_int,
        offset: i64,
    ) -> *mut c_void;
    fn munmap(at: *mut c_void, len: usize) -> c_int;
}

/// The bytes of a file, at the start of a page.
///
/// Nobody may shorten the file meanwhile: a process that touches a page that has gone gets a signal. What another process
/// writes into the file may be seen here or not.
#[derive(Debug)]
pub(crate) struct Mapping {
    start: NonNull<u8>,
    len: usize,
}

// Safety: the pages are only read.
unsafe impl Send for Mapping {}

// Safety: as above.
unsafe impl Sync for Mapping {}

impl Mapping {
    /// Maps the first `len` bytes of a file, at least one.
    pub(crate) fn new(file: &File, len: usize) -> io::Result<Mapping> {
        // Safety: the system picks addresses that nothing else has.
        let start = unsafe { mmap(ptr::null_mut(), len, PROT_READ, MAP_PRIVATE, file.as_raw_fd(), 0) };
        // Failure is -1, which no mapping starts at.
        if start.addr() == usize::MAX {
            return Err(io::Error::last_os_error());
        }
        NonNull::new(start.cast())
            .map(|start| Mapping { start, len })
            .ok_or_else(|| io::Error::other("a mapping at address 0"))
    }
}

impl Deref for Mapping {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        // Safety: that many bytes are mapped for reading until `self` is dropped.
        unsafe { core::slice::from_raw_parts(self.start.as_ptr(), self.len) }
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        // Safety: mapped in `new` with this length, and nobody borrows it any more.
        unsafe { munmap(self.start.as_ptr().cast(), self.len) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_those_of_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("bytes");
        let bytes: Vec<u8> = (0..100_000_u32).map(|i| (i % 251) as u8).collect();
        std::fs::write(&path, &bytes).unwrap();
        let mapping = Mapping::new(&File::open(&path).unwrap(), bytes.len()).unwrap();
        // The file lives as long as somebody has it.
        std::fs::remove_file(&path).unwrap();
        assert_eq!(*mapping, bytes);
        assert_eq!(mapping.as_ptr().addr() % 4096, 0);
    }

    #[test]
    fn what_cannot_be_mapped_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        assert!(Mapping::new(&File::open(folder.path()).unwrap(), 10).is_err());
    }
}
