//! Lets a step write over a value that it is the last to read. A chain of residual blocks then keeps its trunk in one
//! place, and repeated blocks have the same addresses.

use super::layouts::with_halo;
use crate::lir::{BufferId, Kernel, Program, Step, Value, ValueId};
use archc_runtime::layout::Halo;

/// Gives outputs the buffers of inputs wherever that is right.
pub(super) fn reuse(program: &mut Program) {
    let mut uses = Uses::new(program);
    for index in 0..program.steps.len() {
        let Step { kernel, inputs, output, .. } = &program.steps[index];
        let ports = kernel.in_place_ports().iter().copied().filter(|&port| port < inputs.len());
        let ports = ports.filter(|&port| uses.may_overwrite(program, index, port));
        // Of two, the older: it is the trunk, which then stays where it is.
        if let Some(port) = ports.min_by_key(|&port| uses.first_write_of(program, inputs[port])) {
            uses.merge(program, inputs[port], *output);
        }
    }
}

/// Who uses each buffer, and when.
struct Uses {
    first_write: Vec<Option<usize>>,
    last_use: Vec<Option<usize>>,
    /// The values in each buffer.
    values: Vec<Vec<ValueId>>,
    /// Buffers of the input, the outputs and the taps.
    pinned: Vec<bool>,
    /// Buffers that a dense layer reads from end to end, so that they cannot have a halo.
    without_halo: Vec<bool>,
}

impl Uses {
    fn new(program: &Program) -> Uses {
        let count = program.buffers.len();
        let mut uses = Uses {
            first_write: vec![None; count],
            last_use: vec![None; count],
            values: vec![Vec::new(); count],
            pinned: vec![false; count],
            without_halo: vec![false; count],
        };
        for (index, value) in program.values.iter().enumerate() {
            uses.values[value.buffer.index()].push(ValueId(index as u32));
        }
        let buffer = |id: ValueId| program.values[id.index()].buffer.index();
        program.staying().chain([program.input]).for_each(|id| uses.pinned[buffer(id)] = true);
        for (index, step) in program.steps.iter().enumerate() {
            for &id in step.inputs.iter().chain([&step.output]) {
                uses.last_use[buffer(id)] = Some(index);
            }
            uses.first_write[buffer(step.output)].get_or_insert(index);
            if let (Kernel::Dense(_), Some(&x)) = (&step.kernel, step.inputs.first()) {
                uses.without_halo[buffer(x)] = true;
            }
        }
        uses
    }

    fn first_write_of(&self, program: &Program, id: ValueId) -> Option<usize> {
        self.first_write[program.values[id.index()].buffer.index()]
    }

    /// Whether a step may write over its input number `port`.
    fn may_overwrite(&self, program: &Program, index: usize, port: usize) -> bool {
        let Step { inputs, output, .. } = &program.steps[index];
        let value = |id: ValueId| &program.values[id.index()];
        let (x, y) = (value(inputs[port]), value(*output));
        let (from, to) = (x.buffer.index(), y.buffer.index());
        let pinned = self.pinned[from] || self.pinned[to];
        let is_alone = self.last_use[from] == Some(index) && self.first_write[to] == Some(index);
        let mut others = inputs.iter().enumerate().filter(|&(p, _)| p != port);
        let is_read_elsewhere = others.any(|(_, &id)| value(id).buffer == x.buffer);
        // Parts of concatenations and padded planes stay: both buffers may have one size, and the parts other places in them.
        let is_whole = |v: &Value| {
            let buffer = &program.buffers[v.buffer.index()];
            v.view.is_whole() && (v.view.height, v.view.width) == (buffer.height, buffer.width)
        };
        from != to
            && is_whole(x)
            && is_whole(y)
            && !pinned
            && is_alone
            && !is_read_elsewhere
            && self.is_same_memory(program, x.buffer, y.buffer)
    }

    /// Whether two buffers have the same layout, or can be given it.
    fn is_same_memory(&self, program: &Program, from: BufferId, to: BufferId) -> bool {
        let [a, b] = [from, to].map(|id| &program.buffers[id.index()]);
        let without_halo = |layout| with_halo(layout, 0, Halo::NONE);
        let is_same = (a.height, a.width, a.channels) == (b.height, b.width, b.channels)
            && without_halo(a.layout) == without_halo(b.layout);
        let can_grow =
            [from, to].into_iter().all(|id| !self.without_halo[id.index()] && self.is_plain(program, id));
        is_same && (a.layout == b.layout || can_grow)
    }

    /// Whether every plane in a buffer is the buffer's own.
    fn is_plain(&self, program: &Program, id: BufferId) -> bool {
        let halo = program.buffers[id.index()].layout.halo;
        self.values[id.index()].iter().all(|v| program.values[v.index()].view.layout.halo == halo)
    }

    /// Moves everything in the output's buffer into the input's.
    fn merge(&mut self, program: &mut Program, input: ValueId, output: ValueId) {
        let [from, to] = [input, output].map(|id| program.values[id.index()].buffer);
        let moved = std::mem::take(&mut self.values[to.index()]);
        moved.iter().for_each(|id| program.values[id.index()].buffer = from);
        self.values[from.index()].extend(moved);
        let [a, b] = [from, to].map(|id| program.buffers[id.index()].layout);
        if a != b {
            let buffer = &mut program.buffers[from.index()];
            buffer.layout = with_halo(a, buffer.width, a.halo.union(b.halo));
            for id in &self.values[from.index()] {
                program.values[id.index()].view.layout = buffer.layout;
            }
        }
        self.last_use[from.index()] = self.last_use[to.index()];
        self.without_halo[from.index()] |= self.without_halo[to.index()];
    }
}
