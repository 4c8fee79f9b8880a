//! Local response normalization.

use crate::run::Value;
use archc_core::ir::op::Lrn;

pub(crate) fn lrn(op: &Lrn, x: &Value) -> Value {
    let mut y = x.clone();
    let channels = x.shape.channels;
    let (down, up) = (op.size / 2, op.size.saturating_sub(1) / 2);
    for (from, to) in x.data.chunks_exact(channels).zip(y.data.chunks_exact_mut(channels)) {
        for c in 0..channels {
            let window = &from[c.saturating_sub(down)..(c + up + 1).min(channels)];
            let squares: f64 = window.iter().map(|v| v * v).sum();
            to[c] = from[c] / (op.k + op.alpha * squares).powf(op.beta);
        }
    }
    y
}
