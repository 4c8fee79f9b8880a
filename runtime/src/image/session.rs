//! Images for sessions, and the classes that they give.

#[cfg(feature = "image")]
use super::decode::{self, in_file};
use super::{Class, ImageError, Pixels, largest, preprocess};
use crate::session::Session;
use alloc::borrow::ToOwned;
use alloc::vec::Vec;
#[cfg(feature = "image")]
use std::path::Path;

impl Session {
    /// Takes decoded pixels through the network's `preprocess` into its input: image `index` of the batch, from 0.
    ///
    /// An error where the network has no `preprocess`, or a step of it does not fit the image.
    ///
    /// Panics where the batch has fewer images.
    pub fn load_pixels(&mut self, index: usize, pixels: Pixels<'_>) -> Result<(), ImageError> {
        let network = self.model().network();
        let Some(steps) = network.preprocess else {
            return Err(ImageError::NoPreprocess { network: network.name.to_owned() });
        };
        let view = network.input.view;
        let shape = [view.height, view.width, view.channels];
        let size = view.height * view.width * view.channels;
        preprocess(pixels, steps, shape, &mut self.input_mut()[index * size..][..size])
    }

    /// The same from a PNG, JPEG or WebP file. Errors name it.
    #[cfg(feature = "image")]
    pub fn load_image(&mut self, index: usize, path: impl AsRef<Path>) -> Result<(), ImageError> {
        let path = path.as_ref();
        let decoded = decode::read(path)?;
        decoded
            .pixels()
            .and_then(|pixels| self.load_pixels(index, pixels))
            .map_err(|error| in_file(path, error))
    }

    /// The same from the bytes of such a file.
    #[cfg(feature = "image")]
    pub fn load_image_bytes(&mut self, index: usize, bytes: &[u8]) -> Result<(), ImageError> {
        self.load_pixels(index, decode::decode(bytes)?.pixels()?)
    }

    /// The classes for which the last [`Session::run`] gave image `index` of the batch the largest numbers, at most `count`,
    /// the largest first. They are those of the first output; of one that is not a vector, the places of its numbers.
    ///
    /// Panics where the batch has fewer images.
    pub fn top(&self, index: usize, count: usize) -> Vec<Class> {
        let network = self.model().network();
        let output = self.output(0);
        let size = output.len() / self.batch();
        let numbers = &output[index * size..][..size];
        let class = |place: usize| Class {
            index: place,
            label: network.labels.get(place).copied(),
            score: numbers[place],
        };
        largest(numbers, count).into_iter().map(class).collect()
    }

    /// [`Session::load_image`] for image 0, [`Session::run`], and its five best classes.
    ///
    /// An error as well where the first output is not a vector.
    #[cfg(feature = "image")]
    pub fn classify(&mut self, path: impl AsRef<Path>) -> Result<Vec<Class>, ImageError> {
        self.check_classes()?;
        self.load_image(0, path)?;
        self.run();
        Ok(self.top(0, 5))
    }

    /// The same from the bytes of a file.
    #[cfg(feature = "image")]
    pub fn classify_bytes(&mut self, bytes: &[u8]) -> Result<Vec<Class>, ImageError> {
        self.check_classes()?;
        self.load_image_bytes(0, bytes)?;
        self.run();
        Ok(self.top(0, 5))
    }

    #[cfg(feature = "image")]
    fn check_classes(&self) -> Result<(), ImageError> {
        let view = self.model().network().outputs[0].view;
        match (view.height, view.width) {
            (1, 1) => Ok(()),
            (height, width) => Err(ImageError::NoClasses { output: [height, width, view.channels] }),
        }
    }
}
