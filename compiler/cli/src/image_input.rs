//! From an image file to a network's input, by the steps of its `preprocess`.

use crate::error::Error;
use archc_core::ir::Shape;
use archc_core::ir::preprocess::{Filter, Preprocess, Step};
use fast_image_resize::images::Image;
use fast_image_resize::{FilterType, PixelType, ResizeAlg, ResizeOptions, Resizer};
use std::path::Path;

/// Reads an image and turns it into the numbers that the network takes: rows, columns, channels.
pub(crate) fn read(path: &Path, steps: Option<&Preprocess>, input: Shape) -> Result<Vec<f32>, Error> {
    let Some(steps) = steps else {
        return Err(Error::with_help(
            "the network does not say how an image becomes its input",
            "add a line such as `preprocess { resize 256 bilinear  crop 224  scale 1/255 }` behind `input`",
        ));
    };
    let failed = |e: String| Error::new(format!("{}: {e}", path.display()));
    let decoded = image::ImageReader::open(path)
        .and_then(image::ImageReader::with_guessed_format)
        .map_err(|e| failed(e.to_string()))?
        .decode()
        .map_err(|e| failed(e.to_string()))?;
    let (width, height) = (decoded.width() as usize, decoded.height() as usize);
    let bytes = match input.channels {
        1 => decoded.into_luma8().into_raw(),
        3 => decoded.into_rgb8().into_raw(),
        n => return Err(Error::new(format!("an image has 1 or 3 channels, and the network takes {n}"))),
    };
    let picture = Picture::new(height, width, input.channels, &bytes);
    let picture = steps.steps.iter().try_fold(picture, |p, step| p.apply(step).map_err(&failed))?;
    if (picture.height, picture.width) != (input.height, input.width) {
        return Err(Error::with_help(
            format!(
                "{} has {} rows and {} columns, and the network takes {} and {}",
                path.display(),
                picture.height,
                picture.width,
                input.height,
                input.width
            ),
            format!(
                "add `resize {}x{}` to the network's `preprocess`, or give an image of that size",
                input.height, input.width
            ),
        ));
    }
    Ok(picture.numbers.iter().map(|&x| x as f32).collect())
}

/// Numbers of an image on their way: bytes until something scales them.
struct Picture {
    height: usize,
    width: usize,
    channels: usize,
    numbers: Vec<f64>,
}

impl Picture {
    fn new(height: usize, width: usize, channels: usize, bytes: &[u8]) -> Picture {
        Picture { height, width, channels, numbers: bytes.iter().map(|&b| f64::from(b)).collect() }
    }

    fn apply(mut self, step: &Step) -> Result<Picture, String> {
        match step {
            Step::ResizeShort(side, filter) => {
                let short = self.height.min(self.width).max(1);
                // The long side is rounded down, as torchvision does.
                let long = |n: usize| n * side / short;
                let (height, width) = (long(self.height).max(1), long(self.width).max(1));
                return self.resize(height, width, *filter);
            }
            Step::ResizeBoth(height, width, filter) => return self.resize(*height, *width, *filter),
            Step::Crop(height, width) => return self.crop(*height, *width),
            Step::Bgr => {
                for pixel in self.numbers.chunks_exact_mut(self.channels) {
                    pixel.reverse();
                }
            }
            Step::Scale(factor) => self.numbers.iter_mut().for_each(|x| *x *= factor),
            Step::Normalize { mean, std } => {
                for pixel in self.numbers.chunks_exact_mut(self.channels) {
                    for ((x, mean), std) in pixel.iter_mut().zip(mean).zip(std) {
                        *x = (*x - mean) / std;
                    }
                }
            }
        }
        Ok(self)
    }

