//! Invariants 5 to 7: who writes what, when, and over what.

use super::Found;
use crate::lir::{BufferId, Kernel, Step, ValueId};
use archc_runtime::layout::{Halo, View};
use std::collections::BTreeMap;
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
    for id in program.staying() {
        if !memory.holds(found, id) {
            found.whole(format!("value {} stays to the end, but was not written or is gone", id.0));
        }
    }
}

struct Memory {
    /// Which value was written last to which channels of each buffer, by the first of the channels.
    written: Vec<BTreeMap<usize, (usize, ValueId)>>,
    /// The zeros around the innermost plane that is written to each buffer.
    borders: Vec<Halo>,
    /// The zeros that were cleared.
    cleared: Vec<Option<Halo>>,
    /// Whether anything was written.
    touched: Vec<bool>,
    /// Buffers of the input, the outputs and the taps.
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
            written: vec![BTreeMap::new(); count],
            borders: vec![Halo::NONE; count],
            cleared: vec![None; count],
            touched: vec![false; count],
            pinned: vec![false; count],
            computed: vec![false; program.values.len()],
            last_read: vec![None; program.values.len()],
        };
        memory.computed[program.input.index()] = true;
        memory.mark(found, program.input);
        program
            .staying()
            .chain([program.input])
            .for_each(|id| memory.pinned[found.buffer(id).index()] = true);
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

    /// The values that were written last to any of these channels.
    fn last(&self, buffer: BufferId, channels: &Range<usize>) -> Vec<(Range<usize>, ValueId)> {
        let before = self.written[buffer.index()].range(..channels.end).rev();
        let overlapping = before.take_while(|(_, (end, _))| *end > channels.start);
        let mut values: Vec<_> = overlapping.map(|(&start, &(end, id))| (start..end, id)).collect();
        values.reverse();
        values
    }

    /// Notes that a value was written. What it overlaps is gone.
    fn mark(&mut self, found: &Found<'_>, id: ValueId) {
        let (buffer, channels) = (found.buffer(id), channels(&found.view(id)));
        for (old, _) in self.last(buffer, &channels) {
            self.written[buffer.index()].remove(&old.start);
        }
        self.written[buffer.index()].insert(channels.start, (channels.end, id));
    }

    /// Whether the numbers of a value are there: it was written last itself, or its parts were.
    fn holds(&self, found: &Found<'_>, id: ValueId) -> bool {
        let view = found.view(id);
        let channels = channels(&view);
        let mut next = channels.start;
        for (part, last) in self.last(found.buffer(id), &channels) {
            let is_right =
                if self.computed[id.index()] { last == id } else { is_part(&found.view(last), &view) };
            if part.start > next || !is_right {
                return false;
            }
            next = part.end;
        }
        next >= channels.end
    }

    fn write(&mut self, found: &mut Found<'_>, index: usize, step: &Step) {
        let id = step.output;
        let view = found.view(id);
        let buffer = found.buffer(id).index();
        let over = !self.last(found.buffer(id), &channels(&view)).is_empty();
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
        self.mark(found, id);
    }

    /// Whether a step may write where values are: over the whole of a buffer that nothing reads any more. (What is made
    /// of parts that are gone, [`Memory::holds`] sees.)
    fn may_overwrite(&self, found: &Found<'_>, index: usize, step: &Step) -> bool {
        let buffer = found.buffer(step.output);
        let is_dead = |id: ValueId| self.last_read[id.index()].is_none_or(|last| last <= index);
        let over = self.last(buffer, &channels(&found.view(step.output)));
        let over_dead = over.iter().all(|(_, id)| is_dead(*id));
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
