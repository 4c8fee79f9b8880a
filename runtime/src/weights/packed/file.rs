//! Packed weights in files.

use super::{Head, check, finish, head, head_len};
use crate::spec::Network;
use crate::sys::{Arena, as_bytes, as_bytes_mut};
use crate::weights::{LoadError, Weights};
use core::fmt;
use core::sync::atomic::{AtomicU64, Ordering};
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

/// Writes a file next to its place, then moves it there: a reader finds the old one or the new one, never a part.
pub(crate) fn save(network: &Network, numbers: &[f32], path: &Path) -> Result<(), SaveError> {
    let temporary = beside(path);
    let written = write(network, numbers, &temporary).and_then(|()| std::fs::rename(&temporary, path));
    written.map_err(|error| {
        // Where it was not even made, there is nothing to remove.
        let _ = std::fs::remove_file(&temporary);
        SaveError { path: path.to_owned(), error }
    })
}

/// A name in the same folder that nobody else has.
fn beside(path: &Path) -> PathBuf {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let mut name = std::ffi::OsString::from(".");
    name.push(path.file_name().unwrap_or_default());
    name.push(format!(".{}-{count}.tmp", std::process::id()));
    path.with_file_name(name)
}

fn write(network: &Network, numbers: &[f32], path: &Path) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).open(path)?;
    file.write_all(&head(network, numbers))?;
    if cfg!(target_endian = "little") {
        file.write_all(as_bytes(numbers))?;
    } else {
        let mut file = io::BufWriter::new(&mut file);
        numbers.iter().try_for_each(|number| file.write_all(&number.to_le_bytes()))?;
        file.flush()?;
    }
    // Before it gets its name, so that a machine that goes down leaves no file of zeros under it.
    file.sync_all()
}

/// Reads a file into memory of its own and compares it with its hash.
pub(crate) fn read(network: &Network, path: &Path) -> Result<Weights, LoadError> {
    let (mut file, head) = open(network, path)?;
    let mut numbers = Arena::zeroed(network.weights_size);
    file.read_exact(as_bytes_mut(&mut numbers)).map_err(|error| failed(path, error))?;
    finish(head, numbers).map_err(LoadError::Packed)
}

/// Maps a file, its hash unseen; reads it where files cannot be mapped.
#[cfg(all(unix, target_pointer_width = "64", target_endian = "little"))]
pub(crate) fn map(network: &Network, path: &Path) -> Result<Weights, LoadError> {
    use crate::sys::{Mapping, as_numbers};

    let (file, head) = open(network, path)?;
    let len = head.len + size_of::<f32>() * network.weights_size;
    match Mapping::new(&file, len) {
        Ok(mapping) if as_numbers(&mapping[head.len..]).is_some() => {
            Ok(Weights::Mapped { mapping, start: head.len })
        }
        _ => read(network, path),
    }
}

/// Files are not mapped here, but read.
#[cfg(not(all(unix, target_pointer_width = "64", target_endian = "little")))]
pub(crate) fn map(network: &Network, path: &Path) -> Result<Weights, LoadError> {
    read(network, path)
}

/// Opens a file, and checks its head and its length. What is read next are the numbers.
fn open(network: &Network, path: &Path) -> Result<(File, Head), LoadError> {
    let failed = |error| failed(path, error);
    let mut file = File::open(path).map_err(failed)?;
    let about = file.metadata().map_err(failed)?;
    if !about.is_file() {
        return Err(failed(io::Error::other("not a file")));
    }
    let mut bytes = Vec::new();
    let mut read = |len: usize, bytes: &mut Vec<u8>| {
        let more = len - bytes.len().min(len);
        Read::by_ref(&mut file).take(more as u64).read_to_end(bytes)
    };
    read(head_len(&bytes), &mut bytes).map_err(failed)?;
    read(head_len(&bytes), &mut bytes).map_err(failed)?;
    let head = check(network, &bytes, about.len()).map_err(LoadError::Packed)?;
    Ok((file, head))
}

fn failed(path: &Path, error: io::Error) -> LoadError {
    LoadError::Read { path: path.to_owned(), error }
}

/// Packed weights could not be written.
#[derive(Debug)]
pub struct SaveError {
    /// Where to.
    pub path: PathBuf,
    /// Why not.
    pub error: std::io::Error,
}

impl fmt::Display for SaveError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cannot write {}: {}", self.path.display(), self.error)
    }
}

impl core::error::Error for SaveError {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        Some(&self.error)
    }
}
