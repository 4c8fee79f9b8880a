//! Shapes, padding, and the arithmetic of sliding windows.

use std::fmt;

/// The shape of one image's value: rows, columns, channels. A vector is `1x1xC`. The batch is no part of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Shape {
    /// Rows.
    pub height: usize,
    /// Columns.
    pub width: usize,
    /// Channels.
    pub channels: usize,
}

impl Shape {
    /// `height` x `width` x `channels`.
    pub const fn new(height: usize, width: usize, channels: usize) -> Self {
        Shape { height, width, channels }
    }

    /// A vector: `1x1xC`.
    pub const fn vector(channels: usize) -> Self {
        Shape::new(1, 1, channels)
    }

    /// How many numbers it holds. The builder refuses shapes whose size overflows or passes its limit, so this cannot.
    pub const fn size(self) -> usize {
        self.height * self.width * self.channels
    }

    /// Rows times columns.
    pub const fn plane(self) -> usize {
        self.height * self.width
    }

    /// Whether it is `1x1xC`.
    pub const fn is_vector(self) -> bool {
        self.height == 1 && self.width == 1
    }

    /// The same plane with other channels.
    pub const fn with_channels(self, channels: usize) -> Self {
        Shape { channels, ..self }
    }
}

impl Shape {
    /// The shape with padding around it, if that is not too large for kernels that store it so.
    pub fn padded(self, padding: Padding) -> Result<Shape, ShapeError> {
        let Padding { top, bottom, left, right } = padding;
        let add = |n: usize, a: usize, b: usize| n.saturating_add(a).saturating_add(b);
        checked(add(self.height, top, bottom), add(self.width, left, right), self.channels)
    }
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}x{}x{}", self.height, self.width, self.channels)
    }
}

/// Rows and columns of zeros around a plane.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "each is the side of its name")]
pub struct Padding {
    pub top: usize,
    pub bottom: usize,
    pub left: usize,
    pub right: usize,
}

impl Padding {
    /// No padding.
    pub const NONE: Padding = Padding { top: 0, bottom: 0, left: 0, right: 0 };

    /// The same on every side.
    pub const fn all(n: usize) -> Self {
        Padding { top: n, bottom: n, left: n, right: n }
    }

    /// TensorFlow's `same`: as much as gives `ceil(size / stride)` outputs, the odd one at the bottom and the right.
    pub fn same(shape: Shape, window: Window) -> Self {
        let axis = |n: usize, kernel: usize, stride: usize, dilation: usize| {
            let extent = (kernel - 1) * dilation + 1;
            let total = ((n.div_ceil(stride) - 1) * stride + extent).saturating_sub(n);
            (total / 2, total - total / 2)
        };
        let (top, bottom) = axis(shape.height, window.kernel[0], window.stride[0], window.dilation[0]);
        let (left, right) = axis(shape.width, window.kernel[1], window.stride[1], window.dilation[1]);
        Padding { top, bottom, left, right }
    }
}

/// A sliding window, `[rows, columns]` each. Every number is at least 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Window {
    /// Its size.
    pub kernel: [usize; 2],
    /// The step from one output to the next.
    pub stride: [usize; 2],
    /// The step from one tap to the next; 1 is dense.
    pub dilation: [usize; 2],
}

impl Window {
    /// A dense window.
    pub const fn new(kernel: [usize; 2], stride: [usize; 2]) -> Self {
        Window { kernel, stride, dilation: [1, 1] }
    }

    /// Rows and columns that the window gives on a padded plane. With `ceil` a last window that reaches past the
    /// padding counts too, if it starts inside the plane or its top or left padding (PyTorch's `ceil_mode`).
    pub fn slide(&self, shape: Shape, padding: Padding, ceil: bool) -> Result<[usize; 2], ShapeError> {
        let axis = |a: usize, n: usize, before: usize, after: usize| {
            let extent = (self.kernel[a] - 1) * self.dilation[a] + 1;
            let padded = n + before + after;
            let Some(room) = padded.checked_sub(extent) else {
                return Err(ShapeError::WindowTooLarge { axis: a, extent, padded });
            };
            let mut count = room / self.stride[a] + 1;
            if ceil && room % self.stride[a] != 0 && count * self.stride[a] < n + before {
                count += 1;
            }
            Ok(count)
        };
        Ok([
            axis(0, shape.height, padding.top, padding.bottom)?,
            axis(1, shape.width, padding.left, padding.right)?,
        ])
    }
}

/// Why an operator does not take its inputs. The expander turns it into a diagnostic with places and remedies.
#[derive(Clone, Debug, PartialEq)]
pub enum ShapeError {
    /// The window is larger than the padded plane; `axis` 0 is rows, 1 columns.
    WindowTooLarge {
        /// 0 for rows, 1 for columns.
        axis: usize,
        /// What the window spans, dilation included.
        extent: usize,
        /// What there is, padding included.
        padded: usize,
    },
    /// Groups do not divide the channels that arrive, or those that leave.
    Groups {
        /// How many groups.
        groups: usize,
        /// Which channels they do not divide.
        channels: usize,
        /// Whether these are the channels that leave.
        output: bool,
    },
    /// The operator needs a vector, `1x1xC`.
    NotAVector {
        /// What arrived.
        found: Shape,
    },
    /// Two inputs that must have the same shape have not.
    Different {
        /// The first.
        first: Shape,
        /// Which input differs.
        port: usize,
        /// Its shape.
        other: Shape,
    },
    /// Inputs of a concatenation have different planes.
    DifferentPlanes {
        /// The first.
        first: Shape,
        /// Which input differs.
        port: usize,
        /// Its shape.
        other: Shape,
    },
    /// A gate that is neither `1x1xC` nor of the shape it multiplies.
    Gate {
        /// What is multiplied.
        value: Shape,
        /// What multiplies it.
        gate: Shape,
    },
    /// The output would hold more numbers than the builder allows.
    TooLarge {
        /// The output, as far as it is known.
        height: usize,
        /// The output, as far as it is known.
        width: usize,
        /// The output, as far as it is known.
        channels: usize,
    },
    /// An attribute is out of its range; the builder's user should have said so before.
    Attribute {
        /// What is wrong with it.
        message: String,
    },
    /// The wrong number of inputs.
    Arity {
        /// How many there are.
        found: usize,
    },
}

/// The most numbers that one value of one image may hold: 2^31, 8 GiB in f32.
pub const MAX_VALUE: usize = 1 << 31;
/// The most numbers that one tensor of weights may hold: 2^32.
pub const MAX_WEIGHT: usize = 1 << 32;

/// `height` x `width` x `channels`, if that is not more than [`MAX_VALUE`] numbers.
pub fn checked(height: usize, width: usize, channels: usize) -> Result<Shape, ShapeError> {
    let size = height.checked_mul(width).and_then(|n| n.checked_mul(channels));
    match size {
        Some(n) if n <= MAX_VALUE => Ok(Shape { height, width, channels }),
        _ => Err(ShapeError::TooLarge { height, width, channels }),
    }
}
