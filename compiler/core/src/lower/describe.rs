//! What a step does, in the words of the language: comments for people.

use crate::ir::op::{Activation, Epilogue, Op, PoolKind};
use crate::ir::shape::Window;
use crate::ir::{Graph, NodeId, ScopeKind};

/// `residual1.conv2: conv 3x3 64, bn, relu`. The name starts at the innermost block or iteration, so that repeated
/// blocks have the same comments.
pub(super) fn describe(graph: &Graph, owner: NodeId, then: Option<NodeId>) -> String {
    let mut text = format!("{}: {}", local_name(graph, owner), operation(graph, owner));
    if let Some(Op::Activation(activation)) = then.map(|id| &graph.node(id).op) {
        text.push_str(", ");
        text.push_str(activation.word());
    }
    text
}

/// The name of a node from its innermost block or iteration on.
pub(super) fn local_name(graph: &Graph, id: NodeId) -> String {
    let node = graph.node(id);
    let mut parts = vec![node.local.as_str()];
    for (_, scope) in graph.scopes.outward(node.scope) {
        match scope.kind {
            ScopeKind::Root | ScopeKind::Block(_) | ScopeKind::Iteration => break,
            ScopeKind::Loop
            | ScopeKind::Residual
            | ScopeKind::Shortcut
            | ScopeKind::Branch
            | ScopeKind::Gate
            | ScopeKind::Compound => parts.push(&scope.segment),
        }
    }
    parts.reverse();
    parts.join(".")
}

fn operation(graph: &Graph, id: NodeId) -> String {
    let node = graph.node(id);
    match &node.op {
        Op::Input(o) => format!("input {}", o.shape),
        Op::Conv(o) => {
            let arrive = graph.inputs(id).first().map_or(0, |&x| graph.node(x).shape.channels);
            let (word, size) = (size(o.window.kernel), o.channels);
            let head = if o.groups > 1 && o.groups == arrive && o.groups == o.channels {
                format!("depthwise {word}")
            } else if o.groups > 1 {
                format!("conv {word} {size} group={}", o.groups)
            } else {
                format!("conv {word} {size}")
            };
            head + &strides(o.window, [1, 1]) + &epilogue(&o.epilogue)
        }
        Op::Dense(o) => format!("dense {}{}", o.channels, epilogue(&o.epilogue)),
        Op::Pool(o) => {
            let word = match o.kind {
                PoolKind::Max => "maxpool",
                PoolKind::Average => "avgpool",
            };
            format!("{word} {}{}", size(o.window.kernel), strides(o.window, o.window.kernel))
        }
        Op::GlobalPool(o) => match o.kind {
            PoolKind::Max => "global_maxpool".into(),
            PoolKind::Average => "global_avgpool".into(),
        },
        Op::BatchNorm(_) => "bn".into(),
        Op::Normalize(_) => "normalize".into(),
        Op::Lrn(o) => format!("lrn {}", o.size),
        Op::Rescale(o) => format!("rescale {} offset={}", o.scale, o.offset),
        Op::Activation(a) => a.word().into(),
        Op::Softmax(_) => "softmax".into(),
        Op::Dropout(_) => "dropout".into(),
        Op::Flatten(_) => "flatten".into(),
        Op::ZeroPad(_) => "zeropad".into(),
        Op::Shuffle(o) => format!("shuffle {}", o.groups),
        Op::Upsample(o) => format!("upsample {}", size(o.factor)),
        Op::Add(o) => format!("add{}", activation(o.activation)),
        Op::Concat(_) => "concat".into(),
        Op::Gate(_) => "gate".into(),
    }
}

fn size([rows, columns]: [usize; 2]) -> String {
    format!("{rows}x{columns}")
}

fn strides(window: Window, usual: [usize; 2]) -> String {
    let mut text = String::new();
    for (word, pair, usual) in [("stride", window.stride, usual), ("dilation", window.dilation, [1, 1])] {
        if pair != usual {
            let [rows, columns] = pair;
            let value = if rows == columns { rows.to_string() } else { format!("({rows}, {columns})") };
            text.push_str(&format!(" {word}={value}"));
        }
    }
    text
}

fn epilogue(epilogue: &Epilogue) -> String {
    let norms = ", bn".repeat(epilogue.norms.len());
    let add = if epilogue.residual { ", add" } else { "" };
    norms + add + &activation(epilogue.activation)
}

fn activation(activation: Option<Activation>) -> String {
    activation.map_or(String::new(), |a| format!(", {}", a.word()))
}
