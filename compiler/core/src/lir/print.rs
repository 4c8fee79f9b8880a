//! A program as text, the same in every run: what `archc dump --stage lir` prints, and what golden files hold.
//!
//! ```text
//! program LeNet5: 11 buffers, 13 steps, 10 tensors
//! b0 = 28x28x1 nhwc
//! b1 = 28x28x1 nhwc halo 2 2 2 2
//! input b0
//! 0: v1 b1 = clear                                // conv1: zeros around its output
//! 2: v2 b2 = conv 5x5 then tanh (v1), pack 0      // conv1: conv 5x5 6, tanh
//! output output = v9
//! pack 0 = conv conv1.weight and 1 more, 416 numbers
//! ```
//!
//! A step has its value, the buffer where the value lies, with its channels where it is a part of it and the zeros
//! around it where the buffer has none there, the kernel with every attribute that is not the usual, and its inputs.

use super::{Buffer, Kernel, Pack, PackKind, Program, Step, ValueId};
use archc_runtime::layout::{Halo, Layout, View};
use archc_runtime::op::{Activation, Algorithm, Conv, Pool, PoolKind};
use std::fmt::{self, Write};

/// The text of a program.
pub fn print(program: &Program) -> String {
    let mut text = String::new();
    // Writing to a string does not fail.
    let _ = program_to(&mut text, program);
    text
}

fn program_to(f: &mut String, program: &Program) -> fmt::Result {
    let Program { name, buffers, steps, tensors, .. } = program;
    writeln!(
        f,
        "program {name}: {} buffers, {} steps, {} tensors",
        buffers.len(),
        steps.len(),
        tensors.len()
    )?;
    for (index, buffer) in buffers.iter().enumerate() {
        writeln!(f, "b{index} = {}", buffer_text(buffer))?;
    }
    writeln!(f, "input {}", place(program, program.input))?;
    for (index, step) in steps.iter().enumerate() {
        let line = format!("{index}: {}", step_text(program, step));
        writeln!(f, "{line:<72} // {}", step.comment)?;
    }
    for (name, id) in &program.outputs {
        writeln!(f, "output {name} = v{}", id.0)?;
    }
    if let Some(id) = program.logits {
        writeln!(f, "logits v{}", id.0)?;
    }
    for tap in &program.taps {
        writeln!(f, "tap {} = {}", tap.name, place(program, tap.value))?;
    }
    for (index, pack) in program.packs.iter().enumerate() {
        writeln!(f, "pack {index} = {}", pack_text(program, pack))?;
    }
    Ok(())
}

/// `28x28x6 blocked halo 2 2 2 2`
pub(crate) fn buffer_text(buffer: &Buffer) -> String {
    let Buffer { height, width, channels, layout } = buffer;
    let kind = if layout.block == Layout::BLOCK { "blocked" } else { "nhwc" };
    format!("{height}x{width}x{channels} {kind}{}", halo_text(layout.halo))
}

fn halo_text(halo: Halo) -> String {
    let Halo { top, bottom, left, right } = halo;
    if halo.is_none() { String::new() } else { format!(" halo {top} {bottom} {left} {right}") }
}

/// `v3 b2[16..48]`
fn place(program: &Program, id: ValueId) -> String {
    let value = &program.values[id.index()];
    let View { first_channel, channels, layout, .. } = value.view;
    let mut text = format!("v{} b{}", id.0, value.buffer.0);
    if !value.view.is_whole() {
        text.push_str(&format!("[{first_channel}..{}]", first_channel + channels));
    }
    let buffer = &program.buffers[value.buffer.index()];
    if layout.halo != buffer.layout.halo {
        text.push_str(&halo_text(layout.halo));
    }
    text
}

fn step_text(program: &Program, step: &Step) -> String {
    let mut text = format!("{} = {}", place(program, step.output), kernel_text(&step.kernel));
    if !step.inputs.is_empty() {
        let inputs: Vec<String> = step.inputs.iter().map(|id| format!("v{}", id.0)).collect();
        text.push_str(&format!(" ({})", inputs.join(", ")));
    }
    if let Some(pack) = step.pack {
        text.push_str(&format!(", pack {}", pack.0));
    }
    text
}

