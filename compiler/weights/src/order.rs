//! In which order PyTorch has the channels of a value: behind a `flatten` its order is channels, rows, columns, and
//! archc's is rows, columns, channels.

use archc_core::ir::{Graph, NodeId, Op, Shape};
use std::collections::HashMap;

/// The channels of a value as flattened planes, one after another. A plane of 1x1 is in the same order in both.
type Segments = Vec<Shape>;

/// The order of the channels that arrive at a node.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct InputOrder {
    /// At each of archc's places, PyTorch's.
    pub(crate) places: Vec<usize>,
    /// The plane that they are, flattened, if it is one.
    pub(crate) plane: Option<Shape>,
}

/// The orders of the inputs of every node whose channels are not in PyTorch's.
pub(crate) fn input_orders(graph: &Graph) -> HashMap<NodeId, InputOrder> {
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
            let plane = <[Shape; 1]>::try_from(&arriving[..]).ok().map(|[plane]| plane);
            orders.insert(id, InputOrder { places: places(&arriving), plane });
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
fn places(segments: &[Shape]) -> Vec<usize> {
    let mut places = Vec::new();
    for plane in segments {
        let start = places.len();
        for pixel in 0..plane.plane() {
            places.extend((0..plane.channels).map(|c| start + c * plane.plane() + pixel));
        }
    }
    places
}
