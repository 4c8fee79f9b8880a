//! Concatenation along channels.

use crate::run::Value;
use archc_core::ir::Shape;

pub(crate) fn concat(inputs: &[&Value], out: Shape) -> Value {
    let mut data = Vec::with_capacity(out.size());
    for row in 0..out.height {
        for column in 0..out.width {
            for x in inputs {
                data.extend_from_slice(x.pixel(row, column));
            }
        }
    }
    Value { shape: out, data }
}
