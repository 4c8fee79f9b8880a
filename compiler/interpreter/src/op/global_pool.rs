//! Pooling over the whole plane.

use super::pool::larger;
use crate::run::Value;
use archc_core::ir::Shape;
use archc_core::ir::op::{GlobalPool, PoolKind};

pub(crate) fn global_pool(op: &GlobalPool, x: &Value) -> Value {
    let channels = x.shape.channels;
    let pixels = x.data.chunks_exact(channels);
    let mut data = match op.kind {
        PoolKind::Max => vec![f64::NEG_INFINITY; channels],
        PoolKind::Average => vec![0.0; channels],
    };
    for pixel in pixels {
        for (y, &x) in data.iter_mut().zip(pixel) {
            *y = match op.kind {
                PoolKind::Max => larger(*y, x),
                PoolKind::Average => *y + x,
            };
        }
    }
    if op.kind == PoolKind::Average {
        let count = x.shape.plane() as f64;
        data.iter_mut().for_each(|y| *y /= count);
    }
    Value { shape: Shape::vector(channels), data }
}