    fn resize(self, height: usize, width: usize, filter: Filter) -> Result<Picture, String> {
        /// A side that no image needs, and that memory still holds.
        const LARGEST: usize = 1 << 14;
        if height > LARGEST || width > LARGEST {
            return Err(format!(
                "resizing would make it {height} rows by {width} columns; the most is {LARGEST}"
            ));
        }
        let filter = match filter {
            Filter::Box => FilterType::Box,
            Filter::Bilinear => FilterType::Bilinear,
            Filter::Bicubic => FilterType::CatmullRom,
            Filter::Lanczos => FilterType::Lanczos3,
        };
        let options = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(filter));
        // Bytes stay bytes, as in Pillow, which rounds what it resizes; numbers that a step has scaled do not.
        let is_bytes = self.numbers.iter().all(|&x| x == f64::from(x as u8));
        let kind = match (is_bytes, self.channels) {
            (true, 1) => PixelType::U8,
            (true, _) => PixelType::U8x3,
            (false, 1) => PixelType::F32,
            (false, _) => PixelType::F32x3,
        };
        let mut source = Image::new(self.width as u32, self.height as u32, kind);
        let mut target = Image::new(width as u32, height as u32, kind);
        let (bytes, floats) = (source.buffer_mut(), self.numbers.iter().map(|&x| x as f32));
        if is_bytes {
            bytes.iter_mut().zip(&self.numbers).for_each(|(b, &x)| *b = x as u8);
        } else {
            bytes.as_chunks_mut::<4>().0.iter_mut().zip(floats).for_each(|(b, x)| *b = x.to_ne_bytes());
        }
        Resizer::new().resize(&source, &mut target, &options).map_err(|e| e.to_string())?;
        let numbers = if is_bytes {
            target.buffer().iter().map(|&b| f64::from(b)).collect()
        } else {
            target.buffer().as_chunks::<4>().0.iter().map(|&b| f64::from(f32::from_ne_bytes(b))).collect()
        };
        Ok(Picture { height, width, channels: self.channels, numbers })
    }

    fn crop(self, height: usize, width: usize) -> Result<Picture, String> {
        if height > self.height || width > self.width {
            let (rows, columns) = (self.height, self.width);
            return Err(format!(
                "cannot cut {height}x{width} out of {rows} rows and {columns} columns; resize first"
            ));
        }
        // Half a pixel goes up and left, as torchvision's center crop rounds.
        let start = |room: usize| (room as f64 / 2.0).round_ties_even() as usize;
        let (top, left) = (start(self.height - height), start(self.width - width));
        let row = |y: usize| {
            let first = ((top + y) * self.width + left) * self.channels;
            &self.numbers[first..first + width * self.channels]
        };
        let numbers = (0..height).flat_map(row).copied().collect();
        Ok(Picture { height, width, channels: self.channels, numbers })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picture() -> Picture {
        Picture::new(2, 3, 3, &(0..18).collect::<Vec<u8>>())
    }

    #[test]
    fn steps_follow_each_other() {
        let p = picture().apply(&Step::Bgr).unwrap().apply(&Step::Scale(0.5)).unwrap();
        assert_eq!(p.numbers[..6], [1.0, 0.5, 0.0, 2.5, 2.0, 1.5]);
        let p = p.apply(&Step::Normalize { mean: vec![1.0, 0.0, 0.0], std: vec![2.0, 1.0, 0.5] }).unwrap();
        assert_eq!(p.numbers[..3], [0.0, 0.5, 0.0]);
    }

    #[test]
    fn a_crop_is_the_middle() {
        let p = picture().apply(&Step::Crop(2, 1)).unwrap();
        assert_eq!((p.height, p.width), (2, 1));
        assert_eq!(p.numbers, [3.0, 4.0, 5.0, 12.0, 13.0, 14.0]);
        assert!(picture().apply(&Step::Crop(3, 3)).is_err());
    }

    #[test]
    fn scaled_numbers_are_resized_as_numbers() {
        let resize = Step::ResizeBoth(4, 6, Filter::Bilinear);
        let scaled = picture().apply(&Step::Scale(1.0 / 255.0)).unwrap().apply(&resize).unwrap();
        let bytes = picture().apply(&resize).unwrap();
        for (scaled, byte) in scaled.numbers.iter().zip(&bytes.numbers) {
            assert!((scaled * 255.0 - byte).abs() <= 0.5 + 1e-3, "{scaled} and {byte}");
        }
        assert!(scaled.numbers.iter().any(|x| x.fract() != 0.0));
    }

    #[test]
    fn the_short_side_gets_its_length() {
        let p = picture().apply(&Step::ResizeShort(4, Filter::Bilinear)).unwrap();
        assert_eq!((p.height, p.width, p.numbers.len()), (4, 6, 72));
        assert!(picture().apply(&Step::ResizeBoth(1 << 20, 1, Filter::Box)).is_err());
    }
}
