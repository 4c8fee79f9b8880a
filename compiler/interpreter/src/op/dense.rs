//! The fully connected layer.

use super::epilogue::finish;
use crate::run::Value;
use crate::tensors::Tensors;
use archc_core::ir::Shape;
use archc_core::ir::op::{Dense, Role};

/// The weights stay in f32 until they are used: VGG's hold 400 MB.
pub(crate) fn dense(op: &Dense, path: &str, inputs: &[&Value], tensors: &Tensors<'_>, out: Shape) -> Value {
    let mut y = Value::zeros(out);
    let kernel = tensors.get(path, Role::Kernel);
    for (x, row) in inputs[0].data.iter().zip(kernel.chunks_exact(out.channels)) {
        for (y, &w) in y.data.iter_mut().zip(row) {
            *y += x * f64::from(w);
        }
    }
    finish(&op.epilogue, path, tensors, inputs.get(1).copied(), &mut y);
    y
}
