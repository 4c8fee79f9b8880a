//! The product of a value and a gate.

use crate::run::Value;

/// The gate has the value's shape, or one number for each channel.
pub(crate) fn gate(x: &Value, gate: &Value) -> Value {
    let mut y = x.clone();
    for part in y.data.chunks_exact_mut(gate.data.len()) {
        for (y, g) in part.iter_mut().zip(&gate.data) {
            *y *= g;
        }
    }
    y
}
