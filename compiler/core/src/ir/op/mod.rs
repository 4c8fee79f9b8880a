//! The operators: a closed enum, one file each with its attributes, its arity and its shape rule. A match over [`Op`]
//! has no wildcard, so that an operator which a backend forgot does not compile.

mod activation;
mod add;
mod batch_norm;
mod concat;
mod conv;
mod dense;
mod dropout;
mod epilogue;
mod flatten;
mod gate;
mod global_pool;
mod input;
mod lrn;
mod normalize;
mod pool;
mod rescale;
mod shuffle;
mod softmax;
mod upsample;
mod weight;
mod zero_pad;

pub use activation::Activation;
pub use add::Add;
pub use batch_norm::BatchNorm;
pub use concat::Concat;
pub use conv::Conv;
pub use dense::Dense;
pub use dropout::Dropout;
pub use epilogue::{Epilogue, FoldedNorm};
pub use flatten::Flatten;
pub use gate::Gate;
pub use global_pool::GlobalPool;
pub use input::Input;
pub use lrn::Lrn;
pub use normalize::Normalize;
pub use pool::{Pool, PoolKind};
pub use rescale::Rescale;
pub use shuffle::Shuffle;
pub use softmax::Softmax;
pub use upsample::Upsample;
pub use weight::{Role, Weight};
pub use zero_pad::ZeroPad;

use super::shape::{Padding, Shape, ShapeError, Window};

/// An operator.
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs, reason = "each is the operator of its name, documented at its type")]
pub enum Op {
    Input(Input),
    Conv(Conv),
    Dense(Dense),
    Pool(Pool),
    GlobalPool(GlobalPool),
    BatchNorm(BatchNorm),
    Normalize(Normalize),
    Lrn(Lrn),
    Rescale(Rescale),
    Activation(Activation),
    Softmax(Softmax),
    Dropout(Dropout),
    Flatten(Flatten),
    ZeroPad(ZeroPad),
    Shuffle(Shuffle),
    Upsample(Upsample),
    Add(Add),
    Concat(Concat),
    Gate(Gate),
}

macro_rules! each {
    ($op:expr, $o:ident => $e:expr) => {
        match $op {
            Op::Input($o) => $e,
            Op::Conv($o) => $e,
            Op::Dense($o) => $e,
            Op::Pool($o) => $e,
            Op::GlobalPool($o) => $e,
            Op::BatchNorm($o) => $e,
            Op::Normalize($o) => $e,
            Op::Lrn($o) => $e,
            Op::Rescale($o) => $e,
            Op::Activation($o) => $e,
            Op::Softmax($o) => $e,
            Op::Dropout($o) => $e,
            Op::Flatten($o) => $e,
            Op::ZeroPad($o) => $e,
            Op::Shuffle($o) => $e,
            Op::Upsample($o) => $e,
            Op::Add($o) => $e,
            Op::Concat($o) => $e,
            Op::Gate($o) => $e,
        }
    };
}

impl Op {
    /// The shape of the value that comes of inputs of these shapes.
    pub fn infer(&self, inputs: &[Shape]) -> Result<Shape, ShapeError> {
        each!(self, o => o.infer(inputs))
    }

    /// The tensors that the operator reads from the weights, where its inputs have these shapes. `path` is the name
    /// of its node.
    pub fn weights(&self, path: &str, inputs: &[Shape]) -> Vec<Weight> {
        match self {
            Op::Conv(o) => o.weights(path, inputs),
            Op::Dense(o) => o.weights(path, inputs),
            Op::BatchNorm(o) => o.weights(path, inputs),
            Op::Normalize(o) => o.weights(path, inputs),
            Op::Input(_)
            | Op::Pool(_)
            | Op::GlobalPool(_)
            | Op::Lrn(_)
            | Op::Rescale(_)
            | Op::Activation(_)
            | Op::Softmax(_)
            | Op::Dropout(_)
            | Op::Flatten(_)
            | Op::ZeroPad(_)
            | Op::Shuffle(_)
            | Op::Upsample(_)
            | Op::Add(_)
            | Op::Concat(_)
            | Op::Gate(_) => Vec::new(),
        }
    }

