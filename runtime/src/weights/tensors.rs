//! The tensors of one repetition of a group: read chunk by chunk, converted, and scaled into lanes.
//!
//! A large tensor goes through a buffer that a core's cache holds: it takes no other memory than its packed form, and each
//! number is fetched from far away once.

use super::error::LoadError;
use super::float::{self, Numbers, with_type};
use super::source::{Dtype, Source};
use super::spec::{Instance, Tensor};
use alloc::format;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;
use core::ops::Range;

/// What a tensor's numbers become.
pub(super) trait Number {
    /// Rounded, if need be.
    fn of(x: f64) -> Self;
}

impl Number for f32 {
    fn of(x: f64) -> f32 {
        x as f32
    }
}

impl Number for f64 {
    fn of(x: f64) -> f64 {
        x
    }
}

/// Numbers side by side in packed weights.
pub(super) const LANES: usize = 16;

/// Bytes that are read at once, unless a row has more.
const CHUNK: usize = 256 << 10;

/// A cache line.
const LINE: usize = 64;

/// Reads the tensors of a group under the names that they have in one repetition.
pub(super) struct Tensors<'s> {
    source: &'s dyn Source,
    instance: &'s Instance,
    repetition: usize,
    buffer: Vec<u8>,
}

/// At most 16 channels, and where their lanes start in the packed weights.
#[derive(Clone, Debug)]
pub(super) struct Block {
    pub(super) channels: Range<usize>,
    pub(super) start: usize,
}

impl<'s> Tensors<'s> {
    pub(super) fn new(source: &'s dyn Source, instance: &'s Instance) -> Tensors<'s> {
        Tensors { source, instance, repetition: 0, buffer: Vec::new() }
    }

    /// Goes to another repetition.
    pub(super) fn repeat(&mut self, repetition: usize) {
        self.repetition = repetition;
    }

    /// The shape of a tensor, by its index in the group.
    pub(super) fn shape(&self, index: usize) -> &'static [usize] {
        self.tensor(index).shape
    }

    /// All numbers of a tensor with one for each of so many channels. Panics where the tables say that it has another
    /// shape.
    pub(super) fn vector(&mut self, index: usize, channels: usize) -> Result<Vec<f64>, LoadError> {
        assert!(self.shape(index) == [channels], "{}: one number a channel", self.tensor(index).name);
        let mut out = Vec::with_capacity(channels);
        self.chunks(index, 1, |_, numbers| {
            with_type!(numbers, |bytes, wide| out.extend(bytes.iter().map(|&b| wide(b))));
        })?;
        Ok(out)
    }

    /// Writes a kernel, whose last dimension is output channels, to blocks of lanes: channel `c` of row `r` goes to its lane
    /// behind `start + row(r)` of its block, multiplied by `scale[c]` in f64 and rounded once. Rows count through all other
    /// dimensions.
    pub(super) fn lanes<T: Number>(
        &mut self,
        index: usize,
        scale: &[f64],
        blocks: &[Block],
        row: impl Fn(usize) -> usize,
        out: &mut [T],
    ) -> Result<(), LoadError> {
        let width = scale.len();
        let mut rows = Vec::new();
        self.chunks(index, width, |range, numbers| {
            rows.clear();
            rows.extend(range.map(&row));
            with_type!(numbers, |bytes, wide| fill(bytes, wide, scale, blocks, &rows, out));
        })
    }

    /// The error that a number of a tensor is; `at` counts its numbers, row-major.
    pub(super) fn refuse(&self, index: usize, at: usize, value: f64, reason: &'static str) -> LoadError {
        let shape = self.shape(index);
        let mut place = vec![0; shape.len()];
        let mut rest = at;
        for (place, &size) in place.iter_mut().zip(shape).rev() {
            *place = rest % size;
            rest /= size;
        }
        LoadError::Number { tensor: self.name(index), place, value, reason }
    }

    fn tensor(&self, index: usize) -> &'static Tensor {
        &self.instance.group.tensors[index]
    }

    fn name(&self, index: usize) -> String {
        self.instance.name(self.repetition, self.tensor(index))
    }

    /// Hands out a tensor in chunks of whole rows, each with which rows they are. NaN is refused.
    fn chunks(
        &mut self,
        index: usize,
        width: usize,
        mut each: impl FnMut(Range<usize>, Numbers<'_>),
    ) -> Result<(), LoadError> {
        let name = self.name(index);
        let dtype = self.source.info(&name).map(|info| info.dtype);
        let Some((dtype, size)) = dtype.and_then(|dtype| dtype.size().map(|size| (dtype, size))) else {
            return Err(LoadError::Format { message: format!("{} has gone", name.escape_debug()) });
        };
        let rows = self.shape(index).iter().product::<usize>() / width;
        let at_once = (CHUNK / (width * size)).clamp(1, rows.max(1));
        let mut buffer = core::mem::take(&mut self.buffer);
        // Aligned, so that 16 numbers of F32 lie in one cache line.
        buffer.resize(buffer.len().max(at_once * width * size + LINE), 0);
        let aligned = buffer.as_ptr().align_offset(LINE).min(LINE);
        for first in (0..rows).step_by(at_once) {
            let range = first..rows.min(first + at_once);
            let bytes = &mut buffer[aligned..][..range.len() * width * size];
            self.source.read(&name, first * width * size, bytes)?;
            let numbers = numbers(&dtype, bytes);
            if let Some(at) = first_nan(numbers) {
                let reason = "the weights were damaged, or their training diverged";
                return Err(self.refuse(index, first * width + at, f64::NAN, reason));
            }
            each(range, numbers);
        }
        self.buffer = buffer;
        Ok(())
    }
}

