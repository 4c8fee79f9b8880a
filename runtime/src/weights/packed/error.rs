//! Why packed weights cannot be used.

use alloc::string::String;
use core::fmt;

/// Why bytes are not the packed weights of a network.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PackedError {
    /// They do not begin as packed weights do.
    Magic {
        /// Whether they look like a safetensors file.
        safetensors: bool,
    },
    /// They were packed for kernels of another version.
    Version {
        /// Theirs; the runtime's is [`VERSION`](super::VERSION).
        found: u32,
    },
    /// They end early or late.
    Cut {
        /// Bytes that there are.
        len: u64,
        /// Bytes that there should be.
        promised: u64,
    },
    /// The head is damaged.
    Head,
    /// They are those of another network.
    Network {
        /// Its name.
        found: String,
        /// The name of the network that they should be of.
        expected: &'static str,
    },
    /// The network has been changed, or compiled in another way, since they were packed.
    Tables {
        /// Its name.
        network: &'static str,
    },
    /// The numbers are damaged.
    Numbers,
}

const AGAIN: &str = "load the safetensors file and save the packed weights again";

impl fmt::Display for PackedError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PackedError::Magic { safetensors: true } => {
                write!(f, "not packed weights, but perhaps a safetensors file, which `load` reads")
            }
            PackedError::Magic { safetensors: false } => {
                write!(f, "not packed weights, as `save_packed` writes them")
            }
            PackedError::Version { found } => {
                let version = super::VERSION;
                write!(f, "weights that version {found} packed, and this is version {version}: {AGAIN}")
            }
            PackedError::Cut { len, promised } => {
                write!(f, "packed weights of {promised} bytes, of which there are {len}: {AGAIN}")
            }
            PackedError::Head => write!(f, "packed weights with a damaged head: {AGAIN}"),
            PackedError::Network { found, expected } => {
                write!(f, "the packed weights of {}, not of {expected}", found.escape_debug())
            }
            PackedError::Tables { network } => {
                write!(f, "packed weights of {network}, which has been compiled otherwise since: {AGAIN}")
            }
            PackedError::Numbers => write!(f, "packed weights with damaged numbers: {AGAIN}"),
        }
    }
}

impl core::error::Error for PackedError {}
