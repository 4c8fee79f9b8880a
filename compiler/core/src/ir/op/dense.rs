//! The fully connected layer.

use super::epilogue::Epilogue;
use super::weight::{Role, Weight};
use crate::ir::shape::{MAX_WEIGHT, Shape, ShapeError, checked};

/// A dense layer on a vector; on a larger plane once a pass has taken the `flatten` before it away, and then its
/// inputs are in the order rows, columns, channels.
///
/// Ports: the value; with [`Epilogue::residual`] also what is added to the result.
#[derive(Clone, Debug, PartialEq)]
pub struct Dense {
    /// Channels that leave.
    pub channels: usize,
    /// Whether it has a bias.
    pub bias: bool,
    /// Whether it takes a plane, as after an absorbed `flatten`.
    pub flattens: bool,
    /// What follows before the result is stored.
    pub epilogue: Epilogue,
}

impl Dense {
    pub(super) fn infer(&self, inputs: &[Shape]) -> Result<Shape, ShapeError> {
        let (x, residual) = match (inputs, self.epilogue.residual) {
            ([x], false) => (*x, None),
            ([x, r], true) => (*x, Some(*r)),
            _ => return Err(ShapeError::Arity { found: inputs.len() }),
        };
        if !x.is_vector() && !self.flattens {
            return Err(ShapeError::NotAVector { found: x });
        }
        if x.size().checked_mul(self.channels).is_none_or(|n| n > MAX_WEIGHT) {
            return Err(ShapeError::Attribute { message: "its weights hold more than 2^32 numbers".into() });
        }
        let out = checked(1, 1, self.channels)?;
        match residual {
            Some(r) if r != out => Err(ShapeError::Different { first: out, port: 1, other: r }),
            _ => Ok(out),
        }
    }

    pub(super) fn weights(&self, path: &str, inputs: &[Shape]) -> Vec<Weight> {
        let mut all = vec![Weight::new(path, Role::Kernel, &[inputs[0].size(), self.channels])];
        if self.bias {
            all.push(Weight::new(path, Role::Bias, &[self.channels]));
        }
        all.extend(self.epilogue.weights(self.channels));
        all
    }

    pub(super) fn macs(&self, inputs: &[Shape], output: Shape) -> u64 {
        inputs[0].size() as u64 * output.channels as u64
    }
}
