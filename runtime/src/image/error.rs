//! Why an image cannot be classified.

use alloc::string::String;
use core::fmt;

/// Why an image does not become a network's input, or its classes.
#[derive(Debug)]
#[non_exhaustive]
pub enum ImageError {
    /// A file, and what is wrong with it.
    #[cfg(feature = "std")]
    File {
        /// Which file.
        path: std::path::PathBuf,
        /// What is wrong.
        error: alloc::boxed::Box<ImageError>,
    },
    /// The file cannot be read.
    #[cfg(feature = "std")]
    Read(std::io::Error),
    /// The bytes are not an image that can be decoded: another format, cut short, or of a size beyond all limits.
    Format {
        /// What the decoder says.
        message: String,
    },
    /// There are not as many bytes as pixels of this size have.
    Bytes {
        /// How many there are.
        given: usize,
        /// Columns.
        width: usize,
        /// Rows.
        height: usize,
        /// Bytes of a pixel.
        channels: usize,
    },
    /// The image has no pixels.
    Empty,
    /// The text of the network does not say how an image becomes its input.
    NoPreprocess {
        /// The network.
        network: String,
    },
    /// The network takes something else than grey or coloured images.
    Channels {
        /// Channels of its input.
        channels: usize,
    },
    /// An image that is resized would be larger than what memory should be used for.
    TooLarge {
        /// Rows and columns that it has.
        from: [usize; 2],
        /// Rows and columns that it would have.
        to: [usize; 2],
    },
    /// The image is smaller than what `crop` cuts out of it.
    Crop {
        /// Rows and columns that it has by then.
        from: [usize; 2],
        /// Rows and columns to be cut out.
        to: [usize; 2],
    },
    /// After all steps the image does not have the size of the input.
    Size {
        /// Its rows and columns.
        image: [usize; 2],
        /// Those of the input.
        input: [usize; 2],
    },
    /// The output is not a vector with a number for each class.
    NoClasses {
        /// Its rows, columns and channels.
        output: [usize; 3],
    },
    /// The GPU could not compute the classes.
    #[cfg(feature = "cuda")]
    Cuda(crate::cuda::CudaError),
}

impl fmt::Display for ImageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            #[cfg(feature = "std")]
            ImageError::File { path, error } => write!(f, "{}: {error}", path.display()),
            #[cfg(feature = "std")]
            ImageError::Read(error) => write!(f, "cannot be read: {error}"),
            ImageError::Format { message } => write!(f, "not an image that can be decoded: {message}"),
            ImageError::Bytes { given, width, height, channels } => write!(
                f,
                "{given} bytes of pixels, where {height} rows of {width} columns with {channels} bytes each are as many as \
                 their product"
            ),
            ImageError::Empty => f.write_str("the image has no pixels"),
            ImageError::NoPreprocess { network } => write!(
                f,
                "{network} does not say how an image becomes its input; add a line such as `preprocess {{ resize 256 \
                 bilinear  crop 224  scale 1/255 }}` behind its `input`"
            ),
            ImageError::Channels { channels } => {
                write!(f, "an image has 1 or 3 channels, and the network takes {channels}")
            }
            ImageError::TooLarge { from, to } => write!(
                f,
                "resizing {} rows by {} columns to {} by {} would take too much memory; cut the image first",
                from[0], from[1], to[0], to[1]
            ),
            ImageError::Crop { from, to } => write!(
                f,
                "cannot cut {}x{} out of {} rows and {} columns; `resize` in front of `crop` makes the image large enough",
                to[0], to[1], from[0], from[1]
            ),
            ImageError::Size { image, input } => write!(
                f,
                "{} rows and {} columns, and the network takes {} and {}; add `resize {}x{}` to its `preprocess`, or give \
                 an image of that size",
                image[0], image[1], input[0], input[1], input[0], input[1]
            ),
            ImageError::NoClasses { output } => write!(
                f,
                "the network gives {}x{}x{}, and classes are a vector; end it in `global_avgpool` or `flatten`",
                output[0], output[1], output[2]
            ),
            #[cfg(feature = "cuda")]
            ImageError::Cuda(error) => error.fmt(f),
        }
    }
}

impl core::error::Error for ImageError {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            #[cfg(feature = "std")]
            ImageError::File { error, .. } => Some(error),
            #[cfg(feature = "std")]
            ImageError::Read(error) => Some(error),
            #[cfg(feature = "cuda")]
            ImageError::Cuda(error) => Some(error),
            ImageError::Format { .. }
            | ImageError::Bytes { .. }
            | ImageError::Empty
            | ImageError::NoPreprocess { .. }
            | ImageError::Channels { .. }
            | ImageError::TooLarge { .. }
            | ImageError::Crop { .. }
            | ImageError::Size { .. }
            | ImageError::NoClasses { .. } => None,
        }
    }
}

#[cfg(feature = "cuda")]
impl From<crate::cuda::CudaError> for ImageError {
    fn from(error: crate::cuda::CudaError) -> ImageError {
        ImageError::Cuda(error)
    }
}
