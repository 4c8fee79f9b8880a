//! What kernels compute. The compiler's lowering chooses among these; generated code names them; [`crate::run::Run`]
//! executes them. Shapes come with the views, so that a descriptor holds attributes only.

use crate::kernels::winograd;

/// A function of one number, applied last to each result.
///
/// What is not finite goes through each formula as IEEE 754 says: NaN stays NaN, the swish of minus infinity is
/// `-inf * 0`, which is NaN. Denormal numbers count.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Activation {
    /// `x`
    Identity,
    /// `max(0, x)`; NaN stays.
    Relu,
    /// `min(max(0, x), 6)`; NaN stays.
    Relu6,
    /// `x` where it is positive, this times `x` elsewhere.
    LeakyRelu(f32),
    /// The hyperbolic tangent.
    Tanh,
    /// `1 / (1 + exp(-x))`
    Sigmoid,
    /// `x * sigmoid(x)`
    Swish,
    /// `x * (1 + erf(x / sqrt(2))) / 2`
    Gelu,
    /// `x * hard_sigmoid(x)`
    HardSwish,
    /// `min(max(0, x + 3), 6) / 6`
    HardSigmoid,
}

/// How a convolution is computed; its weights are packed for it ([`Algorithm::packing`]).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Algorithm {
    /// As it is written: the products of all taps and inputs, added up.
    Direct,
    /// Winograd's minimal filtering, of kernels with stride 1, dilation 1 and one group, in tiles of `tile` by `tile` outputs: 2,
    /// with 2.25 times fewer multiplications for 3x3 kernels and 2.8 times fewer for 5x5, or 4, of 3x3 only, with 4 times fewer.
    ///
    /// It rounds otherwise: a layer's rms error is up to 1.5 (2, 3x3) or 3 units (the others) in 10^6 of its rms output. One number that
    /// is not finite makes its tile NaN.
    Winograd {
        /// Outputs of a tile along each axis: 2 or 4.
        tile: usize,
        /// Whether the kernels, 3x3 ones, lie transformed in the packed weights, where they are 1.8 times (2) or 4 times (4) as many
        /// numbers. Others are transformed at each use, which takes about as long as three tiles (for each group of 48).
        packed: bool,
    },
}

impl Algorithm {
    /// How weights are packed for it.
    pub const fn packing(self) -> Packing {
        match self {
            Algorithm::Winograd { tile, packed: true } => Packing::Winograd { tile },
            Algorithm::Direct | Algorithm::Winograd { packed: false, .. } => Packing::Plain,
        }
    }
}

/// How the weights of a convolution lie, see [`Pack::Conv`](crate::weights::spec::Pack::Conv).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Packing {
    /// As they are.
    Plain,
    /// 3x3 kernels transformed for tiles of `tile` by `tile` outputs of Winograd's algorithm.
    Winograd {
        /// Outputs of a tile along each axis: 2 or 4.
        tile: usize,
    },
}

/// What the operands of convolutions may be taken for, where products of bf16 numbers (f32 with 8 digits instead of 24) are
/// much faster than those of f32: on machines with AMX. Elsewhere, and where it does not pay, they are computed in f32.
///
/// Sums are of f32 numbers in any case. Operands that are infinite become NaN, and parts that are denormal zero.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Split {
    /// For themselves.
    #[default]
    None,
    /// The sum of three bf16 numbers, which has all digits of an f32; the six largest of nine products count. A layer's
    /// rms error is about that of f32, at most 1e-6 of its rms output.
    Three,
    /// The sum of two bf16 numbers, about 17 digits; the three largest of four products count. An rms error of at most 6e-6.
    Two,
    /// The nearest bf16 number. An rms error of at most 4e-3.
    One,
}

impl Split {
    /// The parts of an operand.
    #[cfg(target_arch = "x86_64")]
    pub(crate) const fn parts(self) -> usize {
        match self {
            Split::None => 0,
            Split::One => 1,
            Split::Two => 2,
            Split::Three => 3,
        }
    }
}

