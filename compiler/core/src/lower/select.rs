//! Which kernel computes each node, and which nodes need none.

use crate::ir::op::{self, Op};
use crate::ir::{Graph, NodeId, Shape};
use crate::lir::Kernel;
use archc_runtime::op as kernel;
use std::collections::HashMap;

/// How a value comes about.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Work {
    /// The user writes it.
    Input,
    /// A kernel computes it.
    Kernel(Kernel),
    /// Its parts are written side by side.
    Concat,
    /// What is inside is written into a plane of zeros, with so many rows above and columns to the left.
    ZeroPad { top: usize, left: usize },
}

/// A node whose value exists in memory.
#[derive(Clone, Debug)]
pub(super) struct Task {
    /// Whose value it is.
    pub(super) node: NodeId,
    /// How it comes about.
    pub(super) work: Work,
    /// What it reads, in the order of the kernel's ports.
    pub(super) inputs: Vec<NodeId>,
    /// The node that has the weights, the scope and the name: the normalization, where an activation follows it in the
    /// same kernel.
    pub(super) owner: NodeId,
}

/// The tasks of a graph.
#[derive(Debug)]
pub(super) struct Selection {
    /// Every one behind those that it reads.
    pub(super) tasks: Vec<Task>,
    /// Nodes whose value is another node's.
    aliases: HashMap<NodeId, NodeId>,
}

impl Selection {
    /// The node whose task makes this node's value.
    pub(super) fn resolve(&self, id: NodeId) -> NodeId {
        self.aliases.get(&id).copied().unwrap_or(id)
    }
}

/// Finds a task for every node that needs one.
pub(super) fn select(graph: &Graph) -> Selection {
    let mut selection = Selection { tasks: Vec::new(), aliases: HashMap::new() };
    let order = graph.topological().expect("a verified graph has no cycle");
    for node in order {
        let inputs: Vec<NodeId> = graph.inputs(node).into_iter().map(|i| selection.resolve(i)).collect();
        if let ([only], true) = (inputs.as_slice(), is_identity(graph, node)) {
            selection.aliases.insert(node, *only);
            continue;
        }
        if following_activation(graph, node).is_some() {
            continue;
        }
        let (owner, inputs) = match preceding_norm(graph, node) {
            Some(norm) => (norm, graph.inputs(norm).into_iter().map(|i| selection.resolve(i)).collect()),
            None => (node, inputs),
        };
        let work = if owner == node { work(graph, node) } else { affine(graph, node) };
        selection.tasks.push(Task { node, work, inputs, owner });
    }
    selection
}

/// Whether the node's value is its input's, number by number in memory.
fn is_identity(graph: &Graph, id: NodeId) -> bool {
    let arrives = || graph.inputs(id).first().map(|&i| graph.node(i).shape);
    match &graph.node(id).op {
        Op::Dropout(_) => true,
        Op::Flatten(_) => arrives().is_some_and(Shape::is_vector),
        Op::Concat(_) => graph.inputs(id).len() == 1,
        Op::ZeroPad(_) => arrives() == Some(graph.node(id).shape),
        Op::Input(_)
        | Op::Conv(_)
        | Op::Dense(_)
        | Op::Pool(_)
        | Op::GlobalPool(_)
        | Op::BatchNorm(_)
        | Op::Normalize(_)
        | Op::Lrn(_)
        | Op::Rescale(_)
        | Op::Activation(_)
        | Op::Softmax(_)
        | Op::Shuffle(_)
        | Op::Upsample(_)
        | Op::Add(_)
        | Op::Gate(_) => false,
    }
}

/// The activation that alone reads a normalization: one kernel does both.
fn following_activation(graph: &Graph, norm: NodeId) -> Option<NodeId> {
    let is_norm = matches!(graph.node(norm).op, Op::BatchNorm(_) | Op::Normalize(_));
    match graph.consumers(norm).as_slice() {
        &[(reader, _)] if is_norm && !graph.is_output(norm) => {
            matches!(graph.node(reader).op, Op::Activation(_)).then_some(reader)
        }
        _ => None,
    }
}

fn preceding_norm(graph: &Graph, activation: NodeId) -> Option<NodeId> {
    graph.inputs(activation).into_iter().find(|&i| following_activation(graph, i) == Some(activation))
}

