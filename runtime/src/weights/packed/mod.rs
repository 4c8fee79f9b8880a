//! Packed weights as bytes: what a model packed once, to be used again without packing.
//!
//! A head, then the numbers as they lie in memory, little-endian. The head is a multiple of 64 bytes, so that numbers which
//! are mapped into memory start at a cache line:
//!
//! ```text
//! 0   "\x89archcP\n"
//! 8   version of the format and of all layouts    u32
//! 12  length of the head                          u32
//! 16  fingerprint of the network's tables         u64
//! 24  count of the numbers                        u64
//! 32  hash of the numbers                         u64
//! 40  hash of the head, these bytes left out      u64
//! 48  length of the network's name                u32
//! 52  the network's name, then zeros
//! ```
//!
//! The hashes find damage, not malice: who can write the file can choose the numbers. Whatever the bytes are, reading them is
//! safe; the worst of a well-formed file is that its numbers are others.

mod error;
#[cfg(feature = "std")]
mod file;
mod fingerprint;
mod hash;

use alloc::string::String;
use alloc::vec::Vec;
pub use error::PackedError;
#[cfg(feature = "std")]
pub use file::SaveError;
#[cfg(feature = "std")]
pub(crate) use file::{map, read, save};

use super::Weights;
use crate::spec::Network;
use crate::sys::{Arena, as_bytes, as_bytes_mut, as_numbers};
#[cfg(feature = "cuda")]
pub(crate) use hash::Hash;
#[cfg(not(feature = "cuda"))]
use hash::Hash;

/// The version of the format and of the layouts of [`Pack`](super::spec::Pack). It grows whenever the same tensors are
/// packed to other numbers than before; a test notices that.
pub const VERSION: u32 = 1;

/// Not text, and damaged by what changes the ends of lines.
pub(super) const MAGIC: [u8; 8] = *b"\x89archcP\n";

/// Where the head's own hash stands.
const HEAD_HASH: usize = 40;

/// A head is whole cache lines.
const LINE: usize = 64;

/// Bytes in front of the name.
const FIXED: usize = 52;

/// The longest head: names have an end.
const LONGEST: usize = 64 << 10;

/// A head that fits its network, and what it says of the numbers behind it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Head {
    len: usize,
    hash: u64,
}

/// The head of these numbers.
fn head(network: &Network, numbers: &[f32]) -> Vec<u8> {
    let name = network.name.as_bytes();
    let mut head = MAGIC.to_vec();
    let len = (FIXED + name.len()).next_multiple_of(LINE);
    head.extend(VERSION.to_le_bytes());
    head.extend((len as u32).to_le_bytes());
    head.extend(fingerprint::fingerprint(network).to_le_bytes());
    head.extend((numbers.len() as u64).to_le_bytes());
    head.extend(hash::numbers(numbers).to_le_bytes());
    head.extend([0; 8]);
    head.extend((name.len() as u32).to_le_bytes());
    head.extend(name);
    head.resize(len, 0);
    let hash = hash_of_head(&head);
    head[HEAD_HASH..HEAD_HASH + 8].copy_from_slice(&hash.to_le_bytes());
    head
}

fn hash_of_head(head: &[u8]) -> u64 {
    Hash::new().bytes(&head[..HEAD_HASH]).bytes(&head[HEAD_HASH + 8..]).value()
}

/// Checks the head at the start of bytes, or of a part of them that holds it: that it is whole, of this network, and promises
/// as many bytes as there are, `len`.
fn check(network: &Network, bytes: &[u8], len: u64) -> Result<Head, PackedError> {
    let word = |at: usize| bytes[at..].first_chunk().map_or(0, |word| u32::from_le_bytes(*word));
    let long = |at: usize| bytes[at..].first_chunk().map_or(0, |word| u64::from_le_bytes(*word));
    if !bytes.starts_with(&MAGIC) {
        return Err(PackedError::Magic { safetensors: bytes.get(8) == Some(&b'{') });
    }
    if bytes.len() < LINE {
        return Err(PackedError::Cut { len, promised: LINE as u64 });
    }
    let version = word(8);
    if version != VERSION {
        return Err(PackedError::Version { found: version });
    }
    let head_len = head_len(bytes);
    let Some(head) = bytes.get(..head_len) else {
        return Err(PackedError::Cut { len, promised: head_len as u64 });
    };
    let name = head.get(FIXED..).and_then(|rest| rest.get(..word(48) as usize));
    let (Some(name), true) = (name, long(HEAD_HASH) == hash_of_head(head)) else {
        return Err(PackedError::Head);
    };
    if name != network.name.as_bytes() {
        let found = String::from_utf8_lossy(name).into_owned();
        return Err(PackedError::Network { found, expected: network.name });
    }
    if long(16) != fingerprint::fingerprint(network) || long(24) != network.weights_size as u64 {
        return Err(PackedError::Tables { network: network.name });
    }
    let promised = head_len as u64 + size_of::<f32>() as u64 * long(24);
    if promised != len {
        return Err(PackedError::Cut { len, promised });
    }
    Ok(Head { len: head_len, hash: long(32) })
}

/// The length of the head that the first bytes promise, if it is one that a head may have, else that of the shortest one.
fn head_len(bytes: &[u8]) -> usize {
    let len =
        bytes.get(12..16).and_then(<[u8]>::first_chunk).map_or(0, |len| u32::from_le_bytes(*len) as usize);
    if len.is_multiple_of(LINE) && (LINE..=LONGEST).contains(&len) { len } else { LINE }
}

/// A copy of the numbers of packed weights, compared with their hash.
pub(crate) fn copy(network: &Network, bytes: &[u8]) -> Result<Weights, PackedError> {
    let head = check(network, bytes, bytes.len() as u64)?;
    let mut arena = Arena::zeroed(network.weights_size);
    as_bytes_mut(&mut arena).copy_from_slice(&bytes[head.len..]);
    finish(head, arena)
}

/// Packed weights where they are, their hash unseen; a copy where they do not start at a number's alignment.
pub(crate) fn borrow(network: &Network, bytes: &'static [u8]) -> Result<Weights, PackedError> {
    let head = check(network, bytes, bytes.len() as u64)?;
    match as_numbers(&bytes[head.len..]) {
        Some(numbers) if cfg!(target_endian = "little") => Ok(Weights::Static(numbers)),
        _ => copy(network, bytes),
    }
}

/// The bytes of packed weights.
pub(crate) fn bytes(network: &Network, numbers: &[f32]) -> Vec<u8> {
    let mut bytes = head(network, numbers);
    if cfg!(target_endian = "little") {
        bytes.extend_from_slice(as_bytes(numbers));
    } else {
        bytes.extend(numbers.iter().flat_map(|number| number.to_le_bytes()));
    }
    bytes
}

/// Numbers that were read, brought into the machine's order, and compared with their hash.
fn finish(head: Head, mut numbers: Arena) -> Result<Weights, PackedError> {
    if cfg!(target_endian = "big") {
        for number in numbers.iter_mut() {
            *number = f32::from_bits(u32::from_le(number.to_bits()));
        }
    }
    if hash::numbers(&numbers) != head.hash {
        return Err(PackedError::Numbers);
    }
    Ok(Weights::Own(numbers))
}
