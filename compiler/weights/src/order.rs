//! In which order PyTorch has the channels of a value: behind a `flatten` its order is channels, rows, columns, and
//! archc's is rows, columns, channels.

use archc_core::ir::{Graph, NodeId, Op, Shape};
use std::collections::HashMap;

/// The channels of a value as flattened planes, one after another. A plane of 1x1 is in the same order in both.
type Segments = Vec<Shape>;

/// For the input of every node whose channels are not in PyTorch's order: at each of archc's places, PyTorch's.
pub(crate) fn input_orders(graph: &Graph) -> HashMap<NodeId, Vec<usize>> {
    let mut segments: HashMap<NodeId, Segments> = HashMap::new();
    let mut orders = HashMap::new();
    for id in graph.topological().unwrap_or_default() {
        let inputs = graph.inputs(id);
        let arriving: Segments = match inputs.first() {
            Some(first) => segments.get(first).cloned().unwrap_or_default(),
            None => Vec::new(),
        };
        let node = graph.node(id);
        let arriving = match (&node.op, inputs.first()) {
            (Op::Dense(dense), Some(&first)) if dense.flattens => {
                flattened(graph.node(first).shape, arriving)
            }
            _ => arriving,
        };
        let leaving = match &node.op {
            Op::Input(_) | Op::Conv(_) | Op::Dense(_) => vec![Shape::vector(node.shape.channels)],
            Op::Flatten(_) => inputs
                .first()
                .map_or(Vec::new(), |&first| flattened(graph.node(first).shape, arriving.clone())),
            Op::Concat(_) => inputs.iter().filter_map(|i| segments.get(i)).flatten().copied().collect(),
            Op::Pool(_)
            | Op::GlobalPool(_)
            | Op::BatchNorm(_)
            | Op::Normalize(_)
            | Op::Lrn(_)
            | Op::Rescale(_)
            | Op::Activation(_)
            | Op::Softmax(_)
            | Op::Dropout(_)
            | Op::ZeroPad(_)
            | Op::Shuffle(_)
            | Op::Upsample(_)
            | Op::Add(_)
            | Op::Gate(_) => arriving.clone(),
        };
        if arriving.iter().any(|plane| !plane.is_vector()) {
            orders.insert(id, order(&arriving));
        }
        segments.insert(id, leaving);
    }
    orders
}

/// The segments of a flattened value.
fn flattened(shape: Shape, segments: Segments) -> Segments {
    if shape.is_vector() { segments } else { vec![shape] }
}

/// At each of archc's places, PyTorch's.
fn order(segments: &[Shape]) -> Vec<usize> {
    let mut order = Vec::new();
    for plane in segments {
        let start = order.len();
        for pixel in 0..plane.plane() {
            order.extend((0..plane.channels).map(|c| start + c * plane.plane() + pixel));
        }
    }
    order
}