fn affine(graph: &Graph, activation: NodeId) -> Work {
    let activation = match &graph.node(activation).op {
        Op::Activation(a) => convert(*a),
        _ => kernel::Activation::Identity,
    };
    Work::Kernel(Kernel::Affine(kernel::Affine { activation }))
}

fn work(graph: &Graph, id: NodeId) -> Work {
    let plain = |kernel| Work::Kernel(kernel);
    match &graph.node(id).op {
        Op::Input(_) => Work::Input,
        Op::Conv(o) => plain(Kernel::Conv(kernel::Conv {
            kernel: o.window.kernel,
            stride: o.window.stride,
            dilation: o.window.dilation,
            padding: [o.padding.top, o.padding.left],
            groups: o.groups,
            // `algorithms` chooses later, when it sees all of them.
            algorithm: kernel::Algorithm::Direct,
            activation: convert_or_identity(o.epilogue.activation),
        })),
        Op::Dense(o) => {
            let activation = convert_or_identity(o.epilogue.activation);
            plain(Kernel::Dense(kernel::Dense { activation }))
        }
        Op::Pool(o) => plain(Kernel::Pool(kernel::Pool {
            kind: pool_kind(o.kind, o.count_pad),
            kernel: o.window.kernel,
            stride: o.window.stride,
            padding: [o.padding.top, o.padding.bottom, o.padding.left, o.padding.right],
        })),
        Op::GlobalPool(o) => plain(Kernel::GlobalPool(pool_kind(o.kind, false))),
        Op::BatchNorm(_) | Op::Normalize(_) => {
            plain(Kernel::Affine(kernel::Affine { activation: kernel::Activation::Identity }))
        }
        Op::Lrn(o) => plain(Kernel::Lrn(kernel::Lrn {
            size: o.size,
            alpha: o.alpha as f32,
            beta: o.beta as f32,
            k: o.k as f32,
        })),
        Op::Rescale(o) => {
            plain(Kernel::Rescale(kernel::Rescale { scale: o.scale as f32, offset: o.offset as f32 }))
        }
        Op::Activation(a) => plain(Kernel::Activate(convert(*a))),
        Op::Softmax(_) => plain(Kernel::Softmax),
        // Only where it is no identity and reads a plane.
        Op::Flatten(_) => plain(Kernel::Flatten),
        // An identity; `select` asks before.
        Op::Dropout(_) => plain(Kernel::Copy { top: 0, left: 0 }),
        Op::ZeroPad(o) => Work::ZeroPad { top: o.padding.top, left: o.padding.left },
        Op::Shuffle(o) => plain(Kernel::Shuffle { groups: o.groups }),
        Op::Upsample(o) => plain(Kernel::Upsample { factor: o.factor }),
        Op::Add(o) => plain(Kernel::Add(convert_or_identity(o.activation))),
        Op::Concat(_) => Work::Concat,
        Op::Gate(_) => plain(Kernel::Multiply),
    }
}

fn pool_kind(kind: op::PoolKind, count_pad: bool) -> kernel::PoolKind {
    match (kind, count_pad) {
        (op::PoolKind::Max, _) => kernel::PoolKind::Max,
        (op::PoolKind::Average, false) => kernel::PoolKind::Average,
        (op::PoolKind::Average, true) => kernel::PoolKind::AverageWithPadding,
    }
}

fn convert_or_identity(activation: Option<op::Activation>) -> kernel::Activation {
    activation.map_or(kernel::Activation::Identity, convert)
}

fn convert(activation: op::Activation) -> kernel::Activation {
    match activation {
        op::Activation::Relu => kernel::Activation::Relu,
        op::Activation::Relu6 => kernel::Activation::Relu6,
        op::Activation::LeakyRelu { slope } => kernel::Activation::LeakyRelu(slope as f32),
        op::Activation::Tanh => kernel::Activation::Tanh,
        op::Activation::Sigmoid => kernel::Activation::Sigmoid,
        op::Activation::Swish => kernel::Activation::Swish,
        op::Activation::Gelu => kernel::Activation::Gelu,
        op::Activation::HardSwish => kernel::Activation::HardSwish,
        op::Activation::HardSigmoid => kernel::Activation::HardSigmoid,
    }
}