/// A kernel with every attribute that is not the usual.
pub fn kernel_text(kernel: &Kernel) -> String {
    match kernel {
        Kernel::Conv(conv) => conv_text(conv),
        Kernel::Dense(dense) => format!("dense{}", then(dense.activation)),
        Kernel::Pool(pool) => pool_text(pool),
        Kernel::GlobalPool(kind) => format!("global_{}", pool_word(*kind)),
        Kernel::Affine(affine) => format!("affine{}", then(affine.activation)),
        Kernel::Rescale(rescale) => format!("rescale {} {}", rescale.scale, rescale.offset),
        Kernel::Lrn(lrn) => format!("lrn {} {} {} {}", lrn.size, lrn.alpha, lrn.beta, lrn.k),
        Kernel::Softmax => "softmax".into(),
        Kernel::Activate(activation) => activation_text(*activation),
        Kernel::Add(activation) => format!("add{}", then(*activation)),
        Kernel::Multiply => "multiply".into(),
        Kernel::Copy { top: 0, left: 0 } => "copy".into(),
        Kernel::Copy { top, left } => format!("copy at {top} {left}"),
        Kernel::Flatten => "flatten".into(),
        Kernel::Shuffle { groups } => format!("shuffle {groups}"),
        Kernel::Upsample { factor } => format!("upsample {}", size(*factor)),
        Kernel::Clear => "clear".into(),
    }
}

fn conv_text(conv: &Conv) -> String {
    let mut text = format!("conv {}", size(conv.kernel));
    for (word, pair, usual) in
        [("stride", conv.stride, [1, 1]), ("dilation", conv.dilation, [1, 1]), ("pad", conv.padding, [0, 0])]
    {
        if pair != usual {
            text.push_str(&format!(" {word} {}", size(pair)));
        }
    }
    if conv.groups != 1 {
        text.push_str(&format!(" groups {}", conv.groups));
    }
    if let Algorithm::Winograd { tile, packed } = conv.algorithm {
        text.push_str(&format!(" winograd {tile}{}", if packed { " packed" } else { "" }));
    }
    text + &then(conv.activation)
}

fn pool_text(pool: &Pool) -> String {
    let mut text = format!("{} {} stride {}", pool_word(pool.kind), size(pool.kernel), size(pool.stride));
    let [top, bottom, left, right] = pool.padding;
    if pool.padding != [0; 4] {
        text.push_str(&format!(" pad {top} {bottom} {left} {right}"));
    }
    text
}

fn pool_word(kind: PoolKind) -> &'static str {
    match kind {
        PoolKind::Max => "maxpool",
        PoolKind::Average => "avgpool",
        PoolKind::AverageWithPadding => "avgpool_with_padding",
    }
}

fn size([rows, columns]: [usize; 2]) -> String {
    format!("{rows}x{columns}")
}

fn then(activation: Activation) -> String {
    match activation {
        Activation::Identity => String::new(),
        Activation::Relu
        | Activation::Relu6
        | Activation::LeakyRelu(_)
        | Activation::Tanh
        | Activation::Sigmoid
        | Activation::Swish
        | Activation::Gelu
        | Activation::HardSwish
        | Activation::HardSigmoid => format!(" then {}", activation_text(activation)),
    }
}

fn activation_text(activation: Activation) -> String {
    match activation {
        Activation::Identity => "identity".into(),
        Activation::Relu => "relu".into(),
        Activation::Relu6 => "relu6".into(),
        Activation::LeakyRelu(slope) => format!("leaky_relu {slope}"),
        Activation::Tanh => "tanh".into(),
        Activation::Sigmoid => "sigmoid".into(),
        Activation::Swish => "swish".into(),
        Activation::Gelu => "gelu".into(),
        Activation::HardSwish => "hard_swish".into(),
        Activation::HardSigmoid => "hard_sigmoid".into(),
    }
}

fn pack_text(program: &Program, pack: &Pack) -> String {
    let word = match pack.kind {
        PackKind::Conv { .. } => "conv",
        PackKind::Dense { .. } => "dense",
        PackKind::Affine { .. } => "affine",
        PackKind::Normalize { .. } => "normalize",
    };
    let tensors = pack.kind.tensors();
    let first = tensors.first().map_or("", |id| program.tensors[id.index()].name.as_str());
    let more = match tensors.len() {
        0 | 1 => String::new(),
        n => format!(" and {} more", n - 1),
    };
    format!("{word} {first}{more}, {} numbers", pack.size)
}
