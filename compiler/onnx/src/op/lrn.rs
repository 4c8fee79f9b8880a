//! Local response normalization.

use super::Site;
use crate::builder::{Builder, Value};
use crate::proto::{float, int, ints};
use archc_core::ir::op::Lrn;

/// ONNX's `alpha` is over the mean of squares, archc's over their sum.
pub(super) fn lrn(b: &mut Builder, site: &Site<'_>, o: &Lrn) -> Value {
    let x = b.as_plane(site.inputs[0]);
    let alpha = o.alpha * o.size as f64;
    if o.size.is_multiple_of(2) {
        return Value::plane(even(b, site, o, &x, alpha));
    }
    let attributes =
        vec![float("alpha", alpha), float("beta", o.beta), float("bias", o.k), int("size", o.size)];
    Value::plane(b.node(site.path, "LRN", &[&x], attributes))
}

/// A window of an even size reaches further down in archc, further up in ONNX, and ONNX Runtime refuses it. Spelled out,
/// channels become the rows of a plane with one channel, whose means are taken.
fn even(b: &mut Builder, site: &Site<'_>, o: &Lrn, x: &str, alpha: f64) -> String {
    let shape = site.out;
    let squares = b.node(&site.inner("squares"), "Mul", &[x, x], vec![]);
    let flat = b.integers(&[0, 1, shape.channels, shape.plane()]);
    let flat = b.node(&site.inner("flat"), "Reshape", &[&squares, &flat], vec![]);
    let window = vec![
        int("count_include_pad", 1),
        ints("kernel_shape", &[o.size, 1]),
        ints("pads", &[o.size / 2, 0, (o.size - 1) / 2, 0]),
    ];
    let means = b.node(&site.inner("means"), "AveragePool", &[&flat], window);
    let whole = b.integers(&[0, shape.channels, shape.height, shape.width]);
    let means = b.node(&site.inner("whole"), "Reshape", &[&means, &whole], vec![]);
    let (alpha, k, beta) = (b.scalar(alpha), b.scalar(o.k), b.scalar(o.beta));
    let scaled = b.node(&site.inner("scaled"), "Mul", &[&means, &alpha], vec![]);
    let sum = b.node(&site.inner("sum"), "Add", &[&scaled, &k], vec![]);
    let power = b.node(&site.inner("power"), "Pow", &[&sum, &beta], vec![]);
    b.node(site.path, "Div", &[x, &power], vec![])
}
