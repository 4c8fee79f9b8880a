//! Zeros around a plane.

use crate::run::Value;
use archc_core::ir::Shape;
use archc_core::ir::op::ZeroPad;

pub(crate) fn zero_pad(op: &ZeroPad, x: &Value, out: Shape) -> Value {
    let mut y = Value::zeros(out);
    for row in 0..x.shape.height {
        for column in 0..x.shape.width {
            let target = y.pixel_mut(row + op.padding.top, column + op.padding.left);
            target.copy_from_slice(x.pixel(row, column));
        }
    }
    y
}
