//! Tensors in a table as a source of weights.

use super::Weights;
use archc_runtime::LoadError;
use archc_runtime::weights::{Dtype, Info, Source};

pub(crate) struct Table<'a>(pub(crate) &'a Weights);

impl Source for Table<'_> {
    fn names(&self) -> Vec<&str> {
        self.0.keys().map(String::as_str).collect()
    }

    fn info(&self, name: &str) -> Option<Info> {
        let (shape, _) = self.0.get(name)?;
        Some(Info { dtype: Dtype::F32, shape: shape.clone() })
    }

    fn read(&self, name: &str, start: usize, buffer: &mut [u8]) -> Result<(), LoadError> {
        let numbers = self.0.get(name).map_or(&[][..], |(_, data)| data);
        for (bytes, number) in buffer.as_chunks_mut().0.iter_mut().zip(&numbers[start / size_of::<f32>()..]) {
            *bytes = number.to_le_bytes();
        }
        Ok(())
    }
}
