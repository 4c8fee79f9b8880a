//! Zeros what kernels read but none writes: halos, and planes around what is written. Memory is reused, so that it holds
//! something else before. (Whoever writes a buffer's last channels zeros the padding lanes behind them.)

use crate::lir::{BufferId, Kernel, Program, Step, Value, ValueId};
use archc_runtime::layout::{Halo, Layout, View};

/// Puts a clear before the first step that writes into a buffer that needs one.
pub(super) fn insert(program: &mut Program) {
    let mut borders = vec![Halo::NONE; program.buffers.len()];
    for step in &program.steps {
        let value = &program.values[step.output.index()];
        let border = &mut borders[value.buffer.index()];
        *border = border.union(value.view.layout.halo);
    }
    let mut seen = vec![false; program.buffers.len()];
    let steps = std::mem::take(&mut program.steps);
    for step in steps {
        let first = &program.values[step.output.index()];
        let (id, border) = (first.buffer, borders[first.buffer.index()]);
        let is_first = !std::mem::replace(&mut seen[id.index()], true);
        if is_first && !border.is_none() {
            let clear = clear(program, id, border, &step);
            program.steps.push(clear);
        }
        program.steps.push(step);
    }
}

/// Zeros everything around the innermost plane that is written.
fn clear(program: &mut Program, buffer: BufferId, border: Halo, first: &Step) -> Step {
    let whole = program.buffers[buffer.index()].view();
    let halo = whole.layout.halo;
    let view = View {
        height: halo.top + whole.height + halo.bottom - border.top - border.bottom,
        width: halo.left + whole.width + halo.right - border.left - border.right,
        layout: Layout { halo: border, ..whole.layout },
        ..whole
    };
    let output = &program.values[first.output.index()];
    let output = if output.view == view {
        first.output
    } else {
        program.values.push(Value { buffer, view, name: output.name.clone() });
        ValueId(program.values.len() as u32 - 1)
    };
    let name = first.comment.split(':').next().unwrap_or_default();
    let what = if matches!(first.kernel, Kernel::Copy { .. }) { "the copy" } else { "its output" };
    let comment = format!("{name}: zeros around {what}");
    Step { kernel: Kernel::Clear, inputs: Vec::new(), output, pack: None, scope: first.scope, comment }
}
