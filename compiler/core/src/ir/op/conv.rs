//! Convolution, grouped and depthwise ones included.

use super::epilogue::Epilogue;
use super::weight::{Role, Weight};
use crate::ir::shape::{MAX_WEIGHT, Padding, Shape, ShapeError, Window, checked};

/// A convolution. Depthwise is `groups` equal to the channels that arrive.
///
/// Ports: the value; with [`Epilogue::residual`] also what is added to the result.
#[derive(Clone, Debug, PartialEq)]
pub struct Conv {
    /// Kernel, stride and dilation.
    pub window: Window,
    /// Zeros around the plane.
    pub padding: Padding,
    /// Channels that leave.
    pub channels: usize,
    /// Groups; they divide the channels that arrive and those that leave.
    pub groups: usize,
    /// Whether it has a bias.
    pub bias: bool,
    /// What follows before the result is stored.
    pub epilogue: Epilogue,
}

impl Conv {
    pub(super) fn infer(&self, inputs: &[Shape]) -> Result<Shape, ShapeError> {
        let (x, residual) = match (inputs, self.epilogue.residual) {
            ([x], false) => (*x, None),
            ([x, r], true) => (*x, Some(*r)),
            _ => return Err(ShapeError::Arity { found: inputs.len() }),
        };
        for (channels, output) in [(x.channels, false), (self.channels, true)] {
            if self.groups == 0 || channels % self.groups != 0 {
                return Err(ShapeError::Groups { groups: self.groups, channels, output });
            }
        }
        x.padded(self.padding)?;
        let [height, width] = self.window.slide(x, self.padding, false)?;
        let out = checked(height, width, self.channels)?;
        let weights = [self.window.kernel[0], self.window.kernel[1], x.channels / self.groups, self.channels]
            .iter()
            .try_fold(1usize, |n, &d| n.checked_mul(d));
        if weights.is_none_or(|n| n > MAX_WEIGHT) {
            return Err(ShapeError::Attribute { message: "its weights hold more than 2^32 numbers".into() });
        }
        match residual {
            Some(r) if r != out => Err(ShapeError::Different { first: out, port: 1, other: r }),
            _ => Ok(out),
        }
    }

    pub(super) fn weights(&self, path: &str, inputs: &[Shape]) -> Vec<Weight> {
        let [kh, kw] = self.window.kernel;
        let kernel = [kh, kw, inputs[0].channels / self.groups, self.channels];
        let mut all = vec![Weight::new(path, Role::Kernel, &kernel)];
        if self.bias {
            all.push(Weight::new(path, Role::Bias, &[self.channels]));
        }
        all.extend(self.epilogue.weights(self.channels));
        all
    }

    pub(super) fn macs(&self, inputs: &[Shape], output: Shape) -> u64 {
        let [kh, kw] = self.window.kernel;
        (kh * kw * (inputs[0].channels / self.groups)) as u64 * output.size() as u64
    }
}
