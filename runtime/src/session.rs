//! Sessions: the memory of an inference.

use crate::model::Model;
use crate::run::Run;
use crate::spec::Output;
use crate::sys::Arena;
use std::ops::Range;

/// The arena of a model for a batch of images. One for each thread; `run` allocates nothing.
#[derive(Debug)]
pub struct Session {
    model: Model,
    arena: Arena,
    batch: usize,
}

impl Session {
    pub(crate) fn new(model: Model, batch: usize) -> Session {
        assert!(batch > 0, "a batch holds at least one image");
        let size = model.network().arena_size.checked_mul(batch).expect("the batch is too large");
        Session { model, arena: Arena::zeroed(size), batch }
    }

    /// The model.
    pub fn model(&self) -> &Model {
        &self.model
    }

    /// Images of an inference.
    pub fn batch(&self) -> usize {
        self.batch
    }

    /// The images, each rows, columns, channels. [`Session::run`] leaves them as they are.
    pub fn input_mut(&mut self) -> &mut [f32] {
        let range = self.range(&self.model.network().input);
        &mut self.arena[range]
    }

    /// Computes the outputs from the inputs.
    pub fn run(&mut self) {
        let forward = self.model.network().forward;
        let mut run = Run::new(&mut self.arena, self.model.weights(), self.batch, self.model.isa());
        forward(&mut run);
    }

    /// What the last [`Session::run`] computed: an output by its place in the text, image by image.
    ///
    /// Panics where the network has fewer outputs.
    pub fn output(&self, index: usize) -> &[f32] {
        &self.arena[self.range(&self.model.network().outputs[index])]
    }

    /// What the final softmax received.
    ///
    /// Panics where the network does not end in one.
    pub fn logits(&self) -> &[f32] {
        let logits = self.model.network().logits.as_ref().expect("the network does not end in a softmax");
        &self.arena[self.range(logits)]
    }

    fn range(&self, value: &Output) -> Range<usize> {
        let start = value.offset * self.batch;
        let image = value.view.height * value.view.width * value.view.channels;
        start..start + image * self.batch
    }
}
