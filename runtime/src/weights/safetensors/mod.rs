//! Weights in safetensors files. A file is read tensor by tensor, and what its head promises is checked against its
//! length before anything of that size is allocated.

#[cfg(feature = "std")]
mod file;

use super::LoadError;
use super::packed;
use super::source::{Dtype, Info, Source};
use alloc::borrow::ToOwned;
use alloc::collections::BTreeMap;
use alloc::collections::btree_map::Entry;
use alloc::format;
use alloc::string::String;
use alloc::string::ToString;
use alloc::vec::Vec;
use core::fmt;
use safetensors::tensor::{Dtype as FileDtype, TensorInfo};
use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, Visitor};

/// The largest head that is read: thousands of tensors take hundreds of kilobytes.
const HEAD_LIMIT: u64 = 32 << 20;

/// Bytes in front of the head: its length.
const PREFIX: u64 = 8;

/// A safetensors file, or the bytes of one.
#[derive(Debug)]
pub struct SafeTensors<'a> {
    tensors: BTreeMap<String, TensorInfo>,
    /// Where the numbers start.
    start: u64,
    data: Data<'a>,
}

#[derive(Debug)]
enum Data<'a> {
    Bytes(&'a [u8]),
    #[cfg(feature = "std")]
    File(file::Tensors),
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
        if head.len() as u64 != size {
            return Err(refusal("it ends within its head"));
        }
        let tensors = parse(head).map_err(|error| refusal(&format!("its head is wrong: {error}")))?;
        let start = PREFIX + size;
        let promised = tensors.values().map(|info| info.data_offsets.1).max().unwrap_or(0);
        let promised = (promised as u64).checked_add(start);
        if promised != Some(len) {
            let promised = promised.map_or("too many".to_owned(), |p| p.to_string());
            return Err(refusal(&format!("its head promises {promised} bytes, and there are {len}")));
        }
        Ok(SafeTensors { tensors, start, data })
    }
}

/// What the head says, if it is one: every tensor once, and their bytes one behind the other, each as many as its shape and
/// type take.
fn parse(head: &[u8]) -> Result<BTreeMap<String, TensorInfo>, String> {
    let Tensors(mut all) = serde_json::from_slice(head).map_err(|error| error.to_string())?;
    all.sort_by_key(|(_, info)| info.data_offsets);
    let mut tensors = BTreeMap::new();
    let mut end = 0;
    for (name, info) in all {
        let entry = match tensors.entry(name) {
            Entry::Vacant(entry) => entry,
            Entry::Occupied(entry) => return Err(format!("it has {} twice", entry.key().escape_debug())),
        };
        let (from, to) = info.data_offsets;
        let bits = info.shape.iter().try_fold(info.dtype.bitsize(), |bits, &n| bits.checked_mul(n));
        let wrong = match from {
            _ if to < from => Some("end before they start"),
            _ if from < end => Some("overlap those of another tensor"),
            _ if from > end => Some("leave a gap in front of them"),
            _ if bits.is_none() || bits != (to - from).checked_mul(8) => {
                Some("are not as many as its shape and type take")
            }
            _ => None,
        };
        if let Some(wrong) = wrong {
            let name = entry.key().escape_debug();
            return Err(format!("the bytes of {name}, {from} to {to}, {wrong}"));
        }
        end = to;
        entry.insert(info);
    }
    Ok(tensors)
}

/// The tensors of a head in its order. A map would keep the last of a name only.
struct Tensors(Vec<(String, TensorInfo)>);

impl<'de> Deserialize<'de> for Tensors {
    fn deserialize<D: Deserializer<'de>>(head: D) -> Result<Tensors, D::Error> {
        struct Entries;

        impl<'de> Visitor<'de> for Entries {
            type Value = Tensors;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("tensors by name")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Tensors, A::Error> {
                let mut tensors = Vec::new();
                while let Some(name) = map.next_key::<String>()? {
                    if name == "__metadata__" {
                        map.next_value::<IgnoredAny>()?;
                    } else {
                        tensors.push((name, map.next_value()?));
                    }
                }
                Ok(Tensors(tensors))
            }
        }

        head.deserialize_map(Entries)
    }
}

/// The length of the head, from the first bytes of a file of `len` bytes.
fn head_size(bytes: &[u8], len: u64) -> Result<u64, LoadError> {
    let Some(prefix) = bytes.first_chunk() else {
        return Err(refusal("it ends before its head"));
    };
    let size = u64::from_le_bytes(*prefix);
    if size > HEAD_LIMIT {
        return Err(match other_kind(bytes) {
            Some(kind) => refusal(kind),
            None => refusal(&format!("its head would have {size} bytes")),
        });
    }
    if size > len.saturating_sub(PREFIX) {
        return Err(refusal("it ends within its head"));
    }
    Ok(size)
}

/// What files are that people mistake for safetensors, and what to do.
fn other_kind(bytes: &[u8]) -> Option<&'static str> {
    const KINDS: [(&[u8], &str); 3] = [
        (&packed::MAGIC, "it holds packed weights, which `load_packed` reads"),
        (
            b"PK",
            "it is an archive, as PyTorch and Keras write; save its tensors with the safetensors library",
        ),
        (b"\x89HDF", "it is HDF5, as Keras writes; save its tensors with the safetensors library"),
    ];
    KINDS.iter().find(|(start, _)| bytes.starts_with(start)).map(|(_, kind)| *kind)
}

/// Bytes `start..start + size`.
fn range(bytes: &[u8], start: u64, size: u64) -> Option<&[u8]> {
    let start = usize::try_from(start).ok()?;
    let size = usize::try_from(size).ok()?;
    bytes.get(start..start.checked_add(size)?)
}

fn refusal(message: &str) -> LoadError {
    LoadError::Format { message: message.to_owned() }
}

impl Source for SafeTensors<'_> {
    fn names(&self) -> Vec<&str> {
        self.tensors.keys().map(String::as_str).collect()
    }

    fn info(&self, name: &str) -> Option<Info> {
        let info = self.tensors.get(name)?;
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
        let ends = || refusal(&format!("it ends within {}", name.escape_debug()));
        let (from, to) = self.tensors.get(name).map_or((0, 0), |info| info.data_offsets);
        if start.checked_add(buffer.len()).is_none_or(|end| end > to - from) {
            return Err(ends());
        }
        let start = self.start + (from + start) as u64;
        match &self.data {
            Data::Bytes(bytes) => {
                buffer.copy_from_slice(range(bytes, start, buffer.len() as u64).ok_or_else(ends)?);
                Ok(())
            }
            #[cfg(feature = "std")]
            Data::File(file) => {
                file.read(start, buffer).and_then(|whole| whole.then_some(()).ok_or_else(ends))
            }
        }
    }
}
