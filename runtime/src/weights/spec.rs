//! What a network's weights are called, and how they are packed. Generated code holds these tables.
//!
//! Repeated blocks share one [`Group`]; an [`Instance`] says under which names and where each of its repetitions
//! finds its tensors, so that a deep network's tables are hardly longer than a shallow one's.

use crate::layout::View;
use crate::op::Packing;
use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::String;
use alloc::string::ToString;

/// What a tensor is for; it decides the formula of seeded weights.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// A kernel, `[rows, columns, input channels / groups, output channels]` or `[inputs, outputs]`; its fan-in is the
    /// product of all dimensions but the last.
    Kernel,
    /// `[channels]`
    Bias,
    /// `[channels]`
    Gamma,
    /// `[channels]`
    Beta,
    /// `[channels]`
    Mean,
    /// `[channels]`
    Variance,
}

/// A tensor of a weights file, in archc's own layout.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tensor {
    /// Its name behind the instance's prefix and a dot.
    pub name: &'static str,
    /// What it is for.
    pub role: Role,
    /// Row-major.
    pub shape: &'static [usize],
}

impl Tensor {
    /// A tensor.
    pub const fn new(name: &'static str, role: Role, shape: &'static [usize]) -> Tensor {
        Tensor { name, role, shape }
    }
}

/// A batch normalization by the indices of its tensors in the group.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Norm {
    /// 1 where there is none.
    pub gamma: Option<usize>,
    /// Added last.
    pub beta: usize,
    /// Subtracted first.
    pub mean: usize,
    /// Its square root, with `eps` added, divides.
    pub variance: usize,
    /// Added to the variance.
    pub eps: f64,
}

impl Norm {
    /// Gamma, beta, mean and variance are tensors of the group in this order, from `first` on.
    pub const fn scaled(first: usize, eps: f64) -> Norm {
        Norm { gamma: Some(first), beta: first + 1, mean: first + 2, variance: first + 3, eps }
    }

    /// Beta, mean and variance are tensors of the group in this order, from `first` on; there is no gamma.
    pub const fn unscaled(first: usize, eps: f64) -> Norm {
        Norm { gamma: None, beta: first, mean: first + 1, variance: first + 2, eps }
    }
}

/// How tensors become the packed weights of one kernel. Indices are into [`Group::tensors`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Pack {
    /// A convolution: `[group][output channels / 16][input channels / 16][kernel row][kernel column][up to 16 input
    /// channels][16 output channels]`, then the biases `[group][output channels / 16][16]`; channels count within their
    /// group, its last 16 inputs may be fewer, and its last 16 outputs are filled up with zeros. Where groups, inputs and
    /// outputs are as many (depthwise), instead `[channels / 16][kernel row][kernel column][16]`, then the biases
    /// `[channels / 16][16]`. With [`Packing::Winograd`], with the transformed kernel's rows and columns, `tile + 2` each:
    /// `[output channels / 16][row][column][input channels][16 output channels]`, then the biases. Norms are folded in, in
    /// order, computed in f64. [`conv_size`] has the size.
    Conv {
        /// The kernel tensor, `[rows, columns, inputs, outputs]`.
        weight: usize,
        /// The bias.
        bias: Option<usize>,
        /// Folded in.
        norms: &'static [Norm],
        /// Groups.
        groups: usize,
        /// Whether the kernels are transformed.
        packing: Packing,
    },
    /// A dense layer: `[outputs / 16][inputs in the order in which `input` lies in memory][16]`, then the biases
    /// `[outputs / 16][16]`. Inputs of padding lanes get zeros. [`dense_size`] has the size.
    Dense {
        /// The kernel tensor, `[inputs, outputs]`; inputs in the order rows, columns, channels.
        weight: usize,
        /// The bias.
        bias: Option<usize>,
        /// Folded in.
        norms: &'static [Norm],
        /// The value that the layer reads; without a halo, and whole.
        input: View,
    },
    /// Norms as scale and shift: `[channels / 16][16]` each, scales first. [`affine_size`] has the size.
    Affine {
        /// In order.
        norms: &'static [Norm],
    },
    /// `(x - mean) / max(sqrt(variance), 1e-7)` as scale and shift, packed as for [`Pack::Affine`].
    Normalize {
        /// The mean.
        mean: usize,
        /// The variance.
        variance: usize,
    },
}

/// The tensors and packed weights of a block; its repetitions share it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Group {
    /// In the order in which the network uses them.
    pub tensors: &'static [Tensor],
    /// Where each kernel's packed weights start, in f32 numbers from the instance's own, and how they are made.
    pub packs: &'static [(usize, Pack)],
    /// Packed numbers of one repetition; a multiple of 16.
    pub size: usize,
}

/// One or more repetitions of a group.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Instance {
    /// The prefix of its tensors' names; `{}` stands for the repetition's number. Empty for none, and then no dot.
    pub prefix: &'static str,
    /// The number of the first repetition.
    pub first: usize,
    /// How many there are.
    pub count: usize,
    /// What is repeated.
    pub group: &'static Group,
    /// Where the first one's packed weights start, in f32 numbers; the others follow without a gap.
    pub offset: usize,
}

impl Instance {
    /// The full name of a tensor in a repetition.
    pub(super) fn name(&self, repetition: usize, tensor: &Tensor) -> String {
        if self.prefix.is_empty() {
            return tensor.name.to_owned();
        }
        let number = (self.first + repetition).to_string();
        format!("{}.{}", self.prefix.replace("{}", &number), tensor.name)
    }
}

/// Numbers of a packed convolution, see [`Pack::Conv`]; `shape` is its kernel tensor's: rows, columns, inputs of a group,
/// outputs of all groups.
pub const fn conv_size(shape: [usize; 4], groups: usize, packing: Packing) -> usize {
    let [mut rows, mut columns, inputs, outputs] = shape;
    if let Packing::Winograd { tile } = packing {
        (rows, columns) = (tile + 2, tile + 2);
    }
    if is_depthwise(inputs, outputs, groups) {
        return outputs.next_multiple_of(16) * (rows * columns + 1);
    }
    groups * (outputs / groups).next_multiple_of(16) * (rows * columns * inputs + 1)
}

/// Whether each channel is a group of its own, with one input (`inputs` of a group) and one output.
pub const fn is_depthwise(inputs: usize, outputs: usize, groups: usize) -> bool {
    inputs == 1 && outputs == groups
}

/// Numbers of a packed dense layer that reads `input`, see [`Pack::Dense`].
pub const fn dense_size(input: &View, outputs: usize) -> usize {
    outputs.next_multiple_of(16) * (input.image_size() + 1)
}

/// Numbers of a packed scale and shift, see [`Pack::Affine`].
pub const fn affine_size(channels: usize) -> usize {
    2 * channels.next_multiple_of(16)
}
