//! The bytes of a model. Initializers come last and are written one by one, so that one tensor is in memory at a time.

use crate::error::Error;
use crate::initializer::Initializer;
use crate::proto::{GraphProto, ModelProto};
use archc_runtime::weights::Source;
use prost::Message;
use std::io::Write;

/// The most bytes that a protocol buffer may take: 2 GiB less one.
pub(crate) const LIMIT: u64 = i32::MAX as u64;

/// A model that is ready to be written.
pub struct Model<'a> {
    /// The graph is left out.
    pub(crate) head: ModelProto,
    /// Initializers are left out.
    pub(crate) graph: GraphProto,
    pub(crate) initializers: Vec<Initializer>,
    pub(crate) source: &'a dyn Source,
}

/// The numbers of `onnx.proto` for what is written here.
mod field {
    pub(super) const MODEL_GRAPH: u8 = 7;
    pub(super) const GRAPH_INITIALIZER: u8 = 5;
    pub(super) const TENSOR_RAW_DATA: u8 = 9;
}

/// The start of a field of bytes: its number and the length of what follows.
fn key(field: u8, size: u64) -> Vec<u8> {
    const LENGTH_DELIMITED: u8 = 2;
    let mut bytes = vec![field << 3 | LENGTH_DELIMITED];
    // A vector grows as it must.
    let _ = prost::encode_length_delimiter(usize::try_from(size).unwrap_or(usize::MAX), &mut bytes);
    bytes
}

/// Bytes of a field, its start included.
fn field_size(field: u8, size: u64) -> u64 {
    size.saturating_add(key(field, size).len() as u64)
}

impl Model<'_> {
    /// How many nodes there are.
    pub fn nodes(&self) -> usize {
        self.graph.node.len()
    }

    /// Bytes of the file.
    pub fn size(&self) -> u64 {
        (self.head.encoded_len() as u64).saturating_add(field_size(field::MODEL_GRAPH, self.graph_size()))
    }

    fn graph_size(&self) -> u64 {
        let initializers =
            self.initializers.iter().map(|i| field_size(field::GRAPH_INITIALIZER, tensor_size(i)));
        initializers.fold(self.graph.encoded_len() as u64, u64::saturating_add)
    }

    /// Writes the model.
    ///
    /// # Errors
    /// Where weights cannot be read or hold NaN, or the bytes cannot be written. What was written until then is no model.
    pub fn write(&self, out: &mut dyn Write) -> Result<(), Error> {
        out.write_all(&self.head.encode_to_vec())?;
        out.write_all(&key(field::MODEL_GRAPH, self.graph_size()))?;
        out.write_all(&self.graph.encode_to_vec())?;
        for initializer in &self.initializers {
            out.write_all(&key(field::GRAPH_INITIALIZER, tensor_size(initializer)))?;
            out.write_all(&initializer.head().encode_to_vec())?;
            out.write_all(&key(field::TENSOR_RAW_DATA, initializer.data_size()))?;
            initializer.write_data(self.source, out)?;
        }
        Ok(())
    }
}

fn tensor_size(initializer: &Initializer) -> u64 {
    let head = initializer.head().encoded_len() as u64;
    head.saturating_add(field_size(field::TENSOR_RAW_DATA, initializer.data_size()))
}
