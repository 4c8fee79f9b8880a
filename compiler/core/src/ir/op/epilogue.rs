//! What follows a convolution or dense layer before its result is stored.

use super::activation::Activation;
use super::weight::Weight;

/// `activation(norms(x + bias) + residual)`. Fresh from the text it is empty; passes fill it.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Epilogue {
    /// Batch normalizations folded into the weights and the bias, in order.
    pub norms: Vec<FoldedNorm>,
    /// Whether the operator has a second input, of its output's shape, that is added.
    pub residual: bool,
    /// Applied last.
    pub activation: Option<Activation>,
}

/// A batch normalization that was folded into the operator before it.
#[derive(Clone, Debug, PartialEq)]
pub struct FoldedNorm {
    /// The full name that it had as a node, under which its weights are stored.
    pub path: String,
    /// Its attributes.
    pub norm: super::BatchNorm,
}

impl Epilogue {
    pub(super) fn weights(&self, channels: usize) -> Vec<Weight> {
        self.norms.iter().flat_map(|n| n.norm.tensors(&n.path, channels)).collect()
    }
}
