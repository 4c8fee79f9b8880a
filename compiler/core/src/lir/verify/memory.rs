//! Invariants 5 to 7: who writes what, when, and over what.

use super::Found;
use crate::lir::{Kernel, Step, ValueId};
use archc_runtime::layout::{Halo, View};
use std::ops::Range;

pub(super) fn check(found: &mut Found<'_>) {
    let program = found.program;
    let mut memory = Memory::new(found);
    for (index, step) in program.steps.iter().enumerate() {
        if step.kernel == Kernel::Clear {
            memory.clear(found, index, step);
            continue;
        }
        for &id in &step.inputs {
            if !memory.holds(found, id) {
                found.step(index, format!("it reads value {}, which was not written or is gone", id.0));
            }
        }
        memory.write(found, index, step);
    }
    let leaving = program.outputs.iter().map(|(_, id)| *id).chain(program.logits);
    for id in leaving {
        if !memory.holds(found, id) {
            found.whole(format!("value {} leaves the network, but was not written or is gone", id.0));
        }
    }
}

struct Memory {
    /// Which value was written last to each channel of each buffer.
    written: Vec<Vec<Option<ValueId>>>,
    /// The zeros around the innermost plane that is written to each buffer.
    borders: Vec<Halo>,
    /// The zeros that were cleared.
    cleared: Vec<Option<Halo>>,
    /// Whether anything was written.
    touched: Vec<bool>,
    /// Buffers of the input and the outputs.
    pinned: Vec<bool>,
    /// Values that steps write; others are made of parts.
    computed: Vec<bool>,
    /// The last step that reads each value.
    last_read: Vec<Option<usize>>,
}

fn channels(view: &View) -> Range<usize> {
    view.first_channel..view.first_channel + view.channels
}

impl Memory {
    fn new(found: &Found<'_>) -> Memory {
        let program = found.program;
        let count = program.buffers.len();
        let mut memory = Memory {
            written: program.buffers.iter().map(|b| vec![None; b.channels]).collect(),
            borders: vec![Halo::NONE; count],
            cleared: vec![None; count],
            touched: vec![false; count],
            pinned: vec![false; count],
            computed: vec![false; program.values.len()],
            last_read: vec![None; program.values.len()],
        };
        memory.computed[program.input.index()] = true;
        memory.written[found.buffer(program.input).index()].fill(Some(program.input));
        let leaving = program.outputs.iter().map(|(_, id)| *id).chain(program.logits);
        leaving.chain([program.input]).for_each(|id| memory.pinned[found.buffer(id).index()] = true);
        for (index, step) in program.steps.iter().enumerate() {
            step.inputs.iter().for_each(|id| memory.last_read[id.index()] = Some(index));
            if step.kernel != Kernel::Clear {
                memory.computed[step.output.index()] = true;
                let border = &mut memory.borders[found.buffer(step.output).index()];
                *border = border.union(found.view(step.output).layout.halo);
            }
        }
        memory
    }

    fn clear(&mut self, found: &mut Found<'_>, index: usize, step: &Step) {
        let buffer = found.buffer(step.output).index();
        if self.touched[buffer] || self.cleared[buffer].is_some() {
            found.step(index, "it clears a buffer that is in use");
        }
        if !found.view(step.output).is_whole() {
            found.step(index, "it clears only a part");
        }
        self.cleared[buffer] = Some(found.view(step.output).layout.halo);
    }

    /// Whether the numbers of a value are there: it was written last itself, or its parts were.
    fn holds(&self, found: &Found<'_>, id: ValueId) -> bool {
        let view = found.view(id);
        self.written[found.buffer(id).index()][channels(&view)].iter().all(|last| match last {
            Some(last) if self.computed[id.index()] => *last == id,
            Some(last) => is_part(&found.view(*last), &view),
            None => false,
        })
    }

    fn write(&mut self, found: &mut Found<'_>, index: usize, step: &Step) {
        let id = step.output;
        let view = found.view(id);
        let buffer = found.buffer(id).index();
        let before = &self.written[buffer][channels(&view)];
        let over = before.iter().any(Option::is_some);
        if over && !self.may_overwrite(found, index, step) {
            found.step(index, "it writes over a value that it may not");
        }
        let ports = if over { step.kernel.in_place_ports() } else { &[] };
        let mut in_place = 0;
        for (port, &input) in step.inputs.iter().enumerate() {
            let other = found.view(input);
            if found.buffer(input).index() != buffer || !overlap(&channels(&other), &channels(&view)) {
                continue;
            }
            in_place += 1;
            if in_place > 1 || !ports.contains(&port) || other != view {
                found.step(index, format!("input {port} overlaps its output"));
            }
        }
        if !std::mem::replace(&mut self.touched[buffer], true) {
            let border = self.borders[buffer];
            let needs = !border.is_none();
            match self.cleared[buffer] {
                None if needs => found.step(index, "its output was not cleared"),
                Some(_) if !needs => found.step(index, "its output was cleared in vain"),
                Some(halo) if halo.union(border) != halo => {
                    found.step(index, "not all zeros around its output were cleared");
                }
                None | Some(_) => {}
            }
        }
        self.written[buffer][channels(&view)].fill(Some(id));
    }

    /// Whether a step may write where values are: over the whole of a buffer that nothing reads any more. (What is made
    /// of parts that are gone, [`Memory::holds`] sees.)
    fn may_overwrite(&self, found: &Found<'_>, index: usize, step: &Step) -> bool {
        let buffer = found.buffer(step.output);
        let is_dead = |id: ValueId| self.last_read[id.index()].is_none_or(|last| last <= index);
        let before = &self.written[buffer.index()][channels(&found.view(step.output))];
        let over_dead = before.iter().flatten().all(|&id| is_dead(id));
        let mut ports = step.kernel.in_place_ports().iter().filter_map(|&p| step.inputs.get(p));
        let reads_it = ports.any(|&id| {
            found.buffer(id) == buffer && found.view(id) == found.view(step.output) && id != step.output
        });
        let is_whole = found.view(step.output) == found.program.buffers[buffer.index()].view();
        !self.pinned[buffer.index()] && over_dead && reads_it && is_whole
    }
}

fn is_part(part: &View, whole: &View) -> bool {
    let (a, b) = (channels(part), channels(whole));
    let smaller = a != b || (part.height, part.width) != (whole.height, whole.width);
    b.start <= a.start && a.end <= b.end && smaller
}

fn overlap(a: &Range<usize>, b: &Range<usize>) -> bool {
    a.start < b.end && b.start < a.end
}