/// A convolution: `activation(x * w + bias [+ residual])`. The channels of both sides come with the views.
///
/// The kernel reads padding from the halo of `x`: row `oy * stride - padding + ky * dilation` must lie inside it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Conv {
    /// Rows and columns of the kernel.
    pub kernel: [usize; 2],
    /// From one output to the next.
    pub stride: [usize; 2],
    /// From one tap to the next.
    pub dilation: [usize; 2],
    /// Rows of zeros above and columns to the left; those below and to the right follow from the output's shape.
    pub padding: [usize; 2],
    /// Groups; they divide the channels of both sides.
    pub groups: usize,
    /// How it is computed.
    pub algorithm: Algorithm,
    /// Applied last.
    pub activation: Activation,
}

impl Conv {
    /// A dense convolution with stride 1, no padding, one group and no activation, computed as it is written.
    pub const fn new(kernel: [usize; 2]) -> Conv {
        Conv {
            kernel,
            stride: [1, 1],
            dilation: [1, 1],
            padding: [0, 0],
            groups: 1,
            algorithm: Algorithm::Direct,
            activation: Activation::Identity,
        }
    }

    /// The same with another stride.
    #[must_use]
    pub const fn stride(self, stride: [usize; 2]) -> Conv {
        Conv { stride, ..self }
    }

    /// The same with another dilation.
    #[must_use]
    pub const fn dilation(self, dilation: [usize; 2]) -> Conv {
        Conv { dilation, ..self }
    }

    /// The same with rows of zeros above and columns of zeros to the left.
    #[must_use]
    pub const fn padding(self, padding: [usize; 2]) -> Conv {
        Conv { padding, ..self }
    }

    /// The same with groups.
    #[must_use]
    pub const fn groups(self, groups: usize) -> Conv {
        Conv { groups, ..self }
    }

    /// The same computed otherwise.
    #[must_use]
    pub const fn by(self, algorithm: Algorithm) -> Conv {
        Conv { algorithm, ..self }
    }

    /// Numbers of memory of its own that a thread needs for it, for any number of images, where there are so many input
    /// and output channels.
    pub const fn scratch(&self, inputs: usize, outputs: usize) -> usize {
        match self.algorithm {
            Algorithm::Direct => 0,
            Algorithm::Winograd { tile, packed } => {
                winograd::scratch(tile + self.kernel[0] - 1, packed, inputs, outputs)
            }
        }
    }

    /// The same with an activation.
    #[must_use]
    pub const fn then(self, activation: Activation) -> Conv {
        Conv { activation, ..self }
    }
}

/// A dense layer over a whole value: `activation(x . w + bias [+ residual])`. Its output is `1x1xC`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Dense {
    /// Applied last.
    pub activation: Activation,
}

/// What is taken of a window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PoolKind {
    /// The largest number, NaN where one is NaN; padding never counts.
    Max,
    /// The mean of the window's part inside the plane.
    Average,
    /// The mean of the window's part inside the plane and its padding, whose zeros count.
    AverageWithPadding,
}

/// Pooling by a sliding window. Windows are cut off at the plane, so that no halo is needed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pool {
    /// What is taken.
    pub kind: PoolKind,
    /// Rows and columns of the window.
    pub kernel: [usize; 2],
    /// From one output to the next.
    pub stride: [usize; 2],
    /// Top, bottom, left, right.
    pub padding: [usize; 4],
}

impl Pool {
    /// Pooling without padding.
    pub const fn new(kind: PoolKind, kernel: [usize; 2], stride: [usize; 2]) -> Pool {
        Pool { kind, kernel, stride, padding: [0; 4] }
    }

    /// The same with padding: top, bottom, left, right.
    #[must_use]
    pub const fn padding(self, padding: [usize; 4]) -> Pool {
        Pool { padding, ..self }
    }
}

/// `activation(x * scale + shift)`, both per channel and packed weights: a batch normalization that nothing absorbed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Affine {
    /// Applied last.
    pub activation: Activation,
}

/// `x * scale + offset`
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rescale {
    /// The factor.
    pub scale: f32,
    /// Added after it.
    pub offset: f32,
}

/// `x / (k + alpha * sum of squares over the window of channels) ^ beta`; the window reaches `size / 2` channels down
/// and `(size - 1) / 2` up.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Lrn {
    /// Channels in the window.
    pub size: usize,
    /// The factor of the sum.
    pub alpha: f32,
    /// The exponent.
    pub beta: f32,
    /// Added to the sum.
    pub k: f32,
}
