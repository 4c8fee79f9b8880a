//! Runs a graph, node by node, and lets go of every value behind its last reader.

use crate::error::Error;
use crate::op;
use crate::tensors::{Tensors, Weights, check};
use archc_core::ir::op::Weight;
use archc_core::ir::{Graph, NodeId, Op, Shape};
use archc_runtime::op::Split;
use std::collections::HashMap;

/// A value: the numbers of one image, rows outermost, channels innermost (NHWC without the N).
#[derive(Clone, Debug, PartialEq)]
pub struct Value {
    /// Its shape.
    pub shape: Shape,
    /// [`Shape::size`] numbers.
    pub data: Vec<f64>,
}

impl Value {
    /// Zeros.
    pub(crate) fn zeros(shape: Shape) -> Self {
        Value { shape, data: vec![0.0; shape.size()] }
    }

    /// The channels of one pixel.
    pub(crate) fn pixel(&self, row: usize, column: usize) -> &[f64] {
        let c = self.shape.channels;
        &self.data[(row * self.shape.width + column) * c..][..c]
    }

    /// The channels of one pixel, to write to.
    pub(crate) fn pixel_mut(&mut self, row: usize, column: usize) -> &mut [f64] {
        let c = self.shape.channels;
        &mut self.data[(row * self.shape.width + column) * c..][..c]
    }

    /// A function applied to every number.
    pub(crate) fn map(&self, f: impl Fn(f64) -> f64) -> Self {
        Value { shape: self.shape, data: self.data.iter().map(|&x| f(x)).collect() }
    }
}

/// The outputs of a network, in the order of [`Graph::outputs`], for one image in the order rows, columns, channels.
///
/// # Errors
/// Where the input has another size, weights are missing or have other shapes, or the graph is broken.
pub fn run(graph: &Graph, weights: &dyn Weights, input: &[f64]) -> Result<Vec<Value>, Error> {
    observe(graph, weights, input, &mut |_, _| {})
}

/// As [`run`], showing every node's value to `observer` as soon as it is there. Values are dropped behind their last
/// reader, so that the largest network needs memory for a few of them only.
///
/// # Errors
/// As [`run`].
pub fn observe(
    graph: &Graph,
    weights: &dyn Weights,
    input: &[f64],
    observer: &mut dyn FnMut(NodeId, &Value),
) -> Result<Vec<Value>, Error> {
    observe_split(graph, weights, input, Split::None, observer)
}

/// As [`observe`], with the operands of convolutions, but of depthwise ones, rounded to f32 and split into bf16 parts, of whose
/// products those count that kernels compute. Sums are exact as ever.
///
/// # Errors
/// As [`run`].
pub fn observe_split(
    graph: &Graph,
    weights: &dyn Weights,
    input: &[f64],
    split: Split,
    observer: &mut dyn FnMut(NodeId, &Value),
) -> Result<Vec<Value>, Error> {
    run_changed(graph, weights, input, split, &mut |id, value| observer(id, value))
}

/// As [`run`], with every node's value handed to `change` before it is read: for numbers that are rounded where they are kept.
///
/// # Errors
/// As [`run`].
pub fn run_rounded(
    graph: &Graph,
    weights: &dyn Weights,
    input: &[f64],
    change: &mut dyn FnMut(NodeId, &mut Value),
) -> Result<Vec<Value>, Error> {
    run_changed(graph, weights, input, Split::None, change)
}

fn run_changed(
    graph: &Graph,
    weights: &dyn Weights,
    input: &[f64],
    split: Split,
    change: &mut dyn FnMut(NodeId, &mut Value),
) -> Result<Vec<Value>, Error> {
    let order = graph.topological().ok_or_else(|| Error::Graph("it has a cycle".into()))?;
    verify(graph, &order, input.len())?;
    let problems: Vec<_> = order.iter().flat_map(|&id| check(&wanted(graph, id), weights)).collect();
    if !problems.is_empty() {
        return Err(Error::Weights(problems));
    }

    let mut values: HashMap<NodeId, Value> = HashMap::new();
    let mut readers: HashMap<NodeId, usize> =
        order.iter().map(|&id| (id, graph.consumers(id).len())).collect();
    let image = graph.input().map_or(Shape::vector(0), |id| graph.node(id).shape);
    let image = Value { shape: image, data: input.to_vec() };
    for &id in &order {
        let node = graph.node(id);
        let sources = graph.inputs(id);
        let mut value = {
            let inputs: Vec<&Value> = if matches!(node.op, Op::Input(_)) {
                vec![&image]
            } else {
                sources.iter().filter_map(|s| values.get(s)).collect()
            };
            let tensors = Tensors::find(&wanted(graph, id), weights).map_err(Error::Weights)?;
            op::apply(&node.op, &graph.path(id), &inputs, &tensors, node.shape, split)
        };
        change(id, &mut value);
        values.insert(id, value);
        for source in sources {
            if let Some(n) = readers.get_mut(&source) {
                *n -= 1;
                if *n == 0 && !graph.is_output(source) {
                    values.remove(&source);
                }
            }
        }
        if readers.get(&id) == Some(&0) && !graph.is_output(id) {
            values.remove(&id);
        }
    }
    graph
        .outputs
        .iter()
        .map(|o| values.get(&o.node).cloned().ok_or_else(|| Error::Graph(format!("no output `{}`", o.name))))
        .collect()
}

/// The tensors that a node reads.
pub(crate) fn wanted(graph: &Graph, id: NodeId) -> Vec<Weight> {
    let shapes: Vec<Shape> = graph.inputs(id).iter().map(|&i| graph.node(i).shape).collect();
    graph.node(id).op.weights(&graph.path(id), &shapes)
}

/// What the operators below rely on: one input of the right size, and shapes that follow from one another.
fn verify(graph: &Graph, order: &[NodeId], numbers: usize) -> Result<(), Error> {
    let mut inputs = 0;
    for &id in order {
        let node = graph.node(id);
        let shapes: Vec<Shape> = graph.inputs(id).iter().map(|&i| graph.node(i).shape).collect();
        match node.op.infer(&shapes) {
            Ok(shape) if shape == node.shape => {}
            other => {
                let path = graph.path(id);
                return Err(Error::Graph(format!("`{path}` is {}, but should be {other:?}", node.shape)));
            }
        }
        if matches!(node.op, Op::Input(_)) {
            inputs += 1;
            if numbers != node.shape.size() {
                return Err(Error::Input {
                    expected: node.shape.size(),
                    expected_shape: node.shape,
                    found: numbers,
                });
            }
        }
    }
    if inputs != 1 {
        return Err(Error::Graph(format!("it has {inputs} inputs instead of one")));
    }
    Ok(())
}
