//! Resizing with the results of Pillow 13, to the bit: a pass along rows and one along columns, each a sum of pixels by
//! weights.
//!
//! When an image shrinks, the filter is as much wider, which is the antialiasing. Bytes are summed in fixed point with
//! 22 bits of fraction, and rounded and clipped after each pass; floats (Pillow's mode `F`) are summed in f64 and rounded
//! to f32 after each pass. Every formula is evaluated in Pillow's order, since the order decides the last bit.

use super::sine::sin;
use crate::spec::Filter;
use alloc::vec;
use alloc::vec::Vec;

/// A number of a pixel, and how it is summed.
pub(super) trait Sample: Copy + Default {
    /// What a pixel is multiplied by.
    type Weight: Copy;
    /// A sum on its way.
    type Sum: Copy;
    /// Where a sum begins.
    const START: Self::Sum;
    fn weight(weight: f64) -> Self::Weight;
    fn add(sum: Self::Sum, sample: Self, weight: Self::Weight) -> Self::Sum;
    fn round(sum: Self::Sum) -> Self;
}

/// Bits of fraction: 8 bits of a pixel and 2 for sums that overshoot are left.
const FRACTION: u32 = 32 - 8 - 2;

impl Sample for u8 {
    type Weight = i32;
    type Sum = i32;
    /// A half, so that what is cut off rounds.
    const START: i32 = 1 << (FRACTION - 1);

    fn weight(weight: f64) -> i32 {
        let scaled = weight * f64::from(1 << FRACTION);
        (if weight < 0.0 { scaled - 0.5 } else { scaled + 0.5 }) as i32
    }

    // Weights sum to 1 and their positive ones to less than 1.5: sums of bytes stay below 2^31.
    fn add(sum: i32, sample: u8, weight: i32) -> i32 {
        sum + i32::from(sample) * weight
    }

    fn round(sum: i32) -> u8 {
        (sum >> FRACTION).clamp(0, 255) as u8
    }
}

impl Sample for f32 {
    type Weight = f64;
    type Sum = f64;
    const START: f64 = 0.0;

    fn weight(weight: f64) -> f64 {
        weight
    }

    fn add(sum: f64, sample: f32, weight: f64) -> f64 {
        sum + f64::from(sample) * weight
    }

    fn round(sum: f64) -> f32 {
        sum as f32
    }
}

/// Whether columns come before rows: where the image loses more than twice as many rows as columns. Up to its version 12
/// Pillow never did that; for images that keep their shape, up to twice as high as wide, there is no difference.
fn columns_come_first(from: [usize; 2], to: [usize; 2]) -> bool {
    to[0] < from[0] && from[0] - to[0] > 2 * from[1].saturating_sub(to[1])
}

/// Whether a resize keeps to memory that an image may take: sides of 65,536 pixels, and 2^27 numbers after each pass.
pub(super) fn is_bounded(from: [usize; 2], to: [usize; 2], channels: usize) -> bool {
    let sides = from.into_iter().chain(to).all(|side| side <= 1 << 16);
    let between = if columns_come_first(from, to) { [to[0], from[1]] } else { [from[0], to[1]] };
    let numbers = |size: [usize; 2]| size[0].saturating_mul(size[1]).saturating_mul(channels);
    sides && numbers(between).max(numbers(to)) <= 1 << 27
}

/// Resizes an image of rows and columns; no side is 0.
pub(super) fn resize<T: Sample, const CHANNELS: usize>(
    source: &[[T; CHANNELS]],
    from: [usize; 2],
    to: [usize; 2],
    filter: Filter,
) -> Vec<[T; CHANNELS]> {
    let across = (from[1] != to[1]).then(|| Weights::<T>::new(from[1], to[1], filter));
    let down = (from[0] != to[0]).then(|| Weights::<T>::new(from[0], to[0], filter));
    match (across, down) {
        (None, None) => source.to_vec(),
        (Some(across), None) => resize_rows(source, from[1], &across),
        (None, Some(down)) => resize_columns(source, from[1], &down),
        (Some(across), Some(down)) if columns_come_first(from, to) => {
            resize_rows(&resize_columns(source, from[1], &down), from[1], &across)
        }
        (Some(across), Some(down)) => resize_columns(&resize_rows(source, from[1], &across), to[1], &down),
    }
}

