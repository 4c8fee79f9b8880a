//! What generated code says of a network.

use crate::layout::View;
use crate::op::Split;
use crate::run::Run;
use crate::weights::spec::Instance;

/// A network, as its generated module describes it.
#[derive(Clone, Copy, Debug)]
pub struct Network {
    /// Its name.
    pub name: &'static str,
    /// The input: rows, columns, channels (NHWC), at the start of the arena.
    pub input: Output,
    /// The outputs, NHWC, in the order of the text.
    pub outputs: &'static [Output],
    /// What the final softmax received, where there is one.
    pub logits: Option<Output>,
    /// Size of the arena for a batch of one, in f32 numbers.
    pub arena_size: usize,
    /// Memory of its own that each thread of a run needs, in f32 numbers.
    pub scratch_size: usize,
    /// What operands of convolutions may be taken for.
    pub split: Split,
    /// Size of the packed weights, in f32 numbers.
    pub weights_size: usize,
    /// The tensors, and how they are packed.
    pub instances: &'static [Instance],
    /// Parameters, batch statistics included (as Keras counts).
    pub parameters: u64,
    /// Multiply-accumulate operations of one image.
    pub macs: u64,
    /// What happens to an image before it is the input; `None` where the text does not say.
    pub preprocess: Option<&'static [Preprocess<'static>]>,
    /// Names of the classes; empty where the text gives none.
    pub labels: &'static [&'static str],
    /// Computes one batch by kernels of the CPU; `None` in a module for a GPU, which has kernels of its own beside it.
    pub forward: Option<fn(&mut Run<'_>)>,
}

/// A value that callers read or write, and where it lies in the arena.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Output {
    /// Its name.
    pub name: &'static str,
    /// NHWC, whole, without a halo; so an image is `view.height * view.width * view.channels` numbers.
    pub view: View,
    /// In f32 numbers, for a batch of one.
    pub offset: usize,
}

/// The value of an operation that stays in the arena to the end of a run, in a module that was built with taps.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tap {
    /// The full name of the operation.
    pub name: &'static str,
    /// Rows, columns and channels; where it is a vector and the view a plane, that plane's numbers in the order rows,
    /// columns, channels.
    pub shape: [usize; 3],
    /// How it lies.
    pub view: View,
    /// Where its buffer starts, in f32 numbers, for a batch of one.
    pub offset: usize,
}

/// One step from a decoded image (RGB or grey bytes, 0 to 255) to the input; [`crate::image::preprocess`] takes them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Preprocess<'a> {
    /// Resizes so that the short side has this length.
    ResizeShort(usize, Filter),
    /// Resizes to rows and columns.
    ResizeBoth(usize, usize, Filter),
    /// Cuts rows and columns out of the middle.
    Crop(usize, usize),
    /// Swaps the first and third channel.
    Bgr,
    /// Multiplies every number.
    Scale(f64),
    /// Subtracts the mean, then divides by the deviation, one number a channel.
    Normalize {
        /// Subtracted.
        mean: &'a [f64],
        /// Divides.
        std: &'a [f64],
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
