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

/// In which orders values are.
#[derive(Clone, Debug, Default)]
pub(crate) struct Orders {
    /// Those of the inputs of every node whose channels are not in PyTorch's.
    pub(crate) inputs: HashMap<NodeId, InputOrder>,
    /// The nodes that no order of their weights makes equal to PyTorch's, and why.
    pub(crate) refused: Vec<(NodeId, &'static str)>,
}

/// Follows the order of channels through a network.
pub(crate) fn orders(graph: &Graph) -> Orders {
    let mut segments: HashMap<NodeId, Segments> = HashMap::new();
    let mut orders = Orders::default();
    for id in graph.topological().unwrap_or_default() {
        let inputs = graph.inputs(id);
        let node = graph.node(id);
        let of = |input: Option<&NodeId>| -> Segments {
            input.and_then(|input| segments.get(input)).cloned().unwrap_or_default()
        };
        let plane = inputs.first().map(|&first| graph.node(first).shape);
        let arriving = match (&node.op, plane) {
            (Op::Dense(dense), Some(plane)) if dense.flattens => flattened(plane, of(inputs.first())),
            _ => of(inputs.first()),
        };
        let leaving = match (&node.op, plane) {
            (Op::Input(_) | Op::Conv(_) | Op::Dense(_), _) => vec![Shape::vector(node.shape.channels)],
            (Op::Flatten(_), Some(plane)) => flattened(plane, arriving.clone()),
            (Op::Concat(_), _) => inputs.iter().flat_map(|input| of(Some(input))).collect(),
            (
                Op::Flatten(_)
                | Op::Pool(_)
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
                | Op::Gate(_),
                _,
            ) => arriving.clone(),
        };
        let refused = match &node.op {
            Op::Conv(conv) if conv.groups > 1 && differs(&arriving) => {
                Some("a convolution in groups has other channels in each of them")
            }
            Op::Shuffle(_) if differs(&arriving) => Some("`shuffle` has other channels in each group"),
            Op::Lrn(_) if differs(&arriving) => Some("the neighbours of a channel are others for `lrn`"),
            Op::Flatten(_) if flattens_again(plane, &of(inputs.first())) => Some(FLATTENED_AGAIN),
            Op::Dense(dense) if dense.flattens && flattens_again(plane, &of(inputs.first())) => {
                Some(FLATTENED_AGAIN)
            }
            Op::Add(_) | Op::Gate(_)
                if inputs.iter().any(|input| places(&of(Some(input))) != places(&arriving)) =>
            {
                Some(JOINED)
            }
            // What is added to a convolution's or a dense layer's value.
            Op::Conv(_) | Op::Dense(_) if differs(&of(inputs.get(1))) => Some(JOINED),
            _ => None,
        };
        orders.refused.extend(refused.map(|why| (id, why)));
        if differs(&arriving) {
            let plane = <[Shape; 1]>::try_from(&arriving[..]).ok().map(|[plane]| plane);
            orders.inputs.insert(id, InputOrder { places: places(&arriving), plane });
        }
        segments.insert(id, leaving);
    }
    orders
}

const JOINED: &str = "it joins channels that are in that order with others that are in another";
const FLATTENED_AGAIN: &str = "what was flattened once became a plane, and is flattened again";

/// Whether channels are in another order than PyTorch's.
fn differs(segments: &Segments) -> bool {
    segments.iter().any(|plane| plane.plane() > 1 && plane.channels > 1)
}

/// Whether a plane is flattened whose channels are in another order already.
fn flattens_again(plane: Option<Shape>, segments: &Segments) -> bool {
    plane.is_some_and(|plane| !plane.is_vector()) && differs(segments)
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
