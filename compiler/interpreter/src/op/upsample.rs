//! Enlarging a plane by repetition.

use crate::run::Value;
use archc_core::ir::Shape;
use archc_core::ir::op::Upsample;

pub(crate) fn upsample(op: &Upsample, x: &Value, out: Shape) -> Value {
    let mut y = Value::zeros(out);
    for row in 0..out.height {
        for column in 0..out.width {
            let source = x.pixel(row / op.factor[0], column / op.factor[1]);
            y.pixel_mut(row, column).copy_from_slice(source);
        }
    }
    y
}
