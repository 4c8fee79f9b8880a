//! Image files: PNG, JPEG and WebP, decoded by the `image` crate.
//!
//! What the frameworks read by Pillow's `Image.open(path).convert("RGB")` comes out here as well: transparency is dropped,
//! palettes are looked up, of 16 bits the upper 8 count, orientation and colour profiles are ignored. Grey of 16 bits is
//! the exception: Pillow turns everything above 255 white. Of an animation this is the first image. JPEG's decoders differ
//! from each other by 2 of 255 where they round.
//!
//! Sizes stand at the beginning of a file, and those beyond the limits are refused before memory is taken for pixels. What
//! an image within them takes at most, in bytes for each pixel: 3 (grey: 1; transparency: 1 more; 16 bits: twice that, and
//! the upper half of each number beside it); while it is decoded, up to 8 more for a JPEG that is progressive or in several
//! scans (2 for each channel), 6.5 for a WebP, 11 for an animated one. Besides these the file itself, JPEG's
//! twice, and up to 512 MiB that a PNG's colour profile may unfold to. So 100 million pixels of a usual JPEG or PNG take
//! 300 MB, and no file more than about 2.5 GB. Whoever decodes what strangers send checks sizes first.

use super::{ImageError, Pixels};
use ::image::{DynamicImage, ImageFormat, ImageReader, Limits};
use alloc::borrow::ToOwned;
use alloc::boxed::Box;
use alloc::string::ToString;
use alloc::vec::Vec;
use std::fs::File;
use std::io::{self, Cursor, Read as _};
use std::path::Path;

/// The most bytes of a file.
const MOST_FILE: u64 = 1 << 28;
/// The most bytes of decoded pixels.
const MOST_PIXELS: u64 = 1 << 29;
/// The most rows and columns.
const MOST_SIDE: u32 = 1 << 16;

/// A decoded image of a file.
#[derive(Clone, Debug)]
pub struct Decoded {
    bytes: Vec<u8>,
    width: usize,
    height: usize,
    is_grey: bool,
}

impl Decoded {
    /// Its pixels: grey where the file's are, else coloured.
    pub fn pixels(&self) -> Result<Pixels<'_>, ImageError> {
        match self.is_grey {
            true => Pixels::grey(&self.bytes, self.width, self.height),
            false => Pixels::rgb(&self.bytes, self.width, self.height),
        }
    }
}

/// Reads a PNG, JPEG or WebP file, which its first bytes tell. The error names it.
///
/// At most 65,536 rows and columns, and 512 MiB of pixels.
pub fn read(path: &Path) -> Result<Decoded, ImageError> {
    let bytes = File::open(path).and_then(|file| {
        let mut bytes = Vec::new();
        file.take(MOST_FILE + 1).read_to_end(&mut bytes)?;
        if bytes.len() as u64 > MOST_FILE {
            return Err(io::Error::other("it has more than 256 MiB"));
        }
        Ok(bytes)
    });
    bytes.map_err(ImageError::Read).and_then(|bytes| decode(&bytes)).map_err(|error| in_file(path, error))
}

/// An error of a file's image.
pub(super) fn in_file(path: &Path, error: ImageError) -> ImageError {
    ImageError::File { path: path.to_owned(), error: Box::new(error) }
}

