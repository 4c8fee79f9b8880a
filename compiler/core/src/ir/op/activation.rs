//! Functions of one number, applied to each.

use super::one;
use crate::ir::shape::{Shape, ShapeError};

/// Which function.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Activation {
    /// `max(0, x)`
    Relu,
    /// `min(max(0, x), 6)`
    Relu6,
    /// `x` where it is positive, `slope * x` elsewhere.
    LeakyRelu {
        /// The factor of negative numbers.
        slope: f64,
    },
    /// The hyperbolic tangent.
    Tanh,
    /// `1 / (1 + exp(-x))`
    Sigmoid,
    /// `x * sigmoid(x)`, also called SiLU.
    Swish,
    /// `x * (1 + erf(x / sqrt(2))) / 2`: the exact one, as in PyTorch and Keras by default.
    Gelu,
    /// `x * hard_sigmoid(x)`
    HardSwish,
    /// `min(max(0, x + 3), 6) / 6`, as in PyTorch and Keras 3.
    HardSigmoid,
}

impl Activation {
    pub(super) fn infer(&self, inputs: &[Shape]) -> Result<Shape, ShapeError> {
        one(inputs)
    }

    /// Its word in the language.
    pub fn word(self) -> &'static str {
        match self {
            Activation::Relu => "relu",
            Activation::Relu6 => "relu6",
            Activation::LeakyRelu { .. } => "leaky_relu",
            Activation::Tanh => "tanh",
            Activation::Sigmoid => "sigmoid",
            Activation::Swish => "swish",
            Activation::Gelu => "gelu",
            Activation::HardSwish => "hard_swish",
            Activation::HardSigmoid => "hard_sigmoid",
        }
    }
}
