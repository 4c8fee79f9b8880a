//! Files of safetensors, tensor by tensor.

use super::plain::{Extent, PlainTensor, weights_file};
use super::{ReadError, WeightsFile};
use crate::dtype::Dtype;
use ::safetensors::tensor::{self, Metadata};
use std::fs::File;
use std::io::Read;

/// The most bytes of a header, as the format has it.
const LONGEST_HEADER: u64 = 100_000_000;

pub(super) fn open(mut file: File) -> Result<WeightsFile, ReadError> {
    let damaged = |e: String| ReadError::new(format!("it is not a whole file of safetensors: {e}"));
    let end = file.metadata()?.len();
    let mut length = [0; 8];
    file.read_exact(&mut length)?;
    let length = u64::from_le_bytes(length);
    if length > LONGEST_HEADER || length > end.saturating_sub(8) {
        return Err(damaged(format!("its header would have {length} bytes, and the file has {end}")));
    }
    let mut header = vec![0; length as usize];
    file.read_exact(&mut header)?;
    let metadata: Metadata = serde_json::from_slice(&header).map_err(|e| damaged(e.to_string()))?;
    let mut tensors = Vec::new();
    for (name, info) in metadata.tensors() {
        let dtype = match info.dtype {
            tensor::Dtype::F64 => Dtype::F64,
            tensor::Dtype::F32 => Dtype::F32,
            tensor::Dtype::F16 => Dtype::F16,
            tensor::Dtype::BF16 => Dtype::Bf16,
            tensor::Dtype::I64 => Dtype::I64,
            tensor::Dtype::I32 => Dtype::I32,
            tensor::Dtype::I16 => Dtype::I16,
            tensor::Dtype::I8 => Dtype::I8,
            tensor::Dtype::U8 | tensor::Dtype::BOOL => Dtype::U8,
            other => return Err(damaged(format!("`{name}` holds {other:?}, which archc does not read"))),
        };
        let offset = (8 + length).saturating_add(info.data_offsets.0 as u64);
        let extent = Extent { offset, dtype, strides: None };
        tensors.push((info.data_offsets.0, PlainTensor { name, shape: info.shape.clone(), extent }));
    }
    // The file's order, which a map by name loses.
    tensors.sort_by(|(a, x), (b, y)| a.cmp(b).then_with(|| x.name.cmp(&y.name)));
    weights_file(file, tensors.into_iter().map(|(_, t)| t).collect(), Vec::new())
}
