//! Which flattened planes may lie in ONNX's order, channels first, because nobody but dense layers sees it.

use archc_core::ir::{Graph, NodeId, Op};

/// Whether all that a value reaches, through operators that treat every number alike, are dense layers, whose weights can
/// be permuted.
pub(crate) fn is_free(graph: &Graph, id: NodeId) -> bool {
    let mut waiting = vec![id];
    while let Some(id) = waiting.pop() {
        if graph.is_output(id) {
            return false;
        }
        for (reader, _) in graph.consumers(id) {
            match graph.node(reader).op {
                Op::Dense(_) => {}
                Op::Dropout(_) | Op::Activation(_) | Op::Rescale(_) => waiting.push(reader),
                Op::Input(_)
                | Op::Conv(_)
                | Op::Pool(_)
                | Op::GlobalPool(_)
                | Op::BatchNorm(_)
                | Op::Normalize(_)
                | Op::Lrn(_)
                | Op::Softmax(_)
                | Op::Flatten(_)
                | Op::ZeroPad(_)
                | Op::Shuffle(_)
                | Op::Upsample(_)
                | Op::Add(_)
                | Op::Concat(_)
                | Op::Gate(_) => return false,
            }
        }
    }
    true
}
