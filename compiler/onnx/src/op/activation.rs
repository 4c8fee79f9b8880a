//! Functions of one number.

use super::Site;
use crate::builder::{Builder, Value};
use crate::proto::float;
use archc_core::ir::op::Activation;

pub(super) fn activation(b: &mut Builder, site: &Site<'_>, activation: Activation) -> Value {
    let x = site.inputs[0].name.as_str();
    let path = site.path;
    let name = match activation {
        Activation::Relu => b.node(path, "Relu", &[x], vec![]),
        Activation::Relu6 => {
            let (low, high) = (b.scalar(0.0), b.scalar(6.0));
            b.node(path, "Clip", &[x, &low, &high], vec![])
        }
        Activation::LeakyRelu { slope } => b.node(path, "LeakyRelu", &[x], vec![float("alpha", slope)]),
        Activation::Tanh => b.node(path, "Tanh", &[x], vec![]),
        Activation::Sigmoid => b.node(path, "Sigmoid", &[x], vec![]),
        Activation::Swish => {
            let sigmoid = b.node(&site.inner("sigmoid"), "Sigmoid", &[x], vec![]);
            b.node(path, "Mul", &[x, &sigmoid], vec![])
        }
        // An operator of its own from version 20 on. Runtimes know this form of it.
        Activation::Gelu => {
            let root = b.scalar(std::f64::consts::SQRT_2);
            let scaled = b.node(&site.inner("scaled"), "Div", &[x, &root], vec![]);
            let erf = b.node(&site.inner("erf"), "Erf", &[&scaled], vec![]);
            let one = b.scalar(1.0);
            let sum = b.node(&site.inner("sum"), "Add", &[&erf, &one], vec![]);
            let product = b.node(&site.inner("product"), "Mul", &[x, &sum], vec![]);
            let half = b.scalar(0.5);
            b.node(path, "Mul", &[&product, &half], vec![])
        }
        Activation::HardSwish => b.node(path, "HardSwish", &[x], vec![]),
        // ONNX's own slope is 0.2.
        Activation::HardSigmoid => {
            b.node(path, "HardSigmoid", &[x], vec![float("alpha", 1.0 / 6.0), float("beta", 0.5)])
        }
    };
    site.like_input(name)
}
