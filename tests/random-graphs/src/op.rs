//! Random operators with random attributes.

use crate::builder::channels;
use crate::choices::Choices;
use archc_core::ir::op::{
    Activation, BatchNorm, Conv, Dense, Dropout, Epilogue, Flatten, GlobalPool, Lrn, Normalize, Op, Pool,
    PoolKind, Rescale, Shuffle, Softmax, Upsample, ZeroPad,
};
use archc_core::ir::shape::Window;
use archc_core::ir::{Padding, Shape};

/// Any operator of one input, for an input of that shape. It may not fit.
pub(crate) fn any(choices: &mut Choices<'_>, input: Shape) -> Op {
    match choices.below(20) {
        0..=1 => conv(choices, input),
        2..=4 => pool(choices),
        5..=6 => activation(choices),
        7 => batch_norm(choices),
        8 => Op::Normalize(Normalize),
        9..=10 => Op::Lrn(Lrn {
            size: 1 + choices.below(6),
            alpha: choices.of(&[1e-4, 0.1, 1.0]),
            beta: choices.of(&[0.75, 0.5, 1.0]),
            k: choices.of(&[1.0, 2.0]),
        }),
        11 => Op::Rescale(Rescale { scale: choices.of(&[1.0, 0.5, -2.0]), offset: choices.of(&[0.0, -1.0]) }),
        12 => Op::Softmax(Softmax),
        13 => dropout(),
        14 => Op::Flatten(Flatten),
        15 => zero_pad(choices),
        16 => Op::Shuffle(Shuffle { groups: choices.of(&divisors(input.channels)) }),
        17 => Op::Upsample(Upsample { factor: [1 + choices.below(3), 1 + choices.below(2)] }),
        18 => dense(choices),
        _ => global_pool(choices),
    }
}

/// Any convolution: strides, dilation, asymmetric padding, groups.
pub(crate) fn conv(choices: &mut Choices<'_>, input: Shape) -> Op {
    let mut two = |all: &[usize]| [choices.of(all), choices.of(all)];
    let window =
        Window { kernel: two(&[3, 1, 2, 4]), stride: two(&[1, 1, 2, 3]), dilation: two(&[1, 1, 1, 2]) };
    let padding = match choices.below(3) {
        0 => Padding::same(input, window),
        1 => Padding::NONE,
        _ => sides(choices),
    };
    conv_of(choices, input, window, padding)
}

/// A convolution that keeps the plane at stride 1, with so many channels or, without a number, as many as it likes.
pub(crate) fn conv_same(choices: &mut Choices<'_>, input: Shape, stride: usize, out: Option<usize>) -> Op {
    let kernel = choices.of(&[3, 1, 5]);
    let window = Window::new([kernel, kernel], [stride, stride]);
    let op = conv_of(choices, input, window, Padding::same(input, window));
    match (op, out) {
        (Op::Conv(conv), Some(out)) => {
            let groups = if conv.groups == input.channels && out == input.channels { out } else { 1 };
            Op::Conv(Conv { channels: out, groups, ..conv })
        }
        (op, _) => op,
    }
}

fn conv_of(choices: &mut Choices<'_>, input: Shape, window: Window, padding: Padding) -> Op {
    let depthwise = choices.once_in(4);
    let out = match depthwise {
        true => input.channels * choices.of(&[1, 1, 2]),
        false => channels(choices),
    };
    let common: Vec<usize> = divisors(input.channels).into_iter().filter(|d| out % d == 0).collect();
    let groups = match (depthwise, choices.once_in(2)) {
        (true, _) => input.channels,
        (false, true) => choices.of(&common),
        (false, false) => 1,
    };
    Op::Conv(Conv {
        window,
        padding,
        channels: out,
        groups,
        bias: !choices.once_in(2),
        epilogue: Epilogue::default(),
    })
}

pub(crate) fn pool(choices: &mut Choices<'_>) -> Op {
    let kernel = [choices.of(&[2, 1, 3, 4]), choices.of(&[2, 1, 3, 4])];
    let stride = [1 + choices.below(3), 1 + choices.below(3)];
    let padding = match choices.once_in(2) {
        true => Padding {
            top: choices.below(kernel[0]),
            bottom: choices.below(kernel[0]),
            left: choices.below(kernel[1]),
            right: choices.below(kernel[1]),
        },
        false => Padding::NONE,
    };
    Op::Pool(Pool {
        kind: kind(choices),
        window: Window::new(kernel, stride),
        padding,
        ceil: choices.once_in(2),
        count_pad: choices.once_in(2),
    })
}

pub(crate) fn global_pool(choices: &mut Choices<'_>) -> Op {
    Op::GlobalPool(GlobalPool { kind: kind(choices) })
}

fn kind(choices: &mut Choices<'_>) -> PoolKind {
    choices.of(&[PoolKind::Average, PoolKind::Max])
}

pub(crate) fn activation(choices: &mut Choices<'_>) -> Op {
    Op::Activation(choices.of(&[
        Activation::Relu,
        Activation::Relu6,
        Activation::LeakyRelu { slope: 0.1 },
        Activation::Tanh,
        Activation::Sigmoid,
        Activation::Swish,
        Activation::Gelu,
        Activation::HardSwish,
        Activation::HardSigmoid,
    ]))
}

pub(crate) fn batch_norm(choices: &mut Choices<'_>) -> Op {
    Op::BatchNorm(BatchNorm { eps: choices.of(&[1e-5, 1e-3]), scale: !choices.once_in(2) })
}

pub(crate) fn dropout() -> Op {
    Op::Dropout(Dropout { rate: 0.5 })
}

pub(crate) fn dense(choices: &mut Choices<'_>) -> Op {
    let channels = channels(choices);
    dense_to(choices, channels)
}

/// A dense layer with so many channels.
pub(crate) fn dense_to(choices: &mut Choices<'_>, channels: usize) -> Op {
    let bias = !choices.once_in(2);
    Op::Dense(Dense { channels, bias, flattens: false, epilogue: Epilogue::default() })
}

pub(crate) fn zero_pad(choices: &mut Choices<'_>) -> Op {
    Op::ZeroPad(ZeroPad { padding: sides(choices) })
}

fn sides(choices: &mut Choices<'_>) -> Padding {
    let mut side = || choices.below(4);
    Padding { top: side(), bottom: side(), left: side(), right: side() }
}

fn divisors(n: usize) -> Vec<usize> {
    (1..=n).filter(|d| n.is_multiple_of(*d)).collect()
}
