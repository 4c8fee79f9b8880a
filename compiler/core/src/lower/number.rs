//! Final numbers: buffers and values in the order in which the steps use them, and nothing that no step uses.

use crate::lir::{BufferId, Program, ValueId};

/// Renumbers buffers and values.
pub(super) fn renumber(program: &mut Program) {
    let mut values = Numbers::new(program.values.len());
    values.number(program.input.index());
    for step in &program.steps {
        for id in step.inputs.iter().chain([&step.output]) {
            values.number(id.index());
        }
    }
    program.staying().for_each(|id| values.number(id.index()));

    let mut buffers = Numbers::new(program.buffers.len());
    for &old in &values.order {
        buffers.number(program.values[old].buffer.index());
    }
    program.buffers = buffers.order.iter().map(|&old| program.buffers[old].clone()).collect();
    program.values = values.order.iter().map(|&old| program.values[old].clone()).collect();
    for value in &mut program.values {
        value.buffer = BufferId(buffers.new[value.buffer.index()]);
    }
    let renumber = |id: &mut ValueId| *id = ValueId(values.new[id.index()]);
    renumber(&mut program.input);
    program.outputs.iter_mut().for_each(|(_, id)| renumber(id));
    program.logits.iter_mut().for_each(renumber);
    program.taps.iter_mut().for_each(|tap| renumber(&mut tap.value));
    for step in &mut program.steps {
        step.inputs.iter_mut().for_each(renumber);
        renumber(&mut step.output);
    }
}

/// New numbers, given out in the order of asking.
struct Numbers {
    /// By old number; what has none yet is never read.
    new: Vec<u32>,
    /// Old numbers by new number.
    order: Vec<usize>,
    known: Vec<bool>,
}

impl Numbers {
    fn new(count: usize) -> Numbers {
        Numbers { new: vec![0; count], order: Vec::new(), known: vec![false; count] }
    }

    fn number(&mut self, old: usize) {
        if !std::mem::replace(&mut self.known[old], true) {
            self.new[old] = self.order.len() as u32;
            self.order.push(old);
        }
    }
}
