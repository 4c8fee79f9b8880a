//! The file that tensors are read from.

use super::{Data, PREFIX, SafeTensors, head_size};
use crate::weights::LoadError;
use std::fs::File;
use std::io::{Error, ErrorKind, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

/// A file whose head was read.
#[derive(Debug)]
pub(super) struct Tensors {
    file: File,
    path: PathBuf,
}

impl SafeTensors<'static> {
    /// Opens a file and reads its head.
    pub fn open(path: &Path) -> Result<SafeTensors<'static>, LoadError> {
        let wrap = |error| LoadError::Read { path: path.to_owned(), error };
        let mut file = File::open(path).map_err(wrap)?;
        let about = file.metadata().map_err(wrap)?;
        if !about.is_file() {
            return Err(wrap(Error::other("not a file")));
        }
        let mut prefix = Vec::new();
        Read::by_ref(&mut file).take(PREFIX).read_to_end(&mut prefix).map_err(wrap)?;
        let size = head_size(&prefix, about.len())?;
        let mut head = Vec::new();
        Read::by_ref(&mut file).take(size).read_to_end(&mut head).map_err(wrap)?;
        SafeTensors::new(&head, size, about.len(), Data::File(Tensors { file, path: path.to_owned() }))
    }
}

impl Tensors {
    /// Fills the buffer with what starts at this byte; false where the file ends before.
    pub(super) fn read(&self, start: u64, buffer: &mut [u8]) -> Result<bool, LoadError> {
        let mut file = &self.file;
        match file.seek(SeekFrom::Start(start)).and_then(|_| file.read_exact(buffer)) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => Ok(false),
            Err(error) => Err(LoadError::Read { path: self.path.clone(), error }),
        }
    }
}
