//! Sessions: the memory of an inference.

use crate::model::Model;
use crate::op::Split;
use crate::run::Run;
use crate::spec::{self, Output};
use crate::sys::{Arena, MOST_THREADS, Standard, Team, prepare, usable_cores};
use crate::taps::Tap;
use core::ops::Range;

/// A step that is done, for those who take times: how its kernel, as it was chosen on this machine, has computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lap {
    /// The algorithm, in a word or two: `Winograd F4`.
    pub algorithm: &'static str,
    /// Multiplications of the whole batch, each with an addition, that the algorithm does; those of transforms and of
    /// padding lanes do not count. None where there is more to move than to multiply.
    pub products: u64,
    /// Whether AMX does them, as products of bf16 numbers, which has a peak of its own.
    pub on_tiles: bool,
}

/// What is wrong with a network of a module for a GPU.
const NO_KERNELS: &str = "the network's module is one for a GPU: its own `Model` computes it";

/// The arena of a model for a batch of images. `run` allocates nothing.
#[derive(Debug)]
pub struct Session {
    model: Model,
    arena: Arena,
    /// For each thread its own.
    scratch: Arena,
    batch: usize,
    threads: usize,
}

impl Session {
    pub(crate) fn new(model: Model, batch: usize) -> Session {
        assert!(batch > 0, "a batch holds at least one image");
        assert!(model.network().forward.is_some(), "{}", NO_KERNELS);
        let size = model.network().arena_size.checked_mul(batch).expect("the batch is too large");
        let (arena, scratch) = (Arena::zeroed(size), Arena::zeroed(0));
        Session { model, arena, scratch, batch, threads: 1 }.with_threads(0)
    }

    /// The same session, computing on up to this many threads, the one that calls [`Session::run`] included; 0 stands for
    /// all cores that the process may use, which is what a session begins with. Results are the same bits with any number.
    ///
    /// The other threads are those of the process, one set for all sessions, started when a session first asks for them;
    /// after a run they wait for the next one for a moment, then sleep. A run that finds them taken by another session
    /// computes on the calling thread alone: where as many sessions as there are cores run side by side, one thread each
    /// is best.
    #[must_use]
    pub fn with_threads(self, threads: usize) -> Session {
        let threads = if threads == 0 { usable_cores() } else { threads.min(MOST_THREADS) };
        prepare(threads);
        let network = self.model.network();
        let split = network.split != Split::None && self.model.isa().has_amx();
        let own = network.scratch_size.max(if split { Run::SPLIT_SCRATCH } else { 0 });
        let size = own.checked_mul(threads).expect("too many threads");
        let scratch = if size == self.scratch.len() { self.scratch } else { Arena::zeroed(size) };
        Session { threads, scratch, ..self }
    }

    /// The most threads that compute, the calling one included.
    pub fn threads(&self) -> usize {
        self.threads
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
    ///
    /// It computes as IEEE 754 says, on every thread and whatever the caller's floating-point environment is: rounded to
    /// nearest, denormal numbers kept. Convolutions on AMX are the exception: parts of numbers that are denormal count as zeros there,
    /// and an infinite operand, or one within a 500th of the largest number, gives NaN; [`Split::None`](crate::op::Split) has
    /// none of it. The caller's environment is as before afterwards.
    pub fn run(&mut self) {
        let _standard = Standard::enter();
        (self.forward())(&mut self.prepared());
    }

    /// Like [`Session::run`], with a call of `lap` when the first step begins (`None`) and when each one is done, the last
    /// included. It is for those who take times: the calls come from the calling thread, while the others wait.
    pub fn run_with_laps(&mut self, lap: &mut dyn FnMut(Option<Lap>)) {
        let forward = self.forward();
        let _standard = Standard::enter();
        let run = self.prepared();
        lap(None);
        forward(&mut run.with_laps(&mut |done| lap(Some(done))));
    }

    fn forward(&self) -> fn(&mut Run<'_>) {
        self.model.network().forward.expect(NO_KERNELS)
    }

    /// A run that has not begun, on threads that wait for it.
    fn prepared(&mut self) -> Run<'_> {
        let run = Run::new(&mut self.arena, self.model.weights(), self.batch, self.model.isa());
        let run = run.with_scratch(&mut self.scratch, self.threads).with_split(self.model.network().split);
        run.with_team(Team::open(self.threads))
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

    /// What the operations of a module that was built with taps gave in the last [`Session::run`]: of its `TAPS`, in the order
    /// of the network.
    pub fn taps(&self, taps: &'static [spec::Tap]) -> impl ExactSizeIterator<Item = Tap<'_>> {
        taps.iter().map(|tap| Tap::new(tap, &self.arena, self.batch))
    }

    fn range(&self, value: &Output) -> Range<usize> {
        let start = value.offset * self.batch;
        let image = value.view.height * value.view.width * value.view.channels;
        start..start + image * self.batch
    }
}
