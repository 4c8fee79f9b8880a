//! What a step of a recipe adds: blocks as networks have them, with every choice that a pass may have to respect
//! (order of operands, a value that is read twice, an operation in between), or an operator alone.

use crate::builder::Builder;
use crate::choices::Choices;
use crate::op;
use archc_core::ir::op::{Activation, Add, Concat, Flatten, Gate, Op, Softmax};
use archc_core::ir::{NodeId, ScopeKind, Shape};

/// Adds one block behind some value. `None` where it does not fit; what it added until then stays.
pub(crate) fn step(b: &mut Builder, choices: &mut Choices<'_>) -> Option<NodeId> {
    let x = b.value(choices)?;
    match choices.below(18) {
        0..=4 => b.add(op::any(choices, b.shape(x)), &[x]),
        5..=6 => layer(b, choices, x),
        7..=9 => b.within(ScopeKind::Residual, "residual", |b| residual(b, choices, x)),
        10..=11 => b.within(ScopeKind::Block("inception".into()), "inception", |b| inception(b, choices, x)),
        12 => b.within(ScopeKind::Gate, "gate", |b| squeeze(b, choices, x)),
        13 => padded(b, choices, x),
        14 => head(b, choices, x),
        15 => sum(b, choices, x),
        16 => concat(b, choices, x),
        _ => gate(b, choices, x),
    }
}

/// A convolution, or a dense layer on a vector, with up to two normalizations and an activation, in any order.
fn layer(b: &mut Builder, choices: &mut Choices<'_>, x: NodeId) -> Option<NodeId> {
    let dense = b.shape(x).is_vector() && choices.once_in(2);
    let op = if dense { op::dense(choices) } else { op::conv(choices, b.shape(x)) };
    let x = b.add(op, &[x])?;
    finish(b, choices, x)
}

fn finish(b: &mut Builder, choices: &mut Choices<'_>, mut x: NodeId) -> Option<NodeId> {
    for _ in 0..choices.below(4) {
        let next = match choices.below(5) {
            0..=1 => op::batch_norm(choices),
            2..=3 => op::activation(choices),
            _ => op::dropout(),
        };
        x = b.add(next, &[x])?;
    }
    Some(x)
}

/// A body and a shortcut, their sum, and what follows it. The shortcut is a projection where the shapes differ, and
/// sometimes where they do not.
fn residual(b: &mut Builder, choices: &mut Choices<'_>, x: NodeId) -> Option<NodeId> {
    let stride = choices.of(&[1, 1, 2]);
    let conv = op::conv_same(choices, b.shape(x), stride, None);
    let mut body = b.add(conv, &[x])?;
    body = finish(b, choices, body)?;
    if choices.once_in(2) {
        let conv = op::conv_same(choices, b.shape(body), 1, None);
        body = b.add(conv, &[body])?;
        body = finish(b, choices, body)?;
    }
    let mut shortcut = x;
    if b.shape(x) != b.shape(body) || choices.once_in(4) {
        shortcut = b.within(ScopeKind::Shortcut, "shortcut", |b| {
            let conv = op::conv_same(choices, b.shape(x), stride, Some(b.shape(body).channels));
            let conv = b.add(conv, &[x])?;
            finish(b, choices, conv)
        })?;
    }
    let operands = if choices.once_in(2) { [shortcut, body] } else { [body, shortcut] };
    let sum = b.add(Op::Add(Add::default()), &operands)?;
    if choices.once_in(4) {
        b.add(Op::Add(Add::default()), &[sum, x]);
    }
    finish(b, choices, sum)
}

/// Up to four branches that keep the plane, concatenated; some are concatenations themselves, some empty.
fn inception(b: &mut Builder, choices: &mut Choices<'_>, x: NodeId) -> Option<NodeId> {
    let mut parts = Vec::new();
    for _ in 0..=choices.below(4) {
        let part = b.within(ScopeKind::Branch, "branch", |b| match choices.below(6) {
            4 => Some(x),
            5 => {
                let conv = op::conv_same(choices, b.shape(x), 1, None);
                let conv = b.add(conv, &[x])?;
                b.add(Op::Concat(Concat), &[conv, x])
            }
            _ => {
                let conv = op::conv_same(choices, b.shape(x), 1, None);
                let conv = b.add(conv, &[x])?;
                finish(b, choices, conv)
            }
        })?;
        parts.push(part);
    }
    let all = b.add(Op::Concat(Concat), &parts)?;
    finish(b, choices, all)
}

