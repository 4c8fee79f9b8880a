//! The operators, each as one node of ONNX or as the few that it takes.
//!
//! A node has the name of its operation; where there are several, the last one has, and the others have it with a `/` and a
//! word behind it.

mod activation;
mod layer;
mod lrn;
mod norm;
mod pool;

use crate::builder::{Builder, Form, Order, Value};
use crate::order;
use crate::proto::{int, ints, string};
use archc_core::ir::op::{Add, Dense, Op, Rescale, Weight};
use archc_core::ir::{Graph, NodeId, Padding, Shape};

/// An operation that is translated.
pub(crate) struct Site<'a> {
    pub(crate) graph: &'a Graph,
    pub(crate) id: NodeId,
    /// Its name.
    pub(crate) path: &'a str,
    /// What arrives, and its shapes.
    pub(crate) inputs: &'a [&'a Value],
    pub(crate) shapes: &'a [Shape],
    /// The shape of what leaves.
    pub(crate) out: Shape,
    /// The tensors that it reads.
    pub(crate) weights: &'a [Weight],
}

impl Site<'_> {
    /// The name of one of several nodes.
    fn inner(&self, word: &str) -> String {
        format!("{}/{word}", self.path)
    }

    /// The first input's value, renamed: that of an operator which treats every number alike.
    fn like_input(&self, name: String) -> Value {
        Value { name, ..self.inputs[0].clone() }
    }
}

/// Translates an operation other than the input. `None` where it holds what only a pass puts there.
pub(crate) fn translate(b: &mut Builder, site: &Site<'_>) -> Option<Value> {
    let Site { path, inputs, shapes, .. } = *site;
    let (x, shape) = (*inputs.first()?, *shapes.first()?);
    let op = &site.graph.node(site.id).op;
    if op.epilogue().is_some_and(|e| *e != Default::default()) {
        return None;
    }
    Some(match op {
        Op::Add(Add { activation: Some(_) }) | Op::Dense(Dense { flattens: true, .. }) | Op::Input(_) => {
            return None;
        }
        Op::Conv(o) => layer::conv(b, site, o),
        Op::Dense(o) => layer::dense(b, site, o),
        Op::Pool(o) => pool::pool(b, site, o),
        Op::GlobalPool(o) => pool::global_pool(b, site, o),
        Op::BatchNorm(o) => norm::batch_norm(b, site, o),
        Op::Normalize(_) => norm::normalize(b, site),
        Op::Lrn(o) => lrn::lrn(b, site, o),
        Op::Rescale(o) => rescale(b, site, o),
        Op::Activation(o) => activation::activation(b, site, *o),
        Op::Softmax(_) => site.like_input(b.node(path, "Softmax", &[&x.name], vec![int("axis", 1)])),
        Op::Dropout(_) => x.clone(),
        Op::Flatten(_) => flatten(b, site, x, shape),
        Op::ZeroPad(o) => {
            let x = b.as_plane(x);
            Value::plane(pad(b, path, &x, o.padding))
        }
        Op::Shuffle(o) => {
            let x = b.as_plane(x);
            let width = shape.channels / o.groups;
            // The batch is copied: 0.
            let rows = b.integers(&[0, o.groups, width, shape.height, shape.width]);
            let rows = b.node(&site.inner("groups"), "Reshape", &[&x, &rows], vec![]);
            let turn = vec![ints("perm", &[0, 2, 1, 3, 4])];
            let turned = b.node(&site.inner("transpose"), "Transpose", &[&rows], turn);
            let whole = b.integers(&[0, shape.channels, shape.height, shape.width]);
            Value::plane(b.node(path, "Reshape", &[&turned, &whole], vec![]))
        }
        Op::Upsample(o) => {
            let x = b.as_plane(x);
            let scales = b.floats(&[1.0, 1.0, o.factor[0] as f32, o.factor[1] as f32]);
            let how = vec![
                string("coordinate_transformation_mode", "asymmetric"),
                string("mode", "nearest"),
                string("nearest_mode", "floor"),
            ];
            Value::plane(b.node(path, "Resize", &[&x, "", &scales], how))
        }
        Op::Add(Add { activation: None }) => combine(b, site, "Add", vec![]),
        Op::Concat(_) => combine(b, site, "Concat", vec![int("axis", 1)]),
        Op::Gate(_) => combine(b, site, "Mul", vec![]),
    })
}

/// An operator of several values: all are vectors, or all become planes.
fn combine(
    b: &mut Builder,
    site: &Site<'_>,
    op_type: &str,
    attributes: Vec<crate::proto::AttributeProto>,
) -> Value {
    if site.inputs.iter().all(|x| x.form == Form::Vector) {
        let names: Vec<&str> = site.inputs.iter().map(|x| x.name.as_str()).collect();
        return Value::vector(b.node(site.path, op_type, &names, attributes));
    }
    let names: Vec<String> = site.inputs.iter().map(|x| b.as_plane(x)).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    Value::plane(b.node(site.path, op_type, &names, attributes))
}

fn rescale(b: &mut Builder, site: &Site<'_>, o: &Rescale) -> Value {
    let factor = b.scalar(o.scale);
    let x = &site.inputs[0].name;
    if o.offset == 0.0 {
        return site.like_input(b.node(site.path, "Mul", &[x, &factor], vec![]));
    }
    let product = b.node(&site.inner("product"), "Mul", &[x, &factor], vec![]);
    let offset = b.scalar(o.offset);
    site.like_input(b.node(site.path, "Add", &[&product, &offset], vec![]))
}

/// archc's order has channels last, ONNX's first; where dense layers alone see it, ONNX's may stay.
fn flatten(b: &mut Builder, site: &Site<'_>, x: &Value, shape: Shape) -> Value {
    if x.form == Form::Vector {
        return x.clone();
    }
    let axis = vec![int("axis", 1)];
    if shape.is_vector() || shape.channels == 1 {
        return Value::vector(b.node(site.path, "Flatten", &[&x.name], axis));
    }
    if order::is_free(site.graph, site.id) {
        let name = b.node(site.path, "Flatten", &[&x.name], axis);
        let order = Order::ChannelsFirst { pixels: shape.plane(), channels: shape.channels };
        return Value { order, ..Value::vector(name) };
    }
    let last = vec![ints("perm", &[0, 2, 3, 1])];
    let x = b.node(&site.inner("transpose"), "Transpose", &[&x.name], last);
    Value::vector(b.node(site.path, "Flatten", &[&x], axis))
}

/// Zeros around a plane.
fn pad(b: &mut Builder, name: &str, x: &str, padding: Padding) -> String {
    let Padding { top, bottom, left, right } = padding;
    let sides = b.integers(&[0, 0, top, left, 0, 0, bottom, right]);
    b.node(name, "Pad", &[x, &sides], vec![])
}
