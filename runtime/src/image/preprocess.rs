//! The steps of a network's `preprocess`: from decoded pixels to the numbers of its input.
//!
//! Bytes stay bytes until a step scales them, as in pipelines that resize with Pillow, and are f32 from then on. What
//! torchvision divides by 255 and Keras by 127.5 is here a factor in f64, rounded once: that gives the same f32 for each
//! byte. Means and deviations are f32, subtracted and divided in f32, as there.

use super::resize::{Sample, is_bounded, resize};
use super::{ImageError, Pixels};
use crate::spec::{Filter, Preprocess};
use crate::sys::Standard;
use alloc::borrow::Cow;
use alloc::vec::Vec;

/// Puts an image into `input`, which holds `shape` (rows, columns, channels), by the steps of a network.
///
/// Before all steps, grey pixels for a network of three channels are repeated, and coloured ones for one of a single
/// channel become their luma.
///
/// An error where the channels are neither 1 nor 3, a step does not fit the image, or what comes out has another size.
///
/// Panics where `input` does not have as many numbers as `shape`.
pub fn preprocess(
    pixels: Pixels<'_>,
    steps: &[Preprocess<'_>],
    shape: [usize; 3],
    input: &mut [f32],
) -> Result<(), ImageError> {
    // Rounded to nearest, whatever the caller's floating-point environment is.
    let _standard = Standard::enter();
    let bytes = pixels.with_channels(shape[2])?;
    let size = [pixels.height, pixels.width];
    match shape[2] {
        1 => fill::<1>(&bytes, size, steps, shape, input),
        _ => fill::<3>(&bytes, size, steps, shape, input),
    }
}

fn fill<const CHANNELS: usize>(
    bytes: &[u8],
    size: [usize; 2],
    steps: &[Preprocess<'_>],
    [rows, columns, _]: [usize; 3],
    input: &mut [f32],
) -> Result<(), ImageError> {
    let samples = Samples::Bytes(Cow::Borrowed(bytes.as_chunks::<CHANNELS>().0));
    let picture = steps.iter().try_fold(Picture { size, samples }, Picture::step)?;
    if picture.size != [rows, columns] {
        return Err(ImageError::Size { image: picture.size, input: [rows, columns] });
    }
    input.copy_from_slice(picture.samples.floats(f32::from).as_flattened());
    Ok(())
}

/// An image on its way.
struct Picture<'a, const CHANNELS: usize> {
    /// Rows and columns.
    size: [usize; 2],
    samples: Samples<'a, CHANNELS>,
}

/// Pixels: bytes until something scales them.
enum Samples<'a, const CHANNELS: usize> {
    Bytes(Cow<'a, [[u8; CHANNELS]]>),
    Floats(Vec<[f32; CHANNELS]>),
}

impl<const CHANNELS: usize> Samples<'_, CHANNELS> {
    /// As floats, each byte as `convert` has it.
    fn floats(self, convert: impl Fn(u8) -> f32) -> Vec<[f32; CHANNELS]> {
        match self {
            Samples::Bytes(pixels) => pixels.iter().map(|pixel| pixel.map(&convert)).collect(),
            Samples::Floats(pixels) => pixels,
        }
    }
}

impl<'a, const CHANNELS: usize> Picture<'a, CHANNELS> {
    fn step(self, step: &Preprocess<'_>) -> Result<Self, ImageError> {
        let [rows, columns] = self.size;
        match *step {
            Preprocess::ResizeShort(side, filter) => {
                // The long side is rounded down, as torchvision does.
                let scaled = |length: usize| length.saturating_mul(side) / rows.min(columns);
                self.resize([scaled(rows), scaled(columns)], filter)
            }
            Preprocess::ResizeBoth(rows, columns, filter) => self.resize([rows, columns], filter),
            Preprocess::Crop(rows, columns) => self.crop([rows, columns]),
            Preprocess::Bgr => Ok(self.reversed()),
            Preprocess::Scale(factor) => Ok(self.scaled(factor)),
            Preprocess::Normalize { mean, std } => Ok(self.normalized(mean, std)),
        }
    }

    fn resize(self, to: [usize; 2], filter: Filter) -> Result<Self, ImageError> {
        let from = self.size;
        if from == to {
            return Ok(self);
        }
        if !is_bounded(from, to, CHANNELS) {
            return Err(ImageError::TooLarge { from, to });
        }
        let samples = match self.samples {
            Samples::Bytes(pixels) => Samples::Bytes(resize(&pixels, from, to, filter).into()),
            Samples::Floats(pixels) => Samples::Floats(resize(&pixels, from, to, filter)),
        };
        Ok(Picture { size: to, samples })
    }

    fn crop(self, to: [usize; 2]) -> Result<Self, ImageError> {
        let from = self.size;
        if to[0] > from[0] || to[1] > from[1] {
            return Err(ImageError::Crop { from, to });
        }
        let samples = match self.samples {
            Samples::Bytes(pixels) => Samples::Bytes(middle(&pixels, from, to).into()),
            Samples::Floats(pixels) => Samples::Floats(middle(&pixels, from, to)),
        };
        Ok(Picture { size: to, samples })
    }

    /// The channels the other way round.
    fn reversed(mut self) -> Self {
        match &mut self.samples {
            Samples::Bytes(pixels) => pixels.to_mut().iter_mut().for_each(|pixel| pixel.reverse()),
            Samples::Floats(pixels) => pixels.iter_mut().for_each(|pixel| pixel.reverse()),
        }
        self
    }