/// Squeeze and excite.
fn squeeze(b: &mut Builder, choices: &mut Choices<'_>, x: NodeId) -> Option<NodeId> {
    let channels = b.shape(x).channels;
    let mut gate = b.add(op::global_pool(choices), &[x])?;
    for out in [channels.div_ceil(4), channels] {
        let conv = op::conv_same(choices, b.shape(gate), 1, Some(out));
        gate = b.add(conv, &[gate])?;
        gate = finish(b, choices, gate)?;
    }
    gate = b.add(Op::Activation(Activation::Sigmoid), &[gate])?;
    b.add(Op::Gate(Gate), &[x, gate])
}

/// Zeros around a plane, once or twice, read by one operation or by two.
fn padded(b: &mut Builder, choices: &mut Choices<'_>, x: NodeId) -> Option<NodeId> {
    let mut pad = b.add(op::zero_pad(choices), &[x])?;
    if choices.once_in(3) {
        pad = b.add(op::zero_pad(choices), &[pad])?;
    }
    let mut last = None;
    for _ in 0..=choices.below(2) {
        let op = match choices.below(2) {
            0 => op::conv(choices, b.shape(pad)),
            _ => op::pool(choices),
        };
        last = b.add(op, &[pad]).or(last);
    }
    last
}

/// The end of a classifier: a vector, dense layers, perhaps with a sum around the first, perhaps a softmax.
fn head(b: &mut Builder, choices: &mut Choices<'_>, x: NodeId) -> Option<NodeId> {
    let flat = b.add(Op::Flatten(Flatten), &[x])?;
    let flat = if choices.once_in(2) { b.add(op::dropout(), &[flat])? } else { flat };
    let mut last = flat;
    if choices.once_in(4) {
        let dense = b.add(op::dense_to(choices, b.shape(flat).channels), &[flat])?;
        last = b.add(Op::Add(Add::default()), &[flat, dense])?;
    }
    for _ in 0..=choices.below(2) {
        let from = choices.of(&[last, flat]);
        last = b.add(op::dense(choices), &[from])?;
        last = finish(b, choices, last)?;
    }
    if choices.once_in(2) { b.add(Op::Softmax(Softmax), &[last]) } else { Some(last) }
}

/// The sum of a value and any other of its shape, itself included.
fn sum(b: &mut Builder, choices: &mut Choices<'_>, x: NodeId) -> Option<NodeId> {
    let shape = b.shape(x);
    let other = b.any(choices, |s| s == shape)?;
    let sum = b.add(Op::Add(Add::default()), &[x, other])?;
    finish(b, choices, sum)
}

/// Values of one plane side by side, some perhaps twice.
fn concat(b: &mut Builder, choices: &mut Choices<'_>, x: NodeId) -> Option<NodeId> {
    let plane = |s: Shape| (s.height, s.width);
    let shape = b.shape(x);
    let mut parts = vec![x];
    for _ in 0..choices.below(3) {
        parts.extend(b.any(choices, |s| plane(s) == plane(shape)));
    }
    b.add(Op::Concat(Concat), &parts)
}

/// A value times another of its shape, or times a vector.
fn gate(b: &mut Builder, choices: &mut Choices<'_>, x: NodeId) -> Option<NodeId> {
    let shape = b.shape(x);
    let other = b.any(choices, |s| s == shape || s == Shape::vector(shape.channels))?;
    // Squashed, since products of products grow without bound.
    let gate =
        b.add(Op::Activation(choices.of(&[Activation::Sigmoid, Activation::HardSigmoid])), &[other])?;
    b.add(Op::Gate(Gate), &[x, gate])
}
