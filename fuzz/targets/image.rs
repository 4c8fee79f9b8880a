//! Images of odd sizes through any steps: an error or numbers, never a panic. One of a single colour keeps it when it is
//! resized or cut.
#![no_main]

use archc_runtime::image::{Pixels, preprocess};
use archc_runtime::spec::{Filter, Preprocess};
use libfuzzer_sys::fuzz_target;

/// Numbers out of the fuzzer's bytes; 0 behind their end.
struct Bytes<'a>(&'a [u8]);

impl Bytes<'_> {
    fn next(&mut self) -> u8 {
        self.0.split_off_first().copied().unwrap_or_default()
    }

    /// Up to 1023, mostly small.
    fn size(&mut self) -> usize {
        let (low, high) = (usize::from(self.next()), usize::from(self.next()));
        if high % 2 == 0 { low } else { low + high / 64 * 256 }
    }

    fn filter(&mut self) -> Filter {
        [Filter::Box, Filter::Bilinear, Filter::Bicubic, Filter::Lanczos][usize::from(self.next()) % 4]
    }

    /// Sizes of 0 are the text's to refuse.
    fn step(&mut self, is_moving: bool) -> Preprocess<'static> {
        match self.next() % if is_moving { 3 } else { 6 } {
            0 => Preprocess::ResizeShort(self.size().max(1), self.filter()),
            1 => Preprocess::ResizeBoth(self.size().max(1), self.size().max(1), self.filter()),
            2 => Preprocess::Crop(self.size().max(1), self.size().max(1)),
            3 => Preprocess::Bgr,
            4 => Preprocess::Scale(f64::from(self.next()) - 100.0),
            _ => Preprocess::Normalize { mean: &[1.0, -2.0, 1e30], std: &[0.5, 3.0, 1e-30] },
        }
    }
}

fuzz_target!(|bytes: &[u8]| {
    let mut bytes = Bytes(bytes);
    let (kind, rows, columns, into) = (bytes.next(), bytes.size(), bytes.size(), [bytes.size(), bytes.size()]);
    let (is_grey, is_plain) = (kind % 2 == 0, kind & 2 != 0);
    let shape = [into[0], into[1], if kind & 4 == 0 { 1 } else { 3 }];
    let mut steps: Vec<_> = (0..bytes.next() % 6).map(|_| bytes.step(is_plain)).collect();
    if kind & 8 != 0 && shape[0] * shape[1] > 0 {
        steps.push(Preprocess::ResizeBoth(shape[0], shape[1], bytes.filter()));
    }
    let numbers = rows * columns * if is_grey { 1 } else { 3 };
    let colour = bytes.next();
    let pixel = |i: usize| if is_plain { colour } else { bytes.0.get(i % bytes.0.len().max(1)).map_or(colour, |&b| b) };
    let buffer: Vec<u8> = (0..numbers).map(pixel).collect();
    let pixels = match is_grey {
        true => Pixels::grey(&buffer, columns, rows),
        false => Pixels::rgb(&buffer, columns, rows),
    };
    let Ok(pixels) = pixels else { return assert_eq!(numbers, 0) };
    let mut input = vec![f32::NAN; shape.iter().product()];
    let done = preprocess(pixels, &steps, shape, &mut input).is_ok();
    if done && is_plain {
        assert!(input.iter().all(|&x| x == f32::from(colour)), "{colour}: {steps:?} of {rows}x{columns}");
    }
});
