//! Pooling.

use super::{Site, pad};
use crate::builder::{Builder, Value};
use crate::proto::{int, ints};
use archc_core::ir::op::{GlobalPool, Pool, PoolKind};
use archc_core::ir::{Padding, Shape};

/// `ceil` becomes padding: ONNX's `ceil_mode` has one window more than archc in some cases, and runtimes do not agree on
/// what its means are over.
pub(super) fn pool(b: &mut Builder, site: &Site<'_>, o: &Pool) -> Value {
    let mut x = b.as_plane(site.inputs[0]);
    let beyond = beyond(o, site.shapes[0], site.out);
    let mut padding = o.padding;
    let mut counts = o.count_pad;
    if o.kind == PoolKind::Average && counts && beyond != [0, 0] {
        // Zeros that count and places that do not, around one plane.
        x = pad(b, &site.inner("pad"), &x, padding);
        padding = Padding::NONE;
        counts = false;
    }
    let Padding { top, bottom, left, right } = padding;
    let mut attributes = vec![
        ints("kernel_shape", &o.window.kernel),
        ints("pads", &[top, left, bottom + beyond[0], right + beyond[1]]),
        ints("strides", &o.window.stride),
    ];
    let op_type = match o.kind {
        PoolKind::Max => "MaxPool",
        PoolKind::Average => {
            attributes.push(int("count_include_pad", usize::from(counts)));
            "AveragePool"
        }
    };
    Value::plane(b.node(site.path, op_type, &[&x], attributes))
}

/// How many rows and columns the last windows reach beyond the padding.
fn beyond(o: &Pool, x: Shape, out: Shape) -> [usize; 2] {
    let Padding { top, bottom, left, right } = o.padding;
    let axis = |a: usize, count: usize, padded: usize| {
        ((count - 1) * o.window.stride[a] + o.window.kernel[a]).saturating_sub(padded)
    };
    [axis(0, out.height, top + x.height + bottom), axis(1, out.width, left + x.width + right)]
}

pub(super) fn global_pool(b: &mut Builder, site: &Site<'_>, o: &GlobalPool) -> Value {
    let x = b.as_plane(site.inputs[0]);
    let op_type = match o.kind {
        PoolKind::Max => "GlobalMaxPool",
        PoolKind::Average => "GlobalAveragePool",
    };
    Value::plane(b.node(site.path, op_type, &[&x], vec![]))
}
