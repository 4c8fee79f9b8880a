//! Bytes of a PNG, JPEG or WebP file: an error or as many pixels as they say, which go through a network's steps; never a
//! panic. What is beyond the limits is refused.
#![no_main]

use archc_runtime::image::{decode, preprocess};
use archc_runtime::spec::{Filter, Preprocess};
use image::{ColorType, ImageDecoder as _, ImageReader};
use libfuzzer_sys::fuzz_target;
use std::io::Cursor;

/// Pixels that are decoded here: more of them take time and find nothing new.
const MOST: u64 = 1 << 18;

/// Rows, columns and bytes that the decoder says the file has, without limits.
fn announced(bytes: &[u8]) -> Option<([u64; 2], u64)> {
    let mut reader = ImageReader::new(Cursor::new(bytes)).with_guessed_format().unwrap();
    reader.no_limits();
    let decoder = reader.into_decoder().ok()?;
    let (width, height) = decoder.dimensions();
    let pixel = u64::from(ColorType::bytes_per_pixel(decoder.color_type()));
    let size = u64::from(width).saturating_mul(height.into()).saturating_mul(pixel);
    Some(([height.into(), width.into()], size))
}

fuzz_target!(|bytes: &[u8]| {
    let announced = announced(bytes);
    let is_refused = match announced {
        Some((sides, size)) => size > 1 << 29 || sides.iter().any(|&side| side > 1 << 16),
        None => true,
    };
    if !is_refused && announced.is_some_and(|([height, width], _)| height * width > MOST) {
        return;
    }
    let Ok(decoded) = decode(bytes) else { return };
    let ([height, width], _) = announced.filter(|_| !is_refused).expect("it has a size within the limits");
    let pixels = decoded.pixels().expect("it has its pixels");
    let (height, width) = (height as usize, width as usize);
    for (shape, steps) in [
        (
            [24, 24, 3],
            &[
                Preprocess::ResizeShort(28, Filter::Bilinear),
                Preprocess::Crop(24, 24),
                Preprocess::Bgr,
                Preprocess::Scale(1.0 / 255.0),
                Preprocess::Normalize { mean: &[0.5; 3], std: &[0.25; 3] },
            ][..],
        ),
        ([20, 12, 1], &[Preprocess::ResizeBoth(20, 12, Filter::Lanczos)]),
        ([height, width, 3], &[]),
    ] {
        let mut input = vec![f32::NAN; shape.iter().product()];
        // Images that are long without being large grow too much.
        if preprocess(pixels, steps, shape, &mut input).is_ok() {
            assert!(input.iter().all(|x| x.is_finite()), "{steps:?} of {height}x{width}");
        } else {
            assert!(!steps.is_empty(), "pixels of {height}x{width}");
        }
    }
});
