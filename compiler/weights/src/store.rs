//! Tensors by name, in archc's layouts, in memory and in files of safetensors.

use crate::dtype;
use archc_interpreter::Weights;
use archc_runtime::weights::{self as runtime, LoadError};
use safetensors::tensor::{Dtype, SafeTensors, TensorView, View};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::Path;

/// A tensor: its shape and its numbers, row-major.
#[derive(Clone, Debug, PartialEq)]
pub struct Tensor {
    /// Its shape.
    pub shape: Vec<usize>,
    /// As many numbers as the shape says.
    pub data: Vec<f32>,
}

/// Tensors by name.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Store {
    tensors: BTreeMap<String, Tensor>,
}

/// Why a file is not one of weights.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// The file cannot be read or written.
    #[error("{0}")]
    Io(#[from] std::io::Error),
    /// The bytes are no safetensors.
    #[error("not a safetensors file: {0}")]
    Format(#[from] safetensors::SafeTensorError),
    /// A tensor's numbers are of a type that is not read.
    #[error("`{name}` holds {dtype:?}; archc reads F16, BF16, F32, F64, I32 and I64")]
    Dtype {
        /// The tensor.
        name: String,
        /// What it holds.
        dtype: Dtype,
    },
}

impl Store {
    /// Puts a tensor in, in the place of another of that name.
    pub fn insert(&mut self, name: impl Into<String>, tensor: Tensor) {
        self.tensors.insert(name.into(), tensor);
    }

    /// The tensor of a name.
    pub fn get(&self, name: &str) -> Option<&Tensor> {
        self.tensors.get(name)
    }

    /// Every tensor, ordered by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Tensor)> {
        self.tensors.iter().map(|(n, t)| (n.as_str(), t))
    }

    /// How many tensors there are.
    pub fn len(&self) -> usize {
        self.tensors.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.tensors.is_empty()
    }

    /// The tensors of a safetensors file, given its bytes. Other types of number become f32.
    ///
    /// # Errors
    /// Where the bytes are no safetensors, or hold types that are not read.
    pub fn from_safetensors(bytes: &[u8]) -> Result<Store, FileError> {
        let file = SafeTensors::deserialize(bytes)?;
        file.iter()
            .map(|(name, view)| {
                let data = to_f32(&view)
                    .ok_or_else(|| FileError::Dtype { name: name.to_owned(), dtype: view.dtype() })?;
                Ok((name.to_owned(), Tensor { shape: view.shape().to_vec(), data }))
            })
            .collect()
    }

    /// The bytes of a safetensors file with these tensors, in f32.
    ///
    /// # Errors
    /// Where the names alone are larger than the format allows.
    pub fn to_safetensors(&self) -> Result<Vec<u8>, FileError> {
        Ok(safetensors::serialize(self.iter(), None)?)
    }

    /// Reads a safetensors file.
    ///
    /// # Errors
    /// As [`Store::from_safetensors`], and where the file cannot be read.
    pub fn load(path: &Path) -> Result<Store, FileError> {
        Store::from_safetensors(&std::fs::read(path)?)
    }

    /// Writes a safetensors file, without a copy of it in memory.
    ///
    /// # Errors
    /// As [`Store::to_safetensors`], and where the file cannot be written.
    pub fn save(&self, path: &Path) -> Result<(), FileError> {
        Ok(safetensors::serialize_to_file(self.iter(), None, path)?)
    }
}

impl FromIterator<(String, Tensor)> for Store {
    fn from_iter<I: IntoIterator<Item = (String, Tensor)>>(tensors: I) -> Self {
        Store { tensors: tensors.into_iter().collect() }
    }
}

impl Weights for Store {
    fn get(&self, name: &str) -> Option<archc_interpreter::Tensor<'_>> {
        let t = self.tensors.get(name)?;
        Some(archc_interpreter::Tensor { shape: (&t.shape).into(), data: (&t.data).into() })
    }

    fn shape(&self, name: &str) -> Option<Vec<usize>> {
        self.tensors.get(name).map(|t| t.shape.clone())
    }
}

/// For whoever reads weights as the runtime does.
impl runtime::Source for Store {
    fn names(&self) -> Vec<&str> {
        self.tensors.keys().map(String::as_str).collect()
    }

    fn info(&self, name: &str) -> Option<runtime::Info> {
        let tensor = self.tensors.get(name)?;
        Some(runtime::Info { dtype: runtime::Dtype::F32, shape: tensor.shape.clone() })
    }

    fn read(&self, name: &str, start: usize, buffer: &mut [u8]) -> Result<(), LoadError> {
        let numbers = self.tensors.get(name).and_then(|t| t.data.get(start / 4..)).unwrap_or_default();
        for (bytes, number) in buffer.as_chunks_mut().0.iter_mut().zip(numbers) {
            *bytes = number.to_le_bytes();
        }
        Ok(())
    }
}

