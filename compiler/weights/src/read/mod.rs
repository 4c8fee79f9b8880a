//! Files of weights as the frameworks write them: which tensors there are, and the numbers of one at a time.
//!
//! Nothing that a file says is believed before it was checked against the file's own length, and no code in it runs.

mod hdf5;
mod keras_names;
mod keras_zip;
mod pickle;
mod plain;
mod safetensors;
mod torch;

use crate::framework::Framework;
use std::fmt;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

/// A file of weights: names, shapes, and where the numbers lie.
pub struct WeightsFile {
    tensors: Vec<FileTensor>,
    /// What was unwrapped or left out on the way to the tensors, for people.
    notes: Vec<String>,
    numbers: Box<dyn Numbers>,
}

/// A tensor of a file.
#[derive(Clone, Debug, PartialEq)]
pub struct FileTensor {
    /// Its full name in the framework: `conv1/kernel`, `layer1.0.conv1.weight`.
    pub name: String,
    /// Its shape, in the framework's order.
    pub shape: Vec<usize>,
}

/// Reads the numbers of the tensors of a file.
trait Numbers {
    /// Those of tensor `index`, row-major, as many as its shape says.
    fn read(&self, index: usize) -> Result<Vec<f32>, ReadError>;
}

/// Why a file, or a tensor of it, cannot be read.
#[derive(Clone, Debug, PartialEq)]
pub struct ReadError {
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub help: Option<String>,
}

impl ReadError {
    pub(crate) fn new(message: impl Into<String>) -> ReadError {
        ReadError { message: message.into(), help: None }
    }

    fn help(self, help: impl Into<String>) -> ReadError {
        ReadError { help: Some(help.into()), ..self }
    }
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        self.help.iter().try_for_each(|help| write!(f, " ({help})"))
    }
}

impl std::error::Error for ReadError {}

impl From<std::io::Error> for ReadError {
    fn from(error: std::io::Error) -> ReadError {
        match error.kind() {
            std::io::ErrorKind::UnexpectedEof => {
                ReadError::new("the file ends too early").help("was it copied or downloaded as a whole?")
            }
            _ => ReadError::new(error.to_string()),
        }
    }
}

impl fmt::Debug for WeightsFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WeightsFile").field("tensors", &self.tensors).finish_non_exhaustive()
    }
}

impl WeightsFile {
    /// Opens a file that a framework has written: for Keras `.h5`, `.weights.h5` and `.keras`, for PyTorch `.pth` in both of
    /// its forms and `.safetensors`. What it is follows from its first bytes, not from its name.
    ///
    /// # Errors
    /// Where it cannot be read, is something else, or is damaged.
    pub fn open(path: &Path, framework: Framework) -> Result<WeightsFile, ReadError> {
        let mut file = File::open(path)?;
        if !file.metadata()?.is_file() {
            return Err(ReadError::new("it is not a file"));
        }
        let mut magic = Vec::new();
        file.by_ref().take(16).read_to_end(&mut magic)?;
        file.seek(SeekFrom::Start(0))?;
        match (Magic::of(&magic), framework) {
            (Some(Magic::Hdf5), Framework::Keras) => hdf5::open(file),
            (Some(Magic::Zip), Framework::Keras) => keras_zip::open(file),
            (Some(Magic::Zip), Framework::Torch) => torch::open_zip(file),
            (Some(Magic::Pickle), Framework::Torch) => torch::open_legacy(file),
            (Some(Magic::Safetensors), Framework::Torch) => safetensors::open(file),
            (Some(Magic::Hdf5), Framework::Torch) => {
                Err(ReadError::new("it is an HDF5 file, which PyTorch does not write")
                    .help("if it is Keras's, `archc import keras`"))
            }
            (Some(Magic::Pickle | Magic::Safetensors), Framework::Keras) => {
                Err(ReadError::new("it is not a file of Keras")
                    .help("if it is PyTorch's, `archc import torch`"))
            }
            (None, Framework::Keras) => Err(ReadError::new("it is not a file of Keras")
                .help("`.h5`, `.weights.h5` and `.keras` are read, by what they begin with")),
            (None, Framework::Torch) => Err(ReadError::new("it is not a file of PyTorch")
                .help("`.pth` and `.safetensors` are read, by what they begin with")),
        }
    }

    /// All tensors, in the file's order.
    pub fn tensors(&self) -> &[FileTensor] {
        &self.tensors
    }

    /// What was unwrapped or left out on the way to the tensors, for people.
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// The numbers of tensor `index`, row-major in the framework's order; other types become f32.
    ///
    /// # Errors
    /// Where they cannot be read, or one is not a number: such weights give no answer.
    pub fn read(&self, index: usize) -> Result<Vec<f32>, ReadError> {
        let tensor = self.tensors.get(index).ok_or_else(|| ReadError::new("there is no such tensor"))?;
        let named = |e: ReadError| ReadError { message: format!("`{}`: {}", tensor.name, e.message), ..e };
        let numbers = self.numbers.read(index).map_err(named)?;
        if Some(numbers.len()) != size(&tensor.shape) {
            return Err(named(ReadError::new("it has another length than its shape says")));
        }
        match numbers.iter().position(|x| x.is_nan()) {
            None => Ok(numbers),
            Some(at) => Err(named(
                ReadError::new(format!("number {at} is NaN"))
                    .help("the training of these weights has failed"),
            )),
        }
    }
}

/// How many numbers a shape has, unless they are too many to count in bytes.
fn size(shape: &[usize]) -> Option<usize> {
    let size = shape.iter().try_fold(1usize, |n, &side| n.checked_mul(side))?;
    size.checked_mul(8).map(|_| size)
}

/// What a file begins with.
enum Magic {
    Hdf5,
    Zip,
    Pickle,
    Safetensors,
}

impl Magic {
    fn of(bytes: &[u8]) -> Option<Magic> {
        if bytes.starts_with(b"\x89HDF\r\n\x1a\n") {
            return Some(Magic::Hdf5);
        }
        if bytes.starts_with(b"PK\x03\x04") {
            return Some(Magic::Zip);
        }
        // A pickle's first instruction tells its protocol.
        if matches!(bytes, [0x80, 2..=5, ..]) {
            return Some(Magic::Pickle);
        }
        (bytes.get(8) == Some(&b'{')).then_some(Magic::Safetensors)
    }
}
