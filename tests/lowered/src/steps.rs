//! One repetition of a call: the steps of its function, at the call's addresses.

use archc_core::lir::{Kernel, Program, Step, ValueId};
use archc_core::plan::{Call, Function, Plan};
use archc_runtime::layout::At;
use archc_runtime::run::Run;

/// Runs a repetition as generated code does: by the function's own steps, whatever the program says of the others.
pub(crate) fn call(program: &Program, plan: &Plan, call: &Call, repetition: usize, run: &mut Run<'_>) {
    let function = &plan.functions[call.function];
    let weights = call.weights + repetition * function.weights_size;
    let first = plan.calls.iter().find(|c| c.first.index() == function.steps.start);
    let base = first.expect("a function has a first call").weights;
    for step in &program.steps[function.steps.clone()] {
        let at = |id| place(program, plan, function, call, id);
        let pack = step.pack.map_or(0, |id| weights + plan.packs[id.index()] - base);
        execute(step, pack, at, run);
    }
}

/// A value of the function at the address that the call gives its buffer.
fn place<'a>(program: &'a Program, plan: &Plan, function: &Function, call: &Call, id: ValueId) -> At<'a> {
    let value = &program.values[id.index()];
    let parameter = function.buffers.iter().position(|&b| b == value.buffer);
    let buffer = call.buffers[parameter.expect("a function lists the buffers that it touches")];
    value.view.at(plan.buffers[buffer.index()])
}

fn execute<'a>(step: &Step, w: usize, at: impl Fn(ValueId) -> At<'a>, run: &mut Run<'_>) {
    let x = |port: usize| at(step.inputs[port]);
    let residual = || step.inputs.get(1).map(|&id| at(id));
    let y = at(step.output);
    match &step.kernel {
        Kernel::Conv(op) => run.conv(op, w, x(0), residual(), y),
        Kernel::Dense(op) => run.dense(op, w, x(0), residual(), y),
        Kernel::Pool(op) => run.pool(op, x(0), y),
        Kernel::GlobalPool(kind) => run.global_pool(*kind, x(0), y),
        Kernel::Affine(op) => run.affine(op, w, x(0), y),
        Kernel::Rescale(op) => run.rescale(op, x(0), y),
        Kernel::Lrn(op) => run.lrn(op, x(0), y),
        Kernel::Softmax => run.softmax(x(0), y),
        Kernel::Activate(activation) => run.activate(*activation, x(0), y),
        Kernel::Add(activation) => run.add(*activation, x(0), x(1), y),
        Kernel::Multiply => run.multiply(x(0), x(1), y),
        Kernel::Copy { top, left } => run.copy(*top, *left, x(0), y),
        Kernel::Flatten => run.flatten(x(0), y),
        Kernel::Shuffle { groups } => run.shuffle(*groups, x(0), y),
        Kernel::Upsample { factor } => run.upsample(*factor, x(0), y),
        Kernel::Clear => run.clear(y),
    }
}
