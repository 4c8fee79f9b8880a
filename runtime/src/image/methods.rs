//! The methods of generated sessions that have to do with images and classes.

/// The methods of a generated session that have to do with images and classes. Those that read files of images need the
/// feature `image`.
#[macro_export]
macro_rules! session_images {
    ($session:ident) => {
        impl $session {
            /// Takes a decoded image through the network's `preprocess` into the input: `height` rows of `width` pixels,
            /// three bytes each (red, green, blue). A network of one channel gets its grey.
            ///
            /// An error where the network has no `preprocess`, or the image does not fit.
            pub fn load_rgb(
                &mut self,
                pixels: &[u8],
                width: usize,
                height: usize,
            ) -> ::core::result::Result<(), $crate::image::ImageError> {
                self.0.load_pixels(0, $crate::image::Pixels::rgb(pixels, width, height)?)
            }

            /// The same with grey pixels of one byte. A network of three channels gets it three times.
            pub fn load_grey(
                &mut self,
                pixels: &[u8],
                width: usize,
                height: usize,
            ) -> ::core::result::Result<(), $crate::image::ImageError> {
                self.0.load_pixels(0, $crate::image::Pixels::grey(pixels, width, height)?)
            }

            /// The classes to which the last `run` gave the largest numbers, at most `count`, the largest first.
            pub fn top(&self, count: usize) -> $crate::Vec<$crate::image::Class> {
                self.0.top(0, count)
            }
        }

        $crate::session_files!($session);
    };
}

/// What [`session_images!`] has for sessions of one image, for those of several.
#[macro_export]
macro_rules! batch_images {
    ($session:ident) => {
        impl<const BATCH: usize> $session<BATCH> {
            /// Takes a decoded image through the network's `preprocess` into the input of image `index`, from 0; as
            /// [`Session::load_rgb`].
            pub fn load_rgb(
                &mut self,
                index: usize,
                pixels: &[u8],
                width: usize,
                height: usize,
            ) -> ::core::result::Result<(), $crate::image::ImageError> {
                self.0.load_pixels(index, $crate::image::Pixels::rgb(pixels, width, height)?)
            }

            /// The same with grey pixels of one byte.
            pub fn load_grey(
                &mut self,
                index: usize,
                pixels: &[u8],
                width: usize,
                height: usize,
            ) -> ::core::result::Result<(), $crate::image::ImageError> {
                self.0.load_pixels(index, $crate::image::Pixels::grey(pixels, width, height)?)
            }

            /// The classes to which the last `run` gave the largest numbers for image `index`, at most `count`.
            pub fn top(&self, index: usize, count: usize) -> $crate::Vec<$crate::image::Class> {
                self.0.top(index, count)
            }
        }

        $crate::batch_files!($session);
    };
}

/// The methods of a generated session that read files of images. Without the feature `image` there are none.
#[cfg(feature = "image")]
#[doc(hidden)]
#[macro_export]
macro_rules! session_files {
    ($session:ident) => {
        impl $session {
            /// Reads a PNG, JPEG or WebP file, runs, and gives the five best classes, the best first; [`top`](Self::top)
            /// gives another number of them. What the file's image becomes is said at [`archc_runtime::image`]($crate::image).
            pub fn classify(
                &mut self,
                path: impl ::core::convert::AsRef<$crate::Path>,
            ) -> ::core::result::Result<$crate::Vec<$crate::image::Class>, $crate::image::ImageError> {
                self.0.classify(path)
            }

            /// The same from the bytes of such a file.
            pub fn classify_bytes(
                &mut self,
                bytes: &[u8],
            ) -> ::core::result::Result<$crate::Vec<$crate::image::Class>, $crate::image::ImageError> {
                self.0.classify_bytes(bytes)
            }

            /// Takes a PNG, JPEG or WebP file through the network's `preprocess` into the input.
            pub fn load_image(
                &mut self,
                path: impl ::core::convert::AsRef<$crate::Path>,
            ) -> ::core::result::Result<(), $crate::image::ImageError> {
                self.0.load_image(0, path)
            }

            /// The same from the bytes of such a file.
            pub fn load_image_bytes(
                &mut self,
                bytes: &[u8],
            ) -> ::core::result::Result<(), $crate::image::ImageError> {
                self.0.load_image_bytes(0, bytes)
            }
        }
    };
}

/// The methods of a generated session that read files of images. Without the feature `image` there are none.
#[cfg(not(feature = "image"))]
#[doc(hidden)]
#[macro_export]
macro_rules! session_files {
    ($session:ident) => {};
}

/// What [`session_files!`] has, for sessions of several images.
#[cfg(feature = "image")]
#[doc(hidden)]
#[macro_export]
macro_rules! batch_files {
    ($session:ident) => {
        impl<const BATCH: usize> $session<BATCH> {
            /// Takes a PNG, JPEG or WebP file through the network's `preprocess` into the input of image `index`, from 0.
            pub fn load_image(
                &mut self,
                index: usize,
                path: impl ::core::convert::AsRef<$crate::Path>,
            ) -> ::core::result::Result<(), $crate::image::ImageError> {
                self.0.load_image(index, path)
            }

            /// The same from the bytes of such a file.
            pub fn load_image_bytes(
                &mut self,
                index: usize,
                bytes: &[u8],
            ) -> ::core::result::Result<(), $crate::image::ImageError> {
                self.0.load_image_bytes(index, bytes)
            }
        }
    };
}

/// What [`session_files!`] has, for sessions of several images.
#[cfg(not(feature = "image"))]
#[doc(hidden)]
#[macro_export]
macro_rules! batch_files {
    ($session:ident) => {};
}
