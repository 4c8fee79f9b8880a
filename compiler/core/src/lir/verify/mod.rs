//! The check of a whole program. It runs behind lowering; what it checks, the plan and the backends rely on.
//!
//! # Invariants
//!
//! 1. Ids are within their lists, and every buffer, value, tensor and pack is used.
//! 2. A view lies in its buffer: the same element, block and pitch; its channels are among the buffer's; its plane and
//!    halo together are the buffer's plane and halo. A plane may be smaller and its halo larger, for zero padding in
//!    place. A block is 16 channels, or all of them (NHWC).
//! 3. A step has as many inputs as its kernel takes, and their shapes and the output's are what it computes with.
//!    A convolution finds its padding in the halo. A dense layer reads a whole buffer without a halo. A plane has rows
//!    and columns.
//! 4. A step has a pack exactly if its kernel has weights; the pack is of the kernel's kind, the shapes of its tensors
//!    are the kernel's, and its size is [`PackKind::size`](crate::lir::PackKind::size). No two steps share a pack, and
//!    packs and tensors are in the order of the steps.
//! 5. What a step reads was written, channel by channel, and not overwritten since. A channel is written once; again
//!    only in place: by a step that reads the whole buffer at a port where its kernel allows it, and that is the last
//!    to read what was there. A step's other inputs share no channel with its output.
//! 6. A buffer with a halo, or with zeros around a plane, is cleared once, before anything is written to it. No other
//!    buffer is.
//! 7. The input is NHWC, the whole of its buffer, and written by no step. Outputs and logits are NHWC, the whole of
//!    their buffers, written once, and not the input.
//! 8. A tap is there at the end, in any layout, and holds as many numbers as its shape says.

mod memory;
mod shapes;
mod weights;

use super::{BufferId, Program, StepId};
use archc_runtime::layout::{Layout, View};
use std::fmt;

/// An invariant that does not hold. It is a mistake in archc, not in the user's text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// The step; `None` where it is about the whole program.
    pub step: Option<StepId>,
    /// What is wrong.
    pub message: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.step {
            Some(step) => write!(f, "step {}: {}", step.0, self.message),
            None => f.write_str(&self.message),
        }
    }
}

/// Checks every invariant, and lists all that do not hold.
pub fn verify_program(program: &Program) -> Result<(), Vec<Violation>> {
    let mut found = Found { program, violations: Vec::new() };
    if found.ids() {
        // These index by ids.
        found.views();
        found.leaving();
        shapes::check(&mut found);
        weights::check(&mut found);
        memory::check(&mut found);
    }
    if found.violations.is_empty() { Ok(()) } else { Err(found.violations) }
}

struct Found<'a> {
    program: &'a Program,
    violations: Vec<Violation>,
}

impl Found<'_> {
    fn whole(&mut self, message: impl Into<String>) {
        self.violations.push(Violation { step: None, message: message.into() });
    }

    fn step(&mut self, index: usize, message: impl Into<String>) {
        self.violations.push(Violation { step: Some(StepId(index as u32)), message: message.into() });
    }

    /// Whether all ids are within their lists.
    fn ids(&mut self) -> bool {
        let program = self.program;
        let mut values = vec![false; program.values.len()];
        let mut buffers = vec![false; program.buffers.len()];
        let mut packs = vec![false; program.packs.len()];
        let mut tensors = vec![false; program.tensors.len()];
        let steps = program.steps.iter().flat_map(|s| s.inputs.iter().copied().chain([s.output]));
        let mut ok = true;
        for id in [program.input].into_iter().chain(steps).chain(program.staying()) {
            ok &= mark(&mut values, id.index());
        }
        for value in &program.values {
            ok &= mark(&mut buffers, value.buffer.index());
        }
        for pack in program.steps.iter().filter_map(|s| s.pack) {
            ok &= mark(&mut packs, pack.index());
        }
        for tensor in program.packs.iter().flat_map(|p| p.kind.tensors()) {
            ok &= mark(&mut tensors, tensor.index());
        }
        if !ok {
            self.whole("an id is outside its list");
        }
        for (name, used) in [("value", values), ("buffer", buffers), ("pack", packs), ("tensor", tensors)] {
            for (index, _) in used.iter().enumerate().filter(|(_, used)| !**used) {
                self.whole(format!("{name} {index} is not used"));
            }
        }
        ok
    }

    fn views(&mut self) {
        let program = self.program;
        for (index, buffer) in program.buffers.iter().enumerate() {
            let Layout { planes, block, halo, pitch, .. } = buffer.layout;
            let block_is_known = block == Layout::BLOCK || block == buffer.channels;
            if planes != 1 || !block_is_known || pitch != halo.left + buffer.width + halo.right {
                self.whole(format!("buffer {index} has an unknown layout"));
            }
        }
        for (index, value) in program.values.iter().enumerate() {
            if !lies_in(&value.view, &program.buffers[value.buffer.index()].view()) {
                self.whole(format!("value {index}, `{}`, does not lie in its buffer", value.name));
            }
        }
    }

    fn leaving(&mut self) {
        let program = self.program;
        let input = program.values[program.input.index()].buffer;
        if !is_plain_nhwc(program, program.input) {
            self.whole("the input is not NHWC and whole");
        }
        if program.outputs.is_empty() {
            self.whole("there is no output");
        }
        let logits = program.logits.map(|id| ("logits", id));
        let outputs = program.outputs.iter().map(|(name, id)| (name.as_str(), *id));
        for (name, id) in outputs.chain(logits) {
            if !is_plain_nhwc(program, id) {
                self.whole(format!("output `{name}` is not NHWC and whole"));
            }
            if program.values[id.index()].buffer == input {
                self.whole(format!("output `{name}` lies in the input"));
            }
        }
        for tap in &program.taps {
            let view = self.view(tap.value);
            if view.height * view.width * view.channels != tap.shape.size() {
                self.whole(format!("tap `{}` is not {}", tap.name, tap.shape));
            }
        }
    }

    fn view(&self, id: super::ValueId) -> View {
        self.program.values[id.index()].view
    }

    fn buffer(&self, id: super::ValueId) -> BufferId {
        self.program.values[id.index()].buffer
    }
}

/// Marks a place; `false` where there is none.
fn mark(places: &mut [bool], index: usize) -> bool {
    places.get_mut(index).map(|place| *place = true).is_some()
}

fn is_plain_nhwc(program: &Program, id: super::ValueId) -> bool {
    let value = &program.values[id.index()];
    let View { height, width, channels, .. } = value.view;
    let nhwc = View::nhwc(height, width, channels);
    value.view == nhwc && program.buffers[value.buffer.index()].view() == nhwc
}

fn lies_in(view: &View, buffer: &View) -> bool {
    let (a, b) = (view.layout, buffer.layout);
    let rows = |v: &View| v.layout.halo.top + v.height + v.layout.halo.bottom;
    let columns = |v: &View| v.layout.halo.left + v.width + v.layout.halo.right;
    view.height > 0
        && view.width > 0
        && view.channels > 0
        && a.element == b.element
        && a.planes == b.planes
        && a.block == b.block
        && a.order == b.order
        && a.pitch == b.pitch
        && a.halo.union(b.halo) == a.halo
        && rows(view) == rows(buffer)
        && columns(view) == columns(buffer)
        && view.buffer_channels == buffer.channels
        && view.first_channel + view.channels <= buffer.channels
}