    /// Multiplications with a following addition, for one image; only convolutions and dense layers count, as in
    /// the tables of papers.
    pub fn macs(&self, inputs: &[Shape], output: Shape) -> u64 {
        match self {
            Op::Conv(o) => o.macs(inputs, output),
            Op::Dense(o) => o.macs(inputs, output),
            Op::Input(_)
            | Op::BatchNorm(_)
            | Op::Normalize(_)
            | Op::Pool(_)
            | Op::GlobalPool(_)
            | Op::Lrn(_)
            | Op::Rescale(_)
            | Op::Activation(_)
            | Op::Softmax(_)
            | Op::Dropout(_)
            | Op::Flatten(_)
            | Op::ZeroPad(_)
            | Op::Shuffle(_)
            | Op::Upsample(_)
            | Op::Add(_)
            | Op::Concat(_)
            | Op::Gate(_) => 0,
        }
    }

    /// What it is called in listings; the language's word where it has one.
    pub fn word(&self) -> &'static str {
        match self {
            Op::Input(_) => "input",
            Op::Conv(_) => "conv",
            Op::Dense(_) => "dense",
            Op::Pool(Pool { kind: PoolKind::Max, .. }) => "maxpool",
            Op::Pool(Pool { kind: PoolKind::Average, .. }) => "avgpool",
            Op::GlobalPool(GlobalPool { kind: PoolKind::Max }) => "global_maxpool",
            Op::GlobalPool(GlobalPool { kind: PoolKind::Average }) => "global_avgpool",
            Op::BatchNorm(_) => "bn",
            Op::Normalize(_) => "normalize",
            Op::Lrn(_) => "lrn",
            Op::Rescale(_) => "rescale",
            Op::Activation(o) => o.word(),
            Op::Softmax(_) => "softmax",
            Op::Dropout(_) => "dropout",
            Op::Flatten(_) => "flatten",
            Op::ZeroPad(_) => "zeropad",
            Op::Shuffle(_) => "shuffle",
            Op::Upsample(_) => "upsample",
            Op::Add(_) => "add",
            Op::Concat(_) => "concat",
            Op::Gate(_) => "gate",
        }
    }

    /// The window that slides over its input and the padding around that, where the operator has one.
    pub fn window(&self) -> Option<(Window, Padding)> {
        match self {
            Op::Conv(o) => Some((o.window, o.padding)),
            Op::Pool(o) => Some((o.window, o.padding)),
            Op::Input(_)
            | Op::Dense(_)
            | Op::GlobalPool(_)
            | Op::BatchNorm(_)
            | Op::Normalize(_)
            | Op::Lrn(_)
            | Op::Rescale(_)
            | Op::Activation(_)
            | Op::Softmax(_)
            | Op::Dropout(_)
            | Op::Flatten(_)
            | Op::ZeroPad(_)
            | Op::Shuffle(_)
            | Op::Upsample(_)
            | Op::Add(_)
            | Op::Concat(_)
            | Op::Gate(_) => None,
        }
    }

    /// The epilogue, where the operator has one.
    pub fn epilogue(&self) -> Option<&Epilogue> {
        match self {
            Op::Conv(o) => Some(&o.epilogue),
            Op::Dense(o) => Some(&o.epilogue),
            Op::Input(_)
            | Op::BatchNorm(_)
            | Op::Normalize(_)
            | Op::Pool(_)
            | Op::GlobalPool(_)
            | Op::Lrn(_)
            | Op::Rescale(_)
            | Op::Activation(_)
            | Op::Softmax(_)
            | Op::Dropout(_)
            | Op::Flatten(_)
            | Op::ZeroPad(_)
            | Op::Shuffle(_)
            | Op::Upsample(_)
            | Op::Add(_)
            | Op::Concat(_)
            | Op::Gate(_) => None,
        }
    }

    /// The epilogue to be filled, where the operator has one.
    pub fn epilogue_mut(&mut self) -> Option<&mut Epilogue> {
        match self {
            Op::Conv(o) => Some(&mut o.epilogue),
            Op::Dense(o) => Some(&mut o.epilogue),
            Op::Input(_)
            | Op::BatchNorm(_)
            | Op::Normalize(_)
            | Op::Pool(_)
            | Op::GlobalPool(_)
            | Op::Lrn(_)
            | Op::Rescale(_)
            | Op::Activation(_)
            | Op::Softmax(_)
            | Op::Dropout(_)
            | Op::Flatten(_)
            | Op::ZeroPad(_)
            | Op::Shuffle(_)
            | Op::Upsample(_)
            | Op::Add(_)
            | Op::Concat(_)
            | Op::Gate(_) => None,
        }
    }
}

/// The only input, or an error.
fn one(inputs: &[Shape]) -> Result<Shape, ShapeError> {
    match inputs {
        [x] => Ok(*x),
        _ => Err(ShapeError::Arity { found: inputs.len() }),
    }
}
