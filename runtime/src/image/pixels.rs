//! Decoded pixels, and how colours become grey.

use super::ImageError;
use alloc::borrow::Cow;
use alloc::vec::Vec;

/// A decoded image: a byte for each channel, 0 to 255, pixel by pixel, row by row from the top.
#[derive(Clone, Copy, Debug)]
pub struct Pixels<'a> {
    pub(super) bytes: &'a [u8],
    pub(super) height: usize,
    pub(super) width: usize,
    pub(super) channels: usize,
}

impl<'a> Pixels<'a> {
    /// Pixels of three bytes: red, green, blue.
    ///
    /// An error where there are none, or not `width * height * 3` bytes.
    pub fn rgb(bytes: &'a [u8], width: usize, height: usize) -> Result<Pixels<'a>, ImageError> {
        Pixels::new(bytes, width, height, 3)
    }

    /// Grey pixels, a byte each.
    ///
    /// An error where there are none, or not `width * height` bytes.
    pub fn grey(bytes: &'a [u8], width: usize, height: usize) -> Result<Pixels<'a>, ImageError> {
        Pixels::new(bytes, width, height, 1)
    }

    fn new(bytes: &'a [u8], width: usize, height: usize, channels: usize) -> Result<Pixels<'a>, ImageError> {
        let size = width.checked_mul(height).and_then(|pixels| pixels.checked_mul(channels));
        if size == Some(0) {
            return Err(ImageError::Empty);
        }
        if size != Some(bytes.len()) {
            return Err(ImageError::Bytes { given: bytes.len(), width, height, channels });
        }
        Ok(Pixels { bytes, height, width, channels })
    }

    /// The bytes with 1 or 3 channels, as Pillow converts between its `L` and `RGB`.
    pub(super) fn with_channels(&self, channels: usize) -> Result<Cow<'a, [u8]>, ImageError> {
        match (self.channels, channels) {
            (1, 1) | (3, 3) => Ok(Cow::Borrowed(self.bytes)),
            (1, 3) => Ok(self.bytes.iter().flat_map(|&grey| [grey; 3]).collect::<Vec<u8>>().into()),
            (3, 1) => Ok(self.bytes.as_chunks().0.iter().map(luma).collect::<Vec<u8>>().into()),
            _ => Err(ImageError::Channels { channels }),
        }
    }
}

/// The luma of ITU-R 601, by Pillow's weights: 0.299, 0.587 and 0.114 in parts of 65536, rounded to nearest.
fn luma(&[red, green, blue]: &[u8; 3]) -> u8 {
    let sum = u32::from(red) * 19595 + u32::from(green) * 38470 + u32::from(blue) * 7471;
    ((sum + 0x8000) >> 16) as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_become_grey_as_in_pillow() {
        // Image.frombytes("RGB", (6, 1), ..).convert("L") of Pillow 13.0.
        let colours = [[255, 0, 0], [0, 255, 0], [0, 0, 255], [255, 255, 255], [12, 200, 99], [1, 2, 3]];
        let pixels = Pixels::rgb(colours.as_flattened(), 6, 1).unwrap();
        assert_eq!(*pixels.with_channels(1).unwrap(), [76, 150, 29, 255, 132, 2]);
        let grey = Pixels::grey(&[7, 250], 1, 2).unwrap();
        assert_eq!(*grey.with_channels(3).unwrap(), [7, 7, 7, 250, 250, 250]);
        assert!(matches!(grey.with_channels(4), Err(ImageError::Channels { channels: 4 })));
    }

    #[test]
    fn sizes_that_do_not_fit_are_errors() {
        assert!(matches!(Pixels::rgb(&[], 0, 7), Err(ImageError::Empty)));
        assert!(matches!(Pixels::rgb(&[0; 6], 1, 1), Err(ImageError::Bytes { given: 6, channels: 3, .. })));
        assert!(matches!(Pixels::grey(&[0; 6], usize::MAX, 3), Err(ImageError::Bytes { .. })));
    }
}