/// Decodes the bytes of such a file.
pub fn decode(bytes: &[u8]) -> Result<Decoded, ImageError> {
    let format = |message: &str| ImageError::Format { message: message.to_owned() };
    let mut reader = ImageReader::new(Cursor::new(bytes)).with_guessed_format().map_err(ImageError::Read)?;
    let is_jpeg = match reader.format() {
        Some(ImageFormat::Jpeg) => true,
        Some(ImageFormat::Png | ImageFormat::WebP) => false,
        _ => return Err(format("it is neither PNG nor JPEG nor WebP")),
    };
    // The decoder would fill what is missing with grey.
    if is_jpeg && !has_end(bytes) {
        return Err(format("the JPEG file is cut short"));
    }
    let mut limits = Limits::no_limits();
    limits.max_image_width = Some(MOST_SIDE);
    limits.max_image_height = Some(MOST_SIDE);
    limits.max_alloc = Some(MOST_PIXELS);
    reader.limits(limits);
    let image = reader.decode().map_err(|error| format(&error.to_string()))?;
    let (width, height) = (image.width() as usize, image.height() as usize);
    let (is_grey, bytes) = match image {
        DynamicImage::ImageLuma8(grey) => (true, grey.into_raw()),
        DynamicImage::ImageLumaA8(grey) => (true, leading::<2, 1>(grey.into_raw())),
        DynamicImage::ImageRgb8(rgb) => (false, rgb.into_raw()),
        DynamicImage::ImageRgba8(rgb) => (false, leading::<4, 3>(rgb.into_raw())),
        DynamicImage::ImageLuma16(grey) => (true, upper(&grey)),
        DynamicImage::ImageLumaA16(grey) => (true, leading::<2, 1>(upper(&grey))),
        DynamicImage::ImageRgb16(rgb) => (false, upper(&rgb)),
        DynamicImage::ImageRgba16(rgb) => (false, leading::<4, 3>(upper(&rgb))),
        // None of the three formats gives another kind.
        other => (false, other.into_rgb8().into_raw()),
    };
    Ok(Decoded { bytes, width, height, is_grey })
}

/// The first `KEPT` of every `CHANNELS` bytes, in place.
fn leading<const CHANNELS: usize, const KEPT: usize>(mut bytes: Vec<u8>) -> Vec<u8> {
    let pixels = bytes.len() / CHANNELS;
    for pixel in 0..pixels {
        bytes.copy_within(pixel * CHANNELS..pixel * CHANNELS + KEPT, pixel * KEPT);
    }
    bytes.truncate(pixels * KEPT);
    bytes
}

/// The upper bytes.
fn upper(numbers: &[u16]) -> Vec<u8> {
    numbers.iter().map(|number| (number >> 8) as u8).collect()
}

/// Whether a JPEG file goes on to the marker of its end.
fn has_end(bytes: &[u8]) -> bool {
    let mut at = 2;
    // Markers are found from here on: 0xFF, and a byte that is neither 0, which stands for 0xFF among coded pixels, nor
    // 0xFF, which fills.
    while let Some(&[escape, marker]) = bytes.get(at..at + 2).and_then(|pair| pair.first_chunk()) {
        at += match (escape, marker) {
            (0xFF, 0xD9) => return true,
            // Those without contents: restarts among coded pixels, a start.
            (0xFF, 0x00 | 0x01 | 0xD0..=0xD8) => 2,
            (0xFF, 0x02..=0xFE) => {
                let Some(length) = bytes.get(at + 2..).and_then(|rest| rest.first_chunk()) else {
                    return false;
                };
                2 + usize::from(u16::from_be_bytes(*length)).max(2)
            }
            _ => 1,
        };
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_end_inside_of_a_segment_is_none() {
        let thumbnail = [0xFF, 0xE1, 0, 6, 0xFF, 0xD8, 0xFF, 0xD9];
        let scan = [0xFF, 0xDA, 0, 2, 1, 0xFF, 0, 0xD9, 0xFF, 0xD3, 7, 0xFF, 0xFF];
        let file = |parts: &[&[u8]]| has_end(&parts.concat());
        let start: &[u8] = &[0xFF, 0xD8];
        assert!(file(&[start, &thumbnail, &scan, &[0xD9]]));
        assert!(file(&[start, &thumbnail, &scan, &[0xD9, 0, 0]]));
        assert!(!file(&[start, &thumbnail]));
        assert!(!file(&[start, &thumbnail, &scan]));
        assert!(!file(&[start]));
        assert!(!file(&[start, &[0xFF, 0xE1]]));
    }
}
