//! Constant tensors of a model: weights in ONNX's layouts, and the small ones that operators need.

use crate::proto::{self, TensorProto};
use archc_core::ir::op::Normalize;
use archc_runtime::weights::{Dtype, LoadError, Source, half};
use std::io::Write;

/// A tensor of the model. Weights are read when they are written.
#[derive(Clone, Debug)]
pub(crate) struct Initializer {
    pub(crate) name: String,
    pub(crate) dims: Vec<i64>,
    pub(crate) data: Data,
}

/// What a tensor holds.
#[derive(Clone, Debug)]
pub(crate) enum Data {
    Floats(Vec<f32>),
    Integers(Vec<i64>),
    /// Weights, by their name in the source and the shape that they have there.
    Weights {
        name: String,
        shape: Vec<usize>,
        layout: Layout,
    },
}

/// How weights lie in the model.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Layout {
    /// As in the source.
    Same,
    /// `[pixels, channels, outputs]` in the source, `[outputs, channels, pixels]` in the model. Pixels are a kernel's taps,
    /// or the plane in front of a flatten.
    OutputsFirst { pixels: usize, channels: usize, outputs: usize },
    /// Variances as deviations that are divided by.
    Deviations,
}

/// Bytes of numbers that are read at once.
const CHUNK: usize = 1 << 20;
/// Outputs that are brought to the front at once.
const BLOCK: usize = 64;

impl Initializer {
    /// All but the numbers.
    pub(crate) fn head(&self) -> TensorProto {
        let data_type = match self.data {
            Data::Floats(_) | Data::Weights { .. } => proto::FLOAT,
            Data::Integers(_) => proto::INT64,
        };
        TensorProto {
            dims: self.dims.clone(),
            data_type: Some(data_type),
            name: Some(self.name.clone()),
            raw_data: None,
        }
    }

    /// Bytes of the numbers.
    pub(crate) fn data_size(&self) -> u64 {
        match &self.data {
            Data::Floats(numbers) => 4 * numbers.len() as u64,
            Data::Integers(numbers) => 8 * numbers.len() as u64,
            Data::Weights { shape, .. } => {
                shape.iter().fold(4, |bytes: u64, &n| bytes.saturating_mul(n as u64))
            }
        }
    }

    /// Writes the numbers, little-endian.
    pub(crate) fn write_data(&self, source: &dyn Source, out: &mut dyn Write) -> Result<(), crate::Error> {
        match &self.data {
            Data::Floats(numbers) => write(numbers, out)?,
            Data::Integers(numbers) => {
                numbers.iter().try_for_each(|n| out.write_all(&n.to_le_bytes()))?;
            }
            Data::Weights { name, shape, layout } => {
                let numbers = read(source, name, shape)?;
                match *layout {
                    Layout::Same => write(&numbers, out)?,
                    Layout::OutputsFirst { pixels, channels, outputs } => {
                        outputs_first(&numbers, [pixels, channels, outputs], |part| write(part, out))?;
                    }
                    Layout::Deviations => {
                        let deviation = |&v: &f32| f64::from(v).sqrt().max(Normalize::MIN_DEVIATION) as f32;
                        write(&numbers.iter().map(deviation).collect::<Vec<f32>>(), out)?;
                    }
                }
            }
        }
        Ok(())
    }
}

fn write(numbers: &[f32], out: &mut dyn Write) -> std::io::Result<()> {
    let mut bytes = Vec::with_capacity(CHUNK);
    for part in numbers.chunks(CHUNK / 4) {
        bytes.clear();
        bytes.extend(part.iter().flat_map(|x| x.to_le_bytes()));
        out.write_all(&bytes)?;
    }
    Ok(())
}

