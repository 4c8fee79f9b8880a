//! The operators, one file each, as in the graph's `ir/op`.
//!
//! Every function takes values whose shapes the graph has checked, and gives a value of the shape that the graph says.

mod activation;
mod add;
mod batch_norm;
mod concat;
mod conv;
mod dense;
mod epilogue;
mod gate;
mod global_pool;
mod lrn;
mod normalize;
mod pool;
mod shuffle;
mod softmax;
mod upsample;
mod zero_pad;

pub use activation::activate;

use crate::run::Value;
use crate::tensors::Tensors;
use archc_core::ir::{Op, Shape};
use archc_runtime::op::Split;

/// Applies an operator, whose node has the name `path`, to its inputs. [`Op::Input`] has none of its own; it is given
/// the image. Operands of convolutions are split.
pub(crate) fn apply(
    op: &Op,
    path: &str,
    inputs: &[&Value],
    tensors: &Tensors<'_>,
    out: Shape,
    split: Split,
) -> Value {
    let x = inputs[0];
    match op {
        Op::Input(_) | Op::Dropout(_) => x.clone(),
        Op::Flatten(_) => Value { shape: out, data: x.data.clone() },
        Op::Conv(o) => conv::conv(o, path, inputs, tensors, out, split),
        Op::Dense(o) => dense::dense(o, path, inputs, tensors, out),
        Op::Pool(o) => pool::pool(o, x, out),
        Op::GlobalPool(o) => global_pool::global_pool(o, x),
        Op::BatchNorm(o) => batch_norm::batch_norm(o, path, x, tensors),
        Op::Normalize(_) => normalize::normalize(path, x, tensors),
        Op::Lrn(o) => lrn::lrn(o, x),
        // Constants are f32 in generated code and in Keras, whatever it computes in.
        Op::Rescale(o) => x.map(|v| v * f64::from(o.scale as f32) + f64::from(o.offset as f32)),
        Op::Activation(o) => x.map(|v| activation::activate(*o, v)),
        Op::Softmax(_) => softmax::softmax(x),
        Op::ZeroPad(o) => zero_pad::zero_pad(o, x, out),
        Op::Shuffle(o) => shuffle::shuffle(o, x),
        Op::Upsample(o) => upsample::upsample(o, x, out),
        Op::Add(o) => add::add(o, x, inputs[1]),
        Op::Concat(_) => concat::concat(inputs, out),
        Op::Gate(_) => gate::gate(x, inputs[1]),
    }
}