/// The bytes of a chunk as numbers of their type.
fn numbers<'b>(dtype: &Dtype, bytes: &'b [u8]) -> Numbers<'b> {
    match dtype {
        Dtype::F16 => Numbers::F16(bytes.as_chunks().0),
        Dtype::BF16 => Numbers::BF16(bytes.as_chunks().0),
        Dtype::F32 => Numbers::F32(bytes.as_chunks().0),
        Dtype::F64 => Numbers::F64(bytes.as_chunks().0),
        Dtype::Other(_) => Numbers::F64(&[]),
    }
}

/// The place of the first NaN. Nearly always there is none, so that all are looked at together first.
fn first_nan(numbers: Numbers<'_>) -> Option<usize> {
    with_type!(numbers, |bytes, wide| {
        let any = bytes.iter().fold(false, |any, &b| any | wide(b).is_nan());
        if any { bytes.iter().position(|&b| wide(b).is_nan()) } else { None }
    })
}

/// Some rows of [`Tensors::lanes`]; `rows` says where each goes. Blocks are the outer loop, so that what is written lies
/// together, and what is read is in the cache.
#[inline(always)]
fn fill<const N: usize, T: Number>(
    bytes: &[[u8; N]],
    wide: impl Fn([u8; N]) -> f64,
    scale: &[f64],
    blocks: &[Block],
    rows: &[usize],
    out: &mut [T],
) {
    for Block { channels, start } in blocks {
        let scale_of_block = &scale[channels.clone()];
        for (row, to) in bytes.chunks_exact(scale.len()).zip(rows) {
            let from = &row[channels.clone()];
            let to = &mut out[start + to..][..LANES];
            if let (Ok(from), Ok(scale)) =
                (<&[_; LANES]>::try_from(from), <&[f64; LANES]>::try_from(scale_of_block))
            {
                for lane in 0..LANES {
                    to[lane] = T::of(wide(from[lane]) * scale[lane]);
                }
            } else {
                for ((to, &from), scale) in to.iter_mut().zip(from).zip(scale_of_block) {
                    *to = T::of(wide(from) * scale);
                }
            }
        }
    }
}
