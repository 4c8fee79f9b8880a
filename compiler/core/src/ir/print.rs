//! A graph as text, the same in every run: what `archc dump --stage ir` prints, and what golden files hold.
//!
//! ```text
//! net LeNet5
//! input = input 28x28x1
//! conv1 = conv 5x5 6 pad=(2, 2, 2, 2) (input) -> 28x28x6
//! tanh1 = tanh (conv1) -> 28x28x6
//! output output = tanh1
//! ```
//!
//! A line a node: its full name, the operator with every attribute that is not the usual, the nodes that feed it in the
//! order of its ports, its shape. Then the outputs, the preprocessing, the labels and the budgets.

use std::fmt::{self, Write};

use super::graph::Graph;
use super::op::{Activation, Epilogue, Op, PoolKind};
use super::preprocess::{Filter, Step};
use super::shape::{Padding, Window};

/// The text of a graph.
pub fn print(graph: &Graph) -> String {
    let mut text = String::new();
    // Writing to a string does not fail.
    let _ = graph_to(&mut text, graph);
    text
}

fn graph_to(f: &mut String, graph: &Graph) -> fmt::Result {
    write!(f, "net {}", graph.name)?;
    if let Some(base) = graph.stands_for.last() {
        write!(f, " = {base}")?;
    }
    writeln!(f)?;
    let order = graph.topological().unwrap_or_else(|| graph.ids().collect());
    for id in order {
        let node = graph.node(id);
        write!(f, "{} = ", graph.path(id))?;
        op_to(f, &node.op)?;
        let inputs = graph.inputs(id);
        if !inputs.is_empty() {
            let names: Vec<String> = inputs.iter().map(|&i| graph.path(i)).collect();
            write!(f, " ({}) -> {}", names.join(", "), node.shape)?;
        }
        writeln!(f)?;
    }
    for output in &graph.outputs {
        writeln!(f, "output {} = {}", output.name, graph.path(output.node))?;
    }
    for step in graph.preprocess.iter().flat_map(|p| &p.steps) {
        f.push_str("preprocess ");
        step_to(f, step)?;
        writeln!(f)?;
    }
    if let Some(labels) = &graph.labels {
        writeln!(f, "labels {:?}", labels.value)?;
    }
    for budget in &graph.budgets {
        writeln!(f, "budget {}={}", budget.quantity.word(), budget.limit)?;
    }
    Ok(())
}

/// An operator with its attributes, as in a line of [`print`].
pub fn print_op(op: &Op) -> String {
    let mut text = String::new();
    let _ = op_to(&mut text, op);
    text
}

fn op_to(f: &mut String, op: &Op) -> fmt::Result {
    f.push_str(op.word());
    match op {
        Op::Input(o) => write!(f, " {}", o.shape),
        Op::Conv(o) => {
            let [kh, kw] = o.window.kernel;
            write!(f, " {kh}x{kw} {}", o.channels)?;
            stride_to(f, o.window, [1, 1])?;
            padding_to(f, o.padding)?;
            if o.window.dilation != [1, 1] {
                write!(f, " dilation={}", pair(o.window.dilation))?;
            }
            if o.groups != 1 {
                write!(f, " group={}", o.groups)?;
            }
            epilogue_to(f, o.bias, &o.epilogue)
        }
        Op::Dense(o) => {
            write!(f, " {}", o.channels)?;
            if o.flattens {
                f.push_str(" flattens");
            }
            epilogue_to(f, o.bias, &o.epilogue)
        }
        Op::Pool(o) => {
            let [kh, kw] = o.window.kernel;
            write!(f, " {kh}x{kw}")?;
            stride_to(f, o.window, o.window.kernel)?;
            padding_to(f, o.padding)?;
            if o.ceil {
                f.push_str(" ceil=true");
            }
            if o.count_pad && o.kind == PoolKind::Average {
                f.push_str(" count_pad=true");
            }
            Ok(())
        }
        Op::BatchNorm(o) => {
            write!(f, " eps={}", o.eps)?;
            if !o.scale {
                f.push_str(" scale=false");
            }
            Ok(())
        }
        Op::Lrn(o) => write!(f, " {} alpha={} beta={} k={}", o.size, o.alpha, o.beta, o.k),
        Op::Rescale(o) => write!(f, " {} offset={}", o.scale, o.offset),
        Op::Activation(o) => slope_to(f, *o),
        Op::Dropout(o) => write!(f, " {}", o.rate),
        Op::ZeroPad(o) => write!(f, " {}", sides(o.padding)),
        Op::Shuffle(o) => write!(f, " {}", o.groups),
        Op::Upsample(o) => write!(f, " {}x{}", o.factor[0], o.factor[1]),
        Op::Add(o) => activation_to(f, o.activation),
        Op::GlobalPool(_)
        | Op::Normalize(_)
        | Op::Softmax(_)
        | Op::Flatten(_)
        | Op::Concat(_)
        | Op::Gate(_) => Ok(()),
    }
}

fn pair([a, b]: [usize; 2]) -> String {
    if a == b { a.to_string() } else { format!("({a}, {b})") }
}

fn sides(p: Padding) -> String {
    format!("({}, {}, {}, {})", p.top, p.bottom, p.left, p.right)
}

fn stride_to(f: &mut String, window: Window, usual: [usize; 2]) -> fmt::Result {
    if window.stride == usual { Ok(()) } else { write!(f, " stride={}", pair(window.stride)) }
}

fn padding_to(f: &mut String, padding: Padding) -> fmt::Result {
    if padding == Padding::NONE { Ok(()) } else { write!(f, " pad={}", sides(padding)) }
}

fn slope_to(f: &mut String, activation: Activation) -> fmt::Result {
    match activation {
        Activation::LeakyRelu { slope } => write!(f, " slope={slope}"),
        Activation::Relu
        | Activation::Relu6
        | Activation::Tanh
        | Activation::Sigmoid
        | Activation::Swish
        | Activation::Gelu
        | Activation::HardSwish
        | Activation::HardSigmoid => Ok(()),
    }
}

fn activation_to(f: &mut String, activation: Option<Activation>) -> fmt::Result {
    let Some(activation) = activation else { return Ok(()) };
    write!(f, " then {}", activation.word())?;
    slope_to(f, activation)
}

fn epilogue_to(f: &mut String, bias: bool, epilogue: &Epilogue) -> fmt::Result {
    if !bias {
        f.push_str(" bias=false");
    }
    for norm in &epilogue.norms {
        write!(f, " then bn {} eps={}", norm.path, norm.norm.eps)?;
        if !norm.norm.scale {
            f.push_str(" scale=false");
        }
    }
    if epilogue.residual {
        f.push_str(" then add");
    }
    activation_to(f, epilogue.activation)
}

fn step_to(f: &mut String, step: &Step) -> fmt::Result {
    match step {
        Step::ResizeShort(side, filter) => write!(f, "resize {side} {}", filter_word(*filter)),
        Step::ResizeBoth(h, w, filter) => write!(f, "resize {h}x{w} {}", filter_word(*filter)),
        Step::Crop(h, w) => write!(f, "crop {h}x{w}"),
        Step::Bgr => f.write_str("bgr"),
        Step::Scale(n) => write!(f, "scale {n}"),
        Step::Normalize { mean, std } => write!(f, "normalize mean={mean:?} std={std:?}"),
    }
}

fn filter_word(filter: Filter) -> &'static str {
    match filter {
        Filter::Box => "box",
        Filter::Bilinear => "bilinear",
        Filter::Bicubic => "bicubic",
        Filter::Lanczos => "lanczos",
    }
}