/// `[pixels, channels, outputs]` as `[outputs, channels, pixels]`, handed out in parts.
fn outputs_first<E>(
    numbers: &[f32],
    [pixels, channels, outputs]: [usize; 3],
    mut each: impl FnMut(&[f32]) -> Result<(), E>,
) -> Result<(), E> {
    let inputs = pixels * channels;
    let mut part = Vec::new();
    for first in (0..outputs).step_by(BLOCK) {
        let block = first..outputs.min(first + BLOCK);
        part.clear();
        part.resize(block.len() * inputs, 0.0);
        for (i, row) in numbers.chunks_exact(outputs).enumerate() {
            let place = i % channels * pixels + i / channels;
            for (to, &x) in part[place..].iter_mut().step_by(inputs).zip(&row[block.clone()]) {
                *to = x;
            }
        }
        each(&part)?;
    }
    Ok(())
}

/// The numbers of a tensor of the source. NaN is refused, as when a model is loaded.
fn read(source: &dyn Source, name: &str, shape: &[usize]) -> Result<Vec<f32>, LoadError> {
    let gone = || LoadError::Format { message: format!("{} has gone", name.escape_debug()) };
    let info = source.info(name).ok_or_else(gone)?;
    let width = info.dtype.size().ok_or_else(gone)?;
    let count: usize = shape.iter().product();
    let mut numbers = Vec::with_capacity(count);
    let mut bytes = vec![0; CHUNK.min(count * width)];
    while numbers.len() < count {
        let start = numbers.len() * width;
        let part = (count * width - start).min(CHUNK);
        let bytes = &mut bytes[..part];
        source.read(name, start, bytes)?;
        match info.dtype {
            Dtype::F32 => numbers.extend(bytes.as_chunks().0.iter().map(|&b| f32::from_le_bytes(b))),
            Dtype::F64 => numbers.extend(bytes.as_chunks().0.iter().map(|&b| f64::from_le_bytes(b) as f32)),
            Dtype::F16 => numbers.extend(bytes.as_chunks().0.iter().map(|&b| half(u16::from_le_bytes(b)))),
            Dtype::BF16 => {
                let wide = |&b| f32::from_bits(u32::from(u16::from_le_bytes(b)) << 16);
                numbers.extend(bytes.as_chunks().0.iter().map(wide));
            }
            _ => return Err(gone()),
        }
    }
    match numbers.iter().position(|x: &f32| x.is_nan()) {
        None => Ok(numbers),
        Some(at) => Err(LoadError::Number {
            tensor: name.to_owned(),
            place: place(at, shape),
            value: f64::NAN,
            reason: "the weights were damaged, or their training diverged",
        }),
    }
}

/// The indices of a number that is the `at`th, row-major.
fn place(mut at: usize, shape: &[usize]) -> Vec<usize> {
    let mut place = vec![0; shape.len()];
    for (index, &size) in place.iter_mut().zip(shape).rev() {
        *index = at % size;
        at /= size;
    }
    place
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outputs_come_first_then_channels() {
        let [pixels, channels, outputs] = [3, 5, 70];
        let numbers: Vec<f32> = (0..pixels * channels * outputs).map(|i| i as f32).collect();
        let mut found = Vec::new();
        outputs_first(&numbers, [pixels, channels, outputs], |part| {
            found.extend_from_slice(part);
            Ok::<(), ()>(())
        })
        .unwrap();
        assert_eq!(found.len(), numbers.len());
        for o in 0..outputs {
            for c in 0..channels {
                for p in 0..pixels {
                    let expected = numbers[(p * channels + c) * outputs + o];
                    assert_eq!(found[(o * channels + c) * pixels + p], expected, "{o} {c} {p}");
                }
            }
        }
    }

    #[test]
    fn places_count_the_last_dimension_first() {
        assert_eq!(place(0, &[2, 3, 4]), [0, 0, 0]);
        assert_eq!(place(23, &[2, 3, 4]), [1, 2, 3]);
        assert_eq!(place(5, &[2, 3, 4]), [0, 1, 1]);
    }
}