    fn scaled(self, factor: f64) -> Self {
        let is_scaled = matches!(self.samples, Samples::Floats(_));
        let mut pixels = self.samples.floats(|byte| (f64::from(byte) * factor) as f32);
        if is_scaled {
            pixels.as_flattened_mut().iter_mut().for_each(|x| *x = (f64::from(*x) * factor) as f32);
        }
        Picture { size: self.size, samples: Samples::Floats(pixels) }
    }

    fn normalized(self, mean: &[f64], std: &[f64]) -> Self {
        let mut pixels = self.samples.floats(f32::from);
        for pixel in &mut pixels {
            for ((x, &mean), &std) in pixel.iter_mut().zip(mean).zip(std) {
                *x = (*x - mean as f32) / std as f32;
            }
        }
        Picture { size: self.size, samples: Samples::Floats(pixels) }
    }
}

/// The middle of an image. Half a pixel goes up or down to the even number, as torchvision's center crop rounds.
fn middle<T: Sample, const CHANNELS: usize>(
    pixels: &[[T; CHANNELS]],
    from: [usize; 2],
    to: [usize; 2],
) -> Vec<[T; CHANNELS]> {
    let start = |room: usize| room / 2 + usize::from(room % 4 == 3);
    let (top, left) = (start(from[0] - to[0]), start(from[1] - to[1]));
    let rows = pixels.chunks_exact(from[1]).skip(top).take(to[0]);
    rows.flat_map(|row| &row[left..left + to[1]]).copied().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const PIXELS: [u8; 18] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17];

    /// Two rows of three pixels.
    fn prepared(steps: &[Preprocess<'_>], size: [usize; 2]) -> Result<Vec<f32>, ImageError> {
        let mut input = alloc::vec![0.0; size[0] * size[1] * 3];
        preprocess(Pixels::rgb(&PIXELS, 3, 2)?, steps, [size[0], size[1], 3], &mut input)?;
        Ok(input)
    }

    #[test]
    fn steps_follow_each_other() {
        let steps = [
            Preprocess::Bgr,
            Preprocess::Scale(0.5),
            Preprocess::Normalize { mean: &[1.0, 0.0, 0.0], std: &[2.0, 1.0, 0.5] },
        ];
        assert_eq!(prepared(&steps[..2], [2, 3]).unwrap()[..6], [1.0, 0.5, 0.0, 2.5, 2.0, 1.5]);
        assert_eq!(prepared(&steps, [2, 3]).unwrap()[..3], [0.0, 0.5, 0.0]);
        assert_eq!(prepared(&[steps[1], steps[1], steps[0]], [2, 3]).unwrap()[..3], [0.5, 0.25, 0.0]);
    }

    #[test]
    fn a_crop_is_the_middle() {
        assert_eq!(prepared(&[Preprocess::Crop(2, 1)], [2, 1]).unwrap(), [3.0, 4.0, 5.0, 12.0, 13.0, 14.0]);
        let error = prepared(&[Preprocess::Crop(3, 3)], [3, 3]);
        assert!(matches!(error, Err(ImageError::Crop { from: [2, 3], to: [3, 3] })));
        // Python's round((length - 1) / 2) for lengths from 1.
        let starts = (1..10).map(|length| {
            let row: Vec<[u8; 1]> = (0..length).map(|x| [x]).collect();
            middle(&row, [1, row.len()], [1, 1])[0][0]
        });
        assert_eq!(starts.collect::<Vec<_>>(), [0, 0, 1, 2, 2, 2, 3, 4, 4]);
    }

    #[test]
    fn the_short_side_gets_its_length() {
        let steps = [Preprocess::ResizeShort(5, Filter::Bilinear)];
        assert_eq!(prepared(&steps, [5, 7]).unwrap().len(), 5 * 7 * 3);
        let error = prepared(&steps, [5, 8]).unwrap_err();
        assert!(matches!(error, ImageError::Size { image: [5, 7], input: [5, 8] }));
        for (rows, columns) in [(1 << 20, 1), (1, usize::MAX), (usize::MAX, usize::MAX), (1 << 14, 1 << 14)] {
            let error = prepared(&[Preprocess::ResizeBoth(rows, columns, Filter::Box)], [5, 7]).unwrap_err();
            assert!(matches!(error, ImageError::TooLarge { .. }), "{error}");
        }
    }

    #[test]
    fn scaled_numbers_are_resized_as_numbers() {
        let (scale, resize) =
            (Preprocess::Scale(1.0 / 255.0), Preprocess::ResizeBoth(4, 6, Filter::Bilinear));
        let scaled = prepared(&[scale, resize], [4, 6]).unwrap();
        let bytes = prepared(&[resize], [4, 6]).unwrap();
        for (scaled, byte) in scaled.iter().zip(&bytes) {
            assert!((scaled * 255.0 - byte).abs() <= 0.5 + 1e-3, "{scaled} and {byte}");
        }
        assert!(scaled.iter().any(|x| (x * 255.0).fract() > 0.1));
    }

    /// What torchvision and Keras divide by, this multiplies by the reciprocal of.
    #[test]
    fn a_factor_rounds_as_the_division_does() {
        for divisor in [255.0_f32, 127.5] {
            for byte in 0..=255_u8 {
                let factor = 1.0 / f64::from(divisor);
                assert_eq!(
                    (f64::from(byte) * factor) as f32,
                    f32::from(byte) / divisor,
                    "{byte} / {divisor}"
                );
            }
        }
    }
}
