//! Convolutions and dense layers.

use super::Site;
use crate::builder::{Builder, Order, Value};
use crate::initializer::Layout;
use crate::proto::{int, ints};
use archc_core::ir::Padding;
use archc_core::ir::op::{Conv, Dense, Role, Weight};

pub(super) fn conv(b: &mut Builder, site: &Site<'_>, o: &Conv) -> Value {
    let x = b.as_plane(site.inputs[0]);
    let [kh, kw] = o.window.kernel;
    let channels = site.shapes[0].channels / o.groups;
    let layout = Layout::OutputsFirst { pixels: kh * kw, channels, outputs: o.channels };
    let weights = weights(b, site, &[o.channels, channels, kh, kw], layout);
    let Padding { top, bottom, left, right } = o.padding;
    let attributes = vec![
        ints("dilations", &o.window.dilation),
        int("group", o.groups),
        ints("kernel_shape", &o.window.kernel),
        ints("pads", &[top, left, bottom, right]),
        ints("strides", &o.window.stride),
    ];
    Value::plane(b.node(site.path, "Conv", &with(&x, &weights), attributes))
}

pub(super) fn dense(b: &mut Builder, site: &Site<'_>, o: &Dense) -> Value {
    let x = b.as_vector(site.inputs[0]);
    let inputs = site.shapes[0].size();
    let (pixels, channels) = match site.inputs[0].order {
        Order::Same => (1, inputs),
        Order::ChannelsFirst { pixels, channels } => (pixels, channels),
    };
    let layout = Layout::OutputsFirst { pixels, channels, outputs: o.channels };
    let weights = weights(b, site, &[o.channels, inputs], layout);
    Value::vector(b.node(site.path, "Gemm", &with(&x, &weights), vec![int("transB", 1)]))
}

/// The kernel, and the bias where there is one.
fn weights(b: &mut Builder, site: &Site<'_>, kernel: &[usize], layout: Layout) -> Vec<String> {
    let one = |w: &Weight| match w.role {
        Role::Kernel => b.weights(w, kernel, layout),
        Role::Bias | Role::Gamma | Role::Beta | Role::Mean | Role::Variance => {
            b.weights(w, &w.shape, Layout::Same)
        }
    };
    site.weights.iter().map(one).collect()
}

fn with<'a>(x: &'a str, weights: &'a [String]) -> Vec<&'a str> {
    std::iter::once(x).chain(weights.iter().map(String::as_str)).collect()
}
