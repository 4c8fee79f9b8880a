//! Channel shuffle.

use crate::run::Value;
use archc_core::ir::op::Shuffle;

pub(crate) fn shuffle(op: &Shuffle, x: &Value) -> Value {
    let mut y = x.clone();
    let channels = x.shape.channels;
    let width = channels / op.groups;
    for (from, to) in x.data.chunks_exact(channels).zip(y.data.chunks_exact_mut(channels)) {
        for g in 0..op.groups {
            for j in 0..width {
                to[j * op.groups + g] = from[g * width + j];
            }
        }
    }
    y
}
