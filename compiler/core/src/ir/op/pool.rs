//! Pooling by a sliding window.

use super::one;
use crate::ir::shape::{Padding, Shape, ShapeError, Window, checked};

/// What is taken of a window.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PoolKind {
    /// The largest number; padding never counts.
    Max,
    /// The mean.
    Average,
}

/// Pooling.
#[derive(Clone, Debug, PartialEq)]
pub struct Pool {
    /// What is taken of a window.
    pub kind: PoolKind,
    /// Kernel and stride; dense.
    pub window: Window,
    /// Around the plane; smaller than the kernel on every side, so that no window misses the plane.
    pub padding: Padding,
    /// Whether a last window that reaches past the padding counts (PyTorch's `ceil_mode`).
    pub ceil: bool,
    /// Whether a mean is over the padding's zeros too (PyTorch's `count_include_pad`). What `ceil` adds beyond the
    /// padding never counts.
    pub count_pad: bool,
}

impl Pool {
    pub(super) fn infer(&self, inputs: &[Shape]) -> Result<Shape, ShapeError> {
        let x = one(inputs)?;
        let [kh, kw] = self.window.kernel;
        let p = self.padding;
        if p.top >= kh || p.bottom >= kh || p.left >= kw || p.right >= kw {
            return Err(ShapeError::Attribute {
                message: "its padding must be smaller than its window".into(),
            });
        }
        x.padded(self.padding)?;
        let [height, width] = self.window.slide(x, self.padding, self.ceil)?;
        checked(height, width, x.channels)
    }
}
