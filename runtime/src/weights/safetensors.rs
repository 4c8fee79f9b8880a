//! Weights in safetensors files. A file is read tensor by tensor, and what its head promises is checked against its
//! length before anything of that size is allocated.

use super::LoadError;
use super::source::{Dtype, Info, Source};
use safetensors::tensor::{Dtype as FileDtype, Metadata};
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

/// The largest head that is read: thousands of tensors take hundreds of kilobytes.
const HEAD_LIMIT: u64 = 32 << 20;

/// Bytes in front of the head: its length.
const PREFIX: u64 = 8;

/// A safetensors file, or the bytes of one.
#[derive(Debug)]
pub struct SafeTensors<'a> {
    names: Vec<String>,
    metadata: Metadata,
    /// Where the numbers start.
    start: u64,
    data: Data<'a>,
}

#[derive(Debug)]
enum Data<'a> {
    Bytes(&'a [u8]),
    File(File, PathBuf),
}

impl SafeTensors<'static> {
    /// Opens a file and reads its head.
    pub fn open(path: &Path) -> Result<SafeTensors<'static>, LoadError> {
        let wrap = |error| LoadError::Read { path: path.to_owned(), error };
        let mut file = File::open(path).map_err(wrap)?;
        let about = file.metadata().map_err(wrap)?;
        if !about.is_file() {
            return Err(wrap(std::io::Error::other("not a file")));
        }
        let mut prefix = Vec::new();
        Read::by_ref(&mut file).take(PREFIX).read_to_end(&mut prefix).map_err(wrap)?;
        let size = head_size(&prefix, about.len())?;
        let mut head = Vec::new();
        Read::by_ref(&mut file).take(size).read_to_end(&mut head).map_err(wrap)?;
        SafeTensors::new(&head, size, about.len(), Data::File(file, path.to_owned()))
    }
}

impl<'a> SafeTensors<'a> {
    /// Reads the head of a file that is in memory.
    pub fn from_bytes(bytes: &'a [u8]) -> Result<SafeTensors<'a>, LoadError> {
        let len = bytes.len() as u64;
        let size = head_size(bytes, len)?;
        let head = range(bytes, PREFIX, size).unwrap_or_default();
        SafeTensors::new(head, size, len, Data::Bytes(bytes))
    }

    fn new(head: &[u8], size: u64, len: u64, data: Data<'a>) -> Result<SafeTensors<'a>, LoadError> {
        let metadata: Metadata =
            serde_json::from_slice(head).map_err(|error| format(&format!("its head is wrong: {error}")))?;
        let start = PREFIX + size;
        let promised = (metadata.data_len() as u64).checked_add(start);
        if promised != Some(len) {
            let promised = promised.map_or("too many".to_owned(), |p| p.to_string());
            return Err(format(&format!("its head promises {promised} bytes, and there are {len}")));
        }
        Ok(SafeTensors { names: metadata.offset_keys(), metadata, start, data })
    }
}

/// The length of the head, from the first bytes of a file of `len` bytes.
fn head_size(bytes: &[u8], len: u64) -> Result<u64, LoadError> {
    let Some(prefix) = bytes.first_chunk() else {
        return Err(format("it ends before its head"));
    };
    let size = u64::from_le_bytes(*prefix);
    if size > HEAD_LIMIT {
        return Err(format(&format!("its head would have {size} bytes")));
    }
    if size > len - PREFIX {
        return Err(format("it ends within its head"));
    }
    Ok(size)
}

/// Bytes `start..start + size`.
fn range(bytes: &[u8], start: u64, size: u64) -> Option<&[u8]> {
    let start = usize::try_from(start).ok()?;
    let size = usize::try_from(size).ok()?;
    bytes.get(start..start.checked_add(size)?)
}

fn format(message: &str) -> LoadError {
    LoadError::Format { message: message.to_owned() }
}

impl Source for SafeTensors<'_> {
    fn names(&self) -> Vec<&str> {
        self.names.iter().map(String::as_str).collect()
    }

    fn info(&self, name: &str) -> Option<Info> {
        let info = self.metadata.info(name)?;
        let dtype = match info.dtype {
            FileDtype::F16 => Dtype::F16,
            FileDtype::BF16 => Dtype::BF16,
            FileDtype::F32 => Dtype::F32,
            FileDtype::F64 => Dtype::F64,
            other => Dtype::Other(format!("{other:?}")),
        };
        Some(Info { dtype, shape: info.shape.clone() })
    }

    fn read(&self, name: &str, start: usize, buffer: &mut [u8]) -> Result<(), LoadError> {
        let ends = || format(&format!("it ends within {}", name.escape_debug()));
        let (from, to) = self.metadata.info(name).map_or((0, 0), |info| info.data_offsets);
        if start.checked_add(buffer.len()).is_none_or(|end| end > to - from) {
            return Err(ends());
        }
        let start = self.start + (from + start) as u64;
        match &self.data {
            Data::Bytes(bytes) => {
                buffer.copy_from_slice(range(bytes, start, buffer.len() as u64).ok_or_else(ends)?);
                Ok(())
            }
            Data::File(file, path) => {
                let mut file = file;
                let read = file.seek(SeekFrom::Start(start)).and_then(|_| file.read_exact(buffer));
                read.map_err(|error| match error.kind() {
                    std::io::ErrorKind::UnexpectedEof => ends(),
                    _ => LoadError::Read { path: path.clone(), error },
                })
            }
        }
    }
}
