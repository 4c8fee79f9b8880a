//! Why a model cannot be loaded.

use super::source::Dtype;
use crate::isa::IsaError;
use std::fmt;
use std::path::PathBuf;

/// Why a model cannot be loaded.
#[derive(Debug)]
#[non_exhaustive]
pub enum LoadError {
    /// The file cannot be read.
    Read {
        /// Which file.
        path: PathBuf,
        /// Why.
        error: std::io::Error,
    },
    /// The bytes are not a safetensors file.
    Format {
        /// What is wrong with them.
        message: String,
    },
    /// The tensors are not those of the network.
    Mismatch(Mismatch),
    /// The instruction set that `ARCHC_ISA` asks for cannot be had.
    Isa(IsaError),
    /// The runtime was built without what is needed.
    Feature {
        /// The missing feature.
        name: &'static str,
    },
}

/// Every difference between the tensors of a source and those of a network.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mismatch {
    /// The network.
    pub network: &'static str,
    /// Names and shapes of tensors that the source lacks.
    pub missing: Vec<(String, Vec<usize>)>,
    /// Names of tensors that the network does not have.
    pub extra: Vec<String>,
    /// Names, shapes in the network, shapes in the source.
    pub shapes: Vec<(String, Vec<usize>, Vec<usize>)>,
    /// Names and types of tensors whose numbers are not floating point.
    pub dtypes: Vec<(String, Dtype)>,
}

/// Tensors of a kind that an error shows; it counts the others.
const SHOWN: usize = 20;

impl Mismatch {
    /// Whether there is no difference.
    pub fn is_empty(&self) -> bool {
        self.missing.is_empty() && self.extra.is_empty() && self.shapes.is_empty() && self.dtypes.is_empty()
    }

    /// What to do about it, from what is wrong.
    fn remedy(&self) -> &'static str {
        if !self.missing.is_empty() && !self.extra.is_empty() {
            "names are those of the .arch file, and tensors lie as rows, columns, inputs, outputs: a \
             framework's file must be brought into this form first"
        } else if !self.missing.is_empty() {
            "the file is of another network, or of a part of this one"
        } else if !self.extra.is_empty() {
            "the file is of a larger network; leave out what this one does not have"
        } else if !self.shapes.is_empty() {
            "the file is of a network with other sizes: build with the sizes of the file (`--set classes=...`)"
        } else {
            "save the tensors as F32, F16, BF16 or F64"
        }
    }
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            LoadError::Read { path, error } => write!(f, "cannot read {}: {error}", path.display()),
            LoadError::Format { message } => {
                write!(f, "not a safetensors file: {message}")
            }
            LoadError::Mismatch(mismatch) => mismatch.fmt(f),
            LoadError::Isa(error) => error.fmt(f),
            LoadError::Feature { name } => {
                write!(f, "archc-runtime was built without its feature `{name}`; switch it on in Cargo.toml")
            }
        }
    }
}

impl std::error::Error for LoadError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            LoadError::Read { error, .. } => Some(error),
            LoadError::Isa(error) => Some(error),
            LoadError::Format { .. } | LoadError::Mismatch(_) | LoadError::Feature { .. } => None,
        }
    }
}

impl From<IsaError> for LoadError {
    fn from(error: IsaError) -> LoadError {
        LoadError::Isa(error)
    }
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "these are not the weights of {}", self.network)?;
        section(f, "missing", &self.missing, |(name, shape)| format!("{name} {}", sizes(shape)))?;
        section(f, "not in the network", &self.extra, |name| name.escape_debug().to_string())?;
        section(f, "of another shape", &self.shapes, |(name, wanted, found)| {
            format!("{name} is {}, and must be {}", sizes(found), sizes(wanted))
        })?;
        section(f, "not of floating point", &self.dtypes, |(name, dtype)| format!("{name} is {dtype}"))?;
        write!(f, "\nhelp: {}", self.remedy())
    }
}

fn section<T>(
    f: &mut fmt::Formatter<'_>,
    title: &str,
    all: &[T],
    line: impl Fn(&T) -> String,
) -> fmt::Result {
    if all.is_empty() {
        return Ok(());
    }
    write!(f, "\n  {title} ({}):", all.len())?;
    for item in all.iter().take(SHOWN) {
        write!(f, "\n    {}", line(item))?;
    }
    if all.len() > SHOWN {
        write!(f, "\n    and {} more", all.len() - SHOWN)?;
    }
    Ok(())
}

/// A shape for people: `3x3x64x128`.
fn sizes(shape: &[usize]) -> String {
    if shape.is_empty() {
        return "a single number".to_owned();
    }
    shape.iter().map(usize::to_string).collect::<Vec<_>>().join("x")
}
