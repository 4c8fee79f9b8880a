//! Runs lowered and planned programs by the runtime's kernels, as generated code would: function by function, with the
//! addresses and the weights of each call. So lowering, planning, packing and kernels are compared with the
//! interpreter on any graph, without compiling generated code.

pub mod harness;
mod source;
mod steps;
mod tables;

use archc_core::lir::{Program, ValueId};
use archc_core::plan::Plan;
use archc_runtime::op::Split;
use archc_runtime::run::Run;
use archc_runtime::{Isa, LoadError, Model};
use std::collections::BTreeMap;

/// Shape and numbers of tensors, by full name.
pub type Weights = BTreeMap<String, (Vec<usize>, Vec<f32>)>;

/// A planned program with its weights.
#[derive(Debug)]
pub struct Executable<'a> {
    program: &'a Program,
    plan: &'a Plan,
    model: Model,
}

/// What a run computed, image after image, NHWC.
#[derive(Clone, Debug, PartialEq)]
pub struct Outputs {
    /// In the order of the program's.
    pub outputs: Vec<Vec<f32>>,
    /// What the final softmax received.
    pub logits: Option<Vec<f32>>,
    /// In the order of the program's.
    pub taps: Vec<Vec<f32>>,
}

impl<'a> Executable<'a> {
    /// The taps, image after image, each in the order rows, columns, channels.
    fn taps(&self, arena: &[f32], batch: usize) -> Vec<Vec<f32>> {
        let read = |tap: &archc_core::lir::Tap| {
            let value = &self.program.values[tap.value.index()];
            let view = value.view;
            let start = self.plan.buffers[value.buffer.index()] * batch;
            let images = arena[start..start + view.image_size() * batch].chunks(view.image_size());
            let rows = images.flat_map(|image| (0..view.height).map(move |y| (image, y)));
            let pixels = rows.flat_map(|(image, y)| (0..view.width).map(move |x| (image, y, x)));
            let number = |(image, y, x): (&[f32], usize, usize)| -> Vec<f32> {
                (0..view.channels).map(|c| image[view.index(c, y, x)]).collect()
            };
            pixels.flat_map(number).collect()
        };
        self.program.taps.iter().map(read).collect()
    }

    /// Packs the weights. An error lists what the tables want and `weights` has not, and the other way round.
    pub fn new(program: &'a Program, plan: &'a Plan, weights: &Weights) -> Result<Executable<'a>, LoadError> {
        let model = Model::from_source(tables::network(program, plan), &source::Table(weights))?;
        Ok(Executable { program, plan, model })
    }

    /// The network's tables with its weights, as a generated module has them.
    pub fn model(&self) -> &Model {
        &self.model
    }

    /// The packed weights.
    pub fn weights(&self) -> &[f32] {
        self.model.weights()
    }

    /// Memory for a batch, full of numbers that spoil every result that they get into.
    pub fn arena(&self, batch: usize) -> Vec<f32> {
        vec![f32::NAN; self.plan.arena_size * batch]
    }

    /// Computes the outputs of as many images as `input` holds, in memory that earlier runs may have used.
    pub fn run(&self, arena: &mut [f32], input: &[f32], isa: Isa) -> Outputs {
        self.run_split(arena, input, isa, Split::None)
    }

    /// The same with operands of convolutions split wherever the instruction set can.
    pub fn run_split(&self, arena: &mut [f32], input: &[f32], isa: Isa, split: Split) -> Outputs {
        let view = self.program.values[self.program.input.index()].view;
        let batch = input.len() / view.image_size();
        arena[..input.len()].copy_from_slice(input);
        let mut scratch = vec![f32::NAN; self.plan.scratch_size.max(Run::SPLIT_SCRATCH)];
        let run = Run::new(arena, self.model.weights(), batch, isa);
        let mut run = run.with_scratch(&mut scratch, 1).with_split(split);
        run.always_split();
        for call in &self.plan.calls {
            for repetition in 0..call.count {
                steps::call(self.program, self.plan, call, repetition, &mut run);
            }
        }
        let read = |id: ValueId| {
            let value = &self.program.values[id.index()];
            let start = self.plan.buffers[value.buffer.index()] * batch;
            arena[start..start + value.view.image_size() * batch].to_vec()
        };
        Outputs {
            outputs: self.program.outputs.iter().map(|(_, id)| read(*id)).collect(),
            logits: self.program.logits.map(read),
            taps: self.taps(arena, batch),
        }
    }
}