impl View for &Tensor {
    fn dtype(&self) -> Dtype {
        Dtype::F32
    }

    fn shape(&self) -> &[usize] {
        &self.shape
    }

    fn data(&self) -> Cow<'_, [u8]> {
        self.data.iter().flat_map(|v| v.to_le_bytes()).collect()
    }

    fn data_len(&self) -> usize {
        4 * self.data.len()
    }
}

/// The numbers of a tensor as f32; `None` for a type that is not read.
fn to_f32(view: &TensorView<'_>) -> Option<Vec<f32>> {
    let dtype = match view.dtype() {
        Dtype::F32 => dtype::Dtype::F32,
        Dtype::F16 => dtype::Dtype::F16,
        Dtype::BF16 => dtype::Dtype::Bf16,
        Dtype::F64 => dtype::Dtype::F64,
        Dtype::I32 => dtype::Dtype::I32,
        Dtype::I64 => dtype::Dtype::I64,
        _ => return None,
    };
    Some(dtype.to_f32(view.data()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tensor(shape: &[usize], data: &[f32]) -> Tensor {
        Tensor { shape: shape.to_vec(), data: data.to_vec() }
    }

    #[test]
    fn files_keep_everything() {
        let mut store = Store::default();
        store.insert("a.weight", tensor(&[2, 1], &[1.5, -0.0]));
        store.insert("b.bias", tensor(&[1], &[f32::MAX]));
        let bytes = store.to_safetensors().expect("it fits");
        assert_eq!(Store::from_safetensors(&bytes).expect("it is one"), store);

        let dir = std::env::temp_dir().join(format!("archc-store-{}", std::process::id()));
        std::fs::create_dir_all(&dir).expect("a folder");
        let path = dir.join("w.safetensors");
        store.save(&path).expect("it is written");
        assert_eq!(Store::load(&path).expect("it is read"), store);
        std::fs::remove_dir_all(&dir).expect("the folder goes");
    }

    #[test]
    fn other_numbers_become_f32() {
        let read = |dtype, bytes: &[u8], count| {
            let view = TensorView::new(dtype, vec![count], bytes).expect("sizes agree");
            let file = safetensors::serialize([("x", view)], None).expect("it fits");
            Store::from_safetensors(&file).map(|s| s.get("x").expect("it is there").data.clone())
        };
        let halves: Vec<u8> = [0x3C00u16, 0xC000, 0x0001, 0x83FF, 0x7C00, 0x3555]
            .iter()
            .flat_map(|b| b.to_le_bytes())
            .collect();
        let expected = [1.0, -2.0, 5.9604645e-8, -6.097555e-5, f32::INFINITY, 0.333_251_95];
        assert_eq!(read(Dtype::F16, &halves, 6).expect("it is read"), expected);
        assert_eq!(read(Dtype::BF16, &[0x80, 0x3F, 0x49, 0xC0], 2).expect("it is read"), [1.0, -3.140625]);
        assert_eq!(read(Dtype::F64, &0.1f64.to_le_bytes(), 1).expect("it is read"), [0.1f32]);
        assert_eq!(read(Dtype::I64, &7i64.to_le_bytes(), 1).expect("it is read"), [7.0]);
        assert_eq!(read(Dtype::I32, &(-7i32).to_le_bytes(), 1).expect("it is read"), [-7.0]);
        let error = read(Dtype::BOOL, &[1], 1).expect_err("no numbers");
        assert!(error.to_string().contains("`x` holds BOOL"), "{error}");
    }

    #[test]
    fn the_runtime_reads_a_store() {
        use archc_runtime::weights::Source;
        let mut store = Store::default();
        store.insert("a.weight", tensor(&[3, 1], &[1.5, -2.0, 3.0]));
        let source: &dyn Source = &store;
        assert_eq!(source.names(), ["a.weight"]);
        assert_eq!(source.info("a.weight").map(|i| i.shape), Some(vec![3, 1]));
        assert_eq!(source.info("b.weight"), None);
        let mut buffer = [0; 8];
        source.read("a.weight", 4, &mut buffer).expect("it is read");
        assert_eq!(buffer, [(-2f32).to_le_bytes(), 3f32.to_le_bytes()].concat()[..]);
    }

    #[test]
    fn other_bytes_are_errors() {
        for bytes in [&b""[..], b"PK\x03\x04", &[0xFF; 64]] {
            assert!(matches!(Store::from_safetensors(bytes), Err(FileError::Format(_))));
        }
    }
}
