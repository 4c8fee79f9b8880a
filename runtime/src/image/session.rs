//! Images for sessions, and the classes that they give.

#[cfg(feature = "image")]
use super::decode::{self, in_file};
use super::{Class, ImageError, Pixels, largest, preprocess};
use crate::spec::Network;
use alloc::borrow::ToOwned;
use alloc::vec::Vec;

/// Takes pixels through a network's `preprocess` into the input of image `index`, which lies among those of the batch.
fn load_pixels(
    network: &Network,
    input: &mut [f32],
    index: usize,
    pixels: Pixels<'_>,
) -> Result<(), ImageError> {
    let Some(steps) = network.preprocess else {
        return Err(ImageError::NoPreprocess { network: network.name.to_owned() });
    };
    let view = network.input.view;
    let shape = [view.height, view.width, view.channels];
    let size = view.height * view.width * view.channels;
    preprocess(pixels, steps, shape, &mut input[index * size..][..size])
}

/// The classes with the largest numbers in the output of image `index`, of `batch` images.
fn top(network: &Network, output: &[f32], batch: usize, index: usize, count: usize) -> Vec<Class> {
    let size = output.len() / batch;
    let numbers = &output[index * size..][..size];
    let class = |place: usize| Class {
        index: place,
        label: network.labels.get(place).copied(),
        score: numbers[place],
    };
    largest(numbers, count).into_iter().map(class).collect()
}

#[cfg(feature = "image")]
fn check_classes(network: &Network) -> Result<(), ImageError> {
    let view = network.outputs[0].view;
    match (view.height, view.width) {
        (1, 1) => Ok(()),
        (height, width) => Err(ImageError::NoClasses { output: [height, width, view.channels] }),
    }
}

/// The methods of a session, whose runs are `$run`: by a macro, since the sessions of a GPU have the same ones and are another
/// type.
macro_rules! session {
    ($session:ty, |$self:ident| $run:expr) => {
        impl $session {
            /// Takes decoded pixels through the network's `preprocess` into its input: image `index` of the batch, from 0.
            ///
            /// An error where the network has no `preprocess`, or a step of it does not fit the image.
            ///
            /// Panics where the batch has fewer images.
            pub fn load_pixels(&mut self, index: usize, pixels: Pixels<'_>) -> Result<(), ImageError> {
                load_pixels(self.model().network(), self.input_mut(), index, pixels)
            }

            /// The same from a PNG, JPEG or WebP file. Errors name it.
            #[cfg(feature = "image")]
            pub fn load_image(
                &mut self,
                index: usize,
                path: impl AsRef<std::path::Path>,
            ) -> Result<(), ImageError> {
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

            /// The classes for which the last run gave image `index` of the batch the largest numbers, at most `count`, the
            /// largest first. They are those of the first output; of one that is not a vector, the places of its numbers.
            ///
            /// Panics where the batch has fewer images.
            pub fn top(&self, index: usize, count: usize) -> Vec<Class> {
                top(self.model().network(), self.output(0), self.batch(), index, count)
            }

            /// `load_image` for image 0, a run, and its five best classes.
            ///
            /// An error as well where the first output is not a vector.
            #[cfg(feature = "image")]
            pub fn classify(&mut self, path: impl AsRef<std::path::Path>) -> Result<Vec<Class>, ImageError> {
                check_classes(self.model().network())?;
                self.load_image(0, path)?;
                let $self = &mut *self;
                $run;
                Ok(self.top(0, 5))
            }

            /// The same from the bytes of a file.
            #[cfg(feature = "image")]
            pub fn classify_bytes(&mut self, bytes: &[u8]) -> Result<Vec<Class>, ImageError> {
                check_classes(self.model().network())?;
                self.load_image_bytes(0, bytes)?;
                let $self = &mut *self;
                $run;
                Ok(self.top(0, 5))
            }
        }
    };
}

session!(crate::session::Session, |session| session.run());
#[cfg(feature = "cuda")]
session!(crate::cuda::Session, |session| session.run()?);
