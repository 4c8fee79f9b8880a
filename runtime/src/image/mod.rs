//! From images to classes: decoding, the steps of a network's `preprocess`, and the best classes.
//!
//! What comes out equals what the frameworks' own pipelines compute: resizing is Pillow's to the bit, cropping
//! torchvision's, and the numbers are those that torchvision and Keras compute in f32. An image's EXIF orientation is not
//! applied, as neither Pillow nor torchvision does by themselves.
//!
//! Only reading files of images needs the feature `image`; everything else works on pixels that somebody else has decoded,
//! and without the standard library.

mod classes;
#[cfg(feature = "image")]
mod decode;
mod error;
mod methods;
mod pixels;
mod preprocess;
mod resize;
mod session;
mod sine;

pub use classes::{Class, largest};
#[cfg(feature = "image")]
pub use decode::{Decoded, decode, read};
pub use error::ImageError;
pub use pixels::Pixels;
pub use preprocess::preprocess;
