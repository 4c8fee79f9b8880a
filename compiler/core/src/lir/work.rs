//! What each step has to do, for those who measure: its name, its multiplications, and the bytes that it moves. How it does
//! that is the kernels' to say.

use super::{Kernel, Program, Step, ValueId, shape};
use crate::ir::{ScopeId, ScopeKind, Shape};
use archc_runtime::layout::View;

/// Bytes of a packed number.
const NUMBER: u64 = size_of::<f32>() as u64;

/// What a step has to do for one image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Work {
    /// The full name of the operation.
    pub name: String,
    /// What it is, in the words of the language: `conv 3x3 64, bn, relu`.
    pub operation: String,
    /// The shape of what it reads first; what it writes where it reads nothing.
    pub input: Shape,
    /// The shape of what it writes.
    pub output: Shape,
    /// Multiplications, each with an addition, as the operation is written.
    pub macs: u64,
    /// Bytes of values that are read and written, each number once, without zeros around them and padding lanes.
    pub value_bytes: u64,
    /// Bytes of packed weights, which a batch of images reads once.
    pub weight_bytes: u64,
}

/// What every step of a program has to do, in order.
pub fn measure(program: &Program) -> Vec<Work> {
    program.steps.iter().map(|step| work(program, step)).collect()
}

fn work(program: &Program, step: &Step) -> Work {
    let view = |id: ValueId| &program.values[id.index()].view;
    let y = view(step.output);
    let x = step.inputs.first().map_or(y, |&id| view(id));
    let (local, operation) = step.comment.split_once(": ").unwrap_or((&step.comment, ""));
    let read = |(port, &id): (usize, &ValueId)| match port {
        0 => numbers_read(&step.kernel, view(id), y) * size(view(id)),
        _ => numbers(view(id)) * size(view(id)),
    };
    let written = match step.kernel {
        Kernel::Clear => (y.image_size() as u64).saturating_sub(numbers(y)),
        _ => numbers(y),
    };
    Work {
        name: full_name(program, step.scope, local),
        operation: operation.to_owned(),
        input: shape(x),
        output: shape(y),
        macs: macs(&step.kernel, x, y),
        value_bytes: step.inputs.iter().enumerate().map(read).sum::<u64>() + written * size(y),
        weight_bytes: step.pack.map_or(0, |id| program.packs[id.index()].size as u64 * NUMBER),
    }
}

/// A comment's name is as in its innermost block or iteration.
fn full_name(program: &Program, scope: ScopeId, local: &str) -> String {
    let named =
        |kind: &ScopeKind| matches!(kind, ScopeKind::Root | ScopeKind::Block(_) | ScopeKind::Iteration);
    let around = program.scopes.outward(scope).find(|(_, scope)| named(&scope.kind));
    program.scopes.path(around.map_or(scope, |(id, _)| id), local)
}

/// The multiplications as they are written: none where there is more to move than to multiply.
fn macs(kernel: &Kernel, x: &View, y: &View) -> u64 {
    match kernel {
        Kernel::Conv(conv) => {
            let [rows, columns] = conv.kernel;
            numbers(y) * (rows * columns * x.channels / conv.groups.max(1)) as u64
        }
        Kernel::Dense(_) => numbers(x) * y.channels as u64,
        Kernel::Pool(_)
        | Kernel::GlobalPool(_)
        | Kernel::Affine(_)
        | Kernel::Rescale(_)
        | Kernel::Lrn(_)
        | Kernel::Softmax
        | Kernel::Activate(_)
        | Kernel::Add(_)
        | Kernel::Multiply
        | Kernel::Copy { .. }
        | Kernel::Flatten
        | Kernel::Shuffle { .. }
        | Kernel::Upsample { .. }
        | Kernel::Clear => 0,
    }
}

/// Bytes of a number of a value.
fn size(view: &View) -> u64 {
    view.layout.element.size() as u64
}

/// Numbers of a value.
fn numbers(view: &View) -> u64 {
    shape(view).size() as u64
}

/// Numbers of the first input that a kernel looks at: windows that stand apart leave some out.
fn numbers_read(kernel: &Kernel, x: &View, y: &View) -> u64 {
    let [rows, columns] = match kernel {
        Kernel::Conv(conv) => conv.kernel,
        Kernel::Pool(pool) => pool.kernel,
        Kernel::Dense(_)
        | Kernel::GlobalPool(_)
        | Kernel::Affine(_)
        | Kernel::Rescale(_)
        | Kernel::Lrn(_)
        | Kernel::Softmax
        | Kernel::Activate(_)
        | Kernel::Add(_)
        | Kernel::Multiply
        | Kernel::Copy { .. }
        | Kernel::Flatten
        | Kernel::Shuffle { .. }
        | Kernel::Upsample { .. }
        | Kernel::Clear => return numbers(x),
    };
    (x.height.min(y.height * rows) * x.width.min(y.width * columns) * x.channels) as u64
}
