//! Tensors whose numbers lie in a file as they are: safetensors and PyTorch's storages.

use super::{FileTensor, Numbers, ReadError, WeightsFile, size};
use crate::dtype::Dtype;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::sync::{Mutex, PoisonError};

/// Where a tensor's numbers lie.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Extent {
    /// The first number's first byte.
    pub(super) offset: u64,
    pub(super) dtype: Dtype,
    /// From one number to the next along each dimension, where they are not row-major.
    pub(super) strides: Option<Vec<usize>>,
}

/// A tensor and its place.
pub(super) struct PlainTensor {
    pub(super) name: String,
    pub(super) shape: Vec<usize>,
    pub(super) extent: Extent,
}

struct Plain {
    file: Mutex<File>,
    shapes: Vec<Vec<usize>>,
    extents: Vec<Extent>,
}

/// The file with these tensors.
///
/// # Errors
/// Where one does not lie within the file.
pub(super) fn weights_file(
    file: File,
    tensors: Vec<PlainTensor>,
    notes: Vec<String>,
) -> Result<WeightsFile, ReadError> {
    let end = file.metadata()?.len();
    for t in &tensors {
        let bytes = span(&t.shape, t.extent.strides.as_deref())
            .and_then(|n| n.checked_mul(t.extent.dtype.size()))
            .and_then(|n| t.extent.offset.checked_add(n as u64));
        if t.extent.strides.is_some() && size(&t.shape).is_none() {
            let ReadError { message, help } = repeats(&t.shape);
            return Err(ReadError { message: format!("`{}` {message}", t.name), help });
        }
        if size(&t.shape).is_none() || bytes.is_none_or(|bytes| bytes > end) {
            return Err(ReadError::new(format!(
                "`{}` {:?} reaches beyond the end of the file",
                t.name, t.shape
            ))
            .help("was it copied or downloaded as a whole?"));
        }
    }
    let (mut shapes, mut extents, mut named) = (Vec::new(), Vec::new(), Vec::new());
    for t in tensors {
        shapes.push(t.shape.clone());
        extents.push(t.extent);
        named.push(FileTensor { name: t.name, shape: t.shape });
    }
    let numbers = Box::new(Plain { file: Mutex::new(file), shapes, extents });
    Ok(WeightsFile { tensors: named, notes, numbers })
}

/// How many numbers lie between the first and the last of a tensor, both included.
fn span(shape: &[usize], strides: Option<&[usize]>) -> Option<usize> {
    if shape.contains(&0) {
        return Some(0);
    }
    match strides {
        None => size(shape),
        Some(strides) => shape
            .iter()
            .zip(strides)
            .try_fold(1usize, |last, (&side, &stride)| last.checked_add((side - 1).checked_mul(stride)?)),
    }
}

impl Numbers for Plain {
    fn read(&self, index: usize) -> Result<Vec<f32>, ReadError> {
        let missing = || ReadError::new("there is no such tensor");
        let shape = self.shapes.get(index).ok_or_else(missing)?;
        let Extent { offset, dtype, strides } = self.extents.get(index).ok_or_else(missing)?;
        let count = span(shape, strides.as_deref()).ok_or_else(missing)?;
        let mut bytes = vec![0; count * dtype.size()];
        {
            let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
            file.seek(SeekFrom::Start(*offset))?;
            file.read_exact(&mut bytes)?;
        }
        let numbers = dtype.to_f32(&bytes);
        match strides {
            None => Ok(numbers),
            Some(strides) => gather(&numbers, shape, strides).ok_or_else(|| repeats(shape)),
        }
    }
}

/// The most numbers of a tensor that repeats those of its file.
const MOST_REPEATED: usize = 1 << 30;

/// The error of one with more. Its strides are to blame, not the length of the file.
fn repeats(shape: &[usize]) -> ReadError {
    let message = format!(
        "{shape:?} has more than {MOST_REPEATED} numbers, since its strides repeat those of the file"
    );
    ReadError::new(message)
        .help("no layer has weights of this kind; save the state dict of the trained model itself")
}

/// The numbers of a strided tensor, row-major; nothing where they repeat those of the file too often.
fn gather(numbers: &[f32], shape: &[usize], strides: &[usize]) -> Option<Vec<f32>> {
    let count = size(shape)?;
    // Strides that are small, above all 0, repeat numbers: the size of what comes out is not bound by the file.
    if count > numbers.len().max(MOST_REPEATED) {
        return None;
    }
    let mut gathered = Vec::with_capacity(count);
    let mut place = vec![0; shape.len()];
    for _ in 0..count {
        let at: usize = place.iter().zip(strides).map(|(p, s)| p * s).sum();
        gathered.push(*numbers.get(at)?);
        for (p, &side) in place.iter_mut().zip(shape).rev() {
            *p += 1;
            if *p < side {
                break;
            }
            *p = 0;
        }
    }
    Some(gathered)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strides_are_followed() {
        let numbers: Vec<f32> = (0..6).map(|i| i as f32).collect();
        assert_eq!(gather(&numbers, &[3, 2], &[1, 3]), Some(vec![0.0, 3.0, 1.0, 4.0, 2.0, 5.0]));
        assert_eq!(gather(&numbers, &[2, 2], &[0, 1]), Some(vec![0.0, 1.0, 0.0, 1.0]));
        assert_eq!(gather(&numbers, &[], &[]), Some(vec![0.0]));
        assert_eq!(gather(&numbers, &[0, 2], &[2, 1]), Some(vec![]));
        assert_eq!((span(&[3, 2], Some(&[1, 3])), span(&[3, 2], None)), (Some(6), Some(6)));
        assert_eq!(span(&[usize::MAX, 2], Some(&[1, 3])), None);
        assert_eq!(gather(&numbers, &[1 << 20, 1 << 20], &[0, 0]), None);
    }
}
