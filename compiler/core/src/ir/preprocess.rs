//! What happens to an image before the network sees it, and the names of its classes.

/// The steps, in order, from decoded RGB bytes (0 to 255, or grey for networks of one channel) to the input.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Preprocess {
    /// In order.
    pub steps: Vec<Step>,
}

/// One step.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// Resizes so that the short side has this length.
    ResizeShort(usize, Filter),
    /// Resizes both sides, without keeping the aspect ratio: rows, columns.
    ResizeBoth(usize, usize, Filter),
    /// Cuts the middle out: rows, columns.
    Crop(usize, usize),
    /// Swaps the first and third channel.
    Bgr,
    /// Multiplies every number.
    Scale(f64),
    /// Subtracts a mean per channel, then divides by a deviation per channel.
    Normalize {
        /// One number a channel, in the order that the channels have by then.
        mean: Vec<f64>,
        /// One number a channel.
        std: Vec<f64>,
    },
}

/// How pixels are resampled; Pillow's filters, antialiased when shrinking.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "each is the filter of its name")]
pub enum Filter {
    Box,
    Bilinear,
    Bicubic,
    Lanczos,
}
