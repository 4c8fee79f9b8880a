//! Where a shape comes from, in words: "28x28x256 from `stage.2.conv3`, after `maxpool` with stride 2".

use super::machine::Expander;
use crate::ir::op::Op;
use crate::ir::{Graph, NodeId};
use crate::source::Span;

impl Expander<'_, '_> {
    /// The shape of a value, the operation that gave it that shape, and the one that gave it its plane.
    pub(super) fn describe(&self, node: NodeId) -> String {
        describe(&self.graph, node)
    }

    /// The place in the text that gave a value its shape, and the words for it.
    pub(super) fn source(&self, node: NodeId) -> Option<(Span, String)> {
        let from = shaper(&self.graph, node);
        let span = self.graph.node(from).origin.span?;
        Some((span, format!("this gives {}", self.graph.node(node).shape)))
    }
}

fn describe(graph: &Graph, node: NodeId) -> String {
    let shape = graph.node(node).shape;
    let from = shaper(graph, node);
    let mut text = if graph.input() == Some(from) {
        format!("{shape}, the input")
    } else {
        format!("{shape} from `{}`", graph.path(from))
    };
    let mut at = from;
    if !changes_plane(graph, at) {
        while let Some(&before) = graph.inputs(at).first() {
            at = before;
            if changes_plane(graph, at) {
                text.push_str(&format!(", after {}", name_with_stride(graph, at)));
                break;
            }
        }
    }
    text
}

/// The nearest operation upstream that does not leave the shape as it is by its nature.
fn shaper(graph: &Graph, mut node: NodeId) -> NodeId {
    while keeps_shape(&graph.node(node).op) {
        match graph.inputs(node).first() {
            Some(&before) => node = before,
            None => break,
        }
    }
    node
}

fn keeps_shape(op: &Op) -> bool {
    match op {
        Op::BatchNorm(_)
        | Op::Normalize(_)
        | Op::Lrn(_)
        | Op::Rescale(_)
        | Op::Activation(_)
        | Op::Softmax(_)
        | Op::Dropout(_)
        | Op::Shuffle(_)
        | Op::Gate(_) => true,
        Op::Input(_)
        | Op::Conv(_)
        | Op::Dense(_)
        | Op::Pool(_)
        | Op::GlobalPool(_)
        | Op::Flatten(_)
        | Op::ZeroPad(_)
        | Op::Upsample(_)
        | Op::Add(_)
        | Op::Concat(_) => false,
    }
}

fn changes_plane(graph: &Graph, node: NodeId) -> bool {
    let plane = |id: NodeId| (graph.node(id).shape.height, graph.node(id).shape.width);
    graph.inputs(node).first().is_some_and(|&before| plane(before) != plane(node))
}

fn name_with_stride(graph: &Graph, node: NodeId) -> String {
    let stride = graph.node(node).op.window().map_or([1, 1], |(window, _)| window.stride);
    let path = graph.path(node);
    match stride {
        [1, 1] => format!("`{path}`"),
        [a, b] if a == b => format!("`{path}` with stride {a}"),
        [a, b] => format!("`{path}` with stride {a}x{b}"),
    }
}
