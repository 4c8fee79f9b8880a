//! Which values are compared with the array of a layer.
//!
//! A framework's layer may have its activation inside (Keras's `Conv2D(activation=..)`), or its array may be written over
//! by an activation in place (PyTorch's `inplace=True`); and where the generated code computes both in one kernel, the value
//! before the activation is nowhere. So an array may be the operation's own value or that of the activation behind it; it
//! equals the network where it equals one of them.

use archc_core::ir::op::Activation;
use archc_core::ir::{Graph, NodeId, Op};

/// A value to be compared with a layer's array.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Check {
    /// The operation whose value it is.
    pub(crate) node: NodeId,
    pub(crate) reading: Reading,
}

/// What the array is taken for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Reading {
    /// The value of the operation itself.
    Own,
    /// That of the activation behind it.
    Activated,
    /// The value of the operation itself, to which the activation is still to be applied, since nobody keeps ours.
    Unactivated(Activation),
}

/// The checks of an operation's layer, the plainest first; none where no value of it is there.
pub(crate) fn checks(graph: &Graph, id: NodeId, is_there: &dyn Fn(NodeId) -> bool) -> Vec<Check> {
    let mut checks = Vec::new();
    if is_there(id) {
        checks.push(Check { node: id, reading: Reading::Own });
    }
    let [(node, _)] = graph.consumers(id)[..] else { return checks };
    let activation = match graph.node(node).op {
        Op::Activation(activation) => Some(activation),
        Op::Softmax(_) => None,
        _ => return checks,
    };
    if is_there(node) {
        checks.push(Check { node, reading: Reading::Activated });
        // With its own value there, one that only equals it behind the activation is wrong.
        if let (Some(activation), false) = (activation, is_there(id)) {
            checks.push(Check { node, reading: Reading::Unactivated(activation) });
        }
    }
    checks
}