fn resize_rows<T: Sample, const CHANNELS: usize>(
    source: &[[T; CHANNELS]],
    width: usize,
    weights: &Weights<T>,
) -> Vec<[T; CHANNELS]> {
    let mut out = Vec::with_capacity(source.len() / width * weights.spans.len());
    for row in source.chunks_exact(width) {
        out.extend(weights.iter().map(|(start, weights)| {
            let mut sums = [T::START; CHANNELS];
            for (pixel, &weight) in row[start..start + weights.len()].iter().zip(weights) {
                for (sum, &sample) in sums.iter_mut().zip(pixel) {
                    *sum = T::add(*sum, sample, weight);
                }
            }
            sums.map(T::round)
        }));
    }
    out
}

fn resize_columns<T: Sample, const CHANNELS: usize>(
    source: &[[T; CHANNELS]],
    width: usize,
    weights: &Weights<T>,
) -> Vec<[T; CHANNELS]> {
    let mut out = Vec::with_capacity(width * weights.spans.len());
    let mut sums = vec![[T::START; CHANNELS]; width];
    for (start, weights) in weights.iter() {
        sums.fill([T::START; CHANNELS]);
        for (row, &weight) in source[start * width..].chunks_exact(width).zip(weights) {
            for (sum, &sample) in sums.as_flattened_mut().iter_mut().zip(row.as_flattened()) {
                *sum = T::add(*sum, sample, weight);
            }
        }
        out.extend(sums.iter().map(|sums| sums.map(T::round)));
    }
    out
}

/// For each place along a side, which places of the old one it is made of.
struct Weights<T: Sample> {
    /// The first place, and where its weights end.
    spans: Vec<(usize, usize)>,
    weights: Vec<T::Weight>,
}

impl<T: Sample> Weights<T> {
    fn new(from: usize, to: usize, filter: Filter) -> Weights<T> {
        let scale = from as f64 / to as f64;
        let stretch = if scale < 1.0 { 1.0 } else { scale };
        let support = support(filter) * stretch;
        let shrink = 1.0 / stretch;
        let (mut spans, mut weights) = (Vec::with_capacity(to), Vec::new());
        let mut raw = Vec::new();
        for place in 0..to {
            let center = (place as f64 + 0.5) * scale;
            // What is below 0 becomes 0.
            let start = (center - support + 0.5) as usize;
            let end = ((center + support + 0.5) as usize).min(from);
            raw.clear();
            raw.extend((start..end).map(|x| value(filter, (x as f64 - center + 0.5) * shrink)));
            let sum = raw.iter().fold(0.0, |sum, weight| sum + weight);
            let sum = if sum == 0.0 { 1.0 } else { sum };
            weights.extend(raw.iter().map(|weight| T::weight(weight / sum)));
            spans.push((start, weights.len()));
        }
        Weights { spans, weights }
    }

    fn iter(&self) -> impl Iterator<Item = (usize, &[T::Weight])> {
        let mut begin = 0;
        self.spans.iter().map(move |&(start, end)| {
            let weights = &self.weights[begin..end];
            begin = end;
            (start, weights)
        })
    }
}

/// How far a filter reaches to each side, in pixels of the coarser image.
fn support(filter: Filter) -> f64 {
    match filter {
        Filter::Box => 0.5,
        Filter::Bilinear => 1.0,
        Filter::Bicubic => 2.0,
        Filter::Lanczos => 3.0,
    }
}

/// A filter at a distance from its middle.
fn value(filter: Filter, x: f64) -> f64 {
    match filter {
        Filter::Box => f64::from(u8::from(x > -0.5 && x <= 0.5)),
        Filter::Bilinear => {
            let x = x.abs();
            if x < 1.0 { 1.0 - x } else { 0.0 }
        }
        Filter::Bicubic => {
            // Keys's cubic convolution.
            const A: f64 = -0.5;
            let x = x.abs();
            if x < 1.0 {
                ((A + 2.0) * x - (A + 3.0)) * x * x + 1.0
            } else if x < 2.0 {
                (((x - 5.0) * x + 8.0) * x - 4.0) * A
            } else {
                0.0
            }
        }
        Filter::Lanczos => {
            if (-3.0..3.0).contains(&x) {
                sinc(x) * sinc(x / 3.0)
            } else {
                0.0
            }
        }
    }
}

fn sinc(x: f64) -> f64 {
    if x == 0.0 {
        return 1.0;
    }
    let x = x * core::f64::consts::PI;
    sin(x) / x
}
