//! One inference: the arena, the weights, and every kernel behind a checked entry.

use crate::isa::Isa;
#[cfg(target_arch = "x86_64")]
use crate::kernels::amx;
use crate::kernels::clear::Clear;
use crate::kernels::conv::Direct;
use crate::kernels::copy::Copy;
use crate::kernels::depthwise::Depthwise;
use crate::kernels::flatten::Flatten;
use crate::kernels::global_pool::GlobalPool;
use crate::kernels::memory::Memory;
use crate::kernels::pool;
use crate::kernels::scratch::Scratch;
use crate::kernels::shuffle::Shuffle;
use crate::kernels::softmax::Softmax;
use crate::kernels::upsample::Upsample;
use crate::kernels::winograd::Winograd;
use crate::kernels::{Launcher, dense, lrn, pointwise};
use crate::layout::At;
use crate::op::{Activation, Affine, Algorithm, Conv, Dense, Lrn, Pool, PoolKind, Rescale, Split};
use crate::session::Lap;
use crate::sys::{Team, prepare};

/// What generated code computes with.
///
/// Offsets of weights and values are in f32 numbers. Every entry checks that its values lie inside the arena and its
/// weights inside the weights, that shapes agree, that halos hold the padding, and that the output overlaps no input but
/// where a kernel may work in place: wrong tables panic and never touch foreign memory.
///
/// Each entry takes values of any layout. Inputs and output may be different slices of one buffer. Padding lanes and
/// halos of inputs must be zeros. A kernel that writes the last channels of a buffer writes zeros to the padding lanes behind
/// them; a halo is zeros if [`Run::clear`] made it so before the first write into the buffer.
#[derive(Debug)]
pub struct Run<'a> {
    memory: Memory<'a>,
    launcher: Launcher<'a>,
    #[cfg(target_arch = "x86_64")]
    products: amx::Choice,
}

impl<'a> Run<'a> {
    /// Computes in this arena, for a batch of images: a value at `offset` lies at `offset * batch`, image after image.
    pub fn new(arena: &'a mut [f32], weights: &'a [f32], batch: usize, isa: Isa) -> Run<'a> {
        Run {
            memory: Memory::new(arena, weights, batch),
            launcher: Launcher::new(isa),
            #[cfg(target_arch = "x86_64")]
            products: amx::Choice::new(isa),
        }
    }

    /// On up to this many threads, the calling one included, started where there are fewer; on the calling one alone
    /// where another run has the others.
    #[must_use]
    pub fn with_threads(self, threads: usize) -> Run<'a> {
        prepare(threads);
        self.with_team(Team::open(threads))
    }

    /// With memory for kernels whose threads need some of their own ([`Conv::scratch`]), for so many threads; those kernels
    /// use no more. What it holds does not matter.
    #[must_use]
    pub fn with_scratch(self, memory: &'a mut [f32], threads: usize) -> Run<'a> {
        Run { launcher: self.launcher.with_scratch(Scratch::new(memory, threads)), ..self }
    }

    /// On these threads.
    pub(crate) fn with_team(self, team: Team) -> Run<'a> {
        Run { launcher: self.launcher.with_team(team), ..self }
    }

    /// With something to call when a step is done.
    pub(crate) fn with_laps(self, laps: &'a mut (dyn FnMut(Lap) + 'a)) -> Run<'a> {
        Run { launcher: self.launcher.with_laps(laps), ..self }
    }

    /// With operands of convolutions that may be split, where the instruction set has AMX. That takes memory of each thread
    /// ([`Run::SPLIT_SCRATCH`], see [`Run::with_scratch`]); a convolution that is split panics where it is missing.
    #[must_use]
    pub fn with_split(mut self, split: Split) -> Run<'a> {
        self.set_split(split);
        self
    }

    /// See [`Run::with_split`].
    #[cfg_attr(not(target_arch = "x86_64"), allow(unused_variables, clippy::unused_self))]
    pub fn set_split(&mut self, split: Split) {
        #[cfg(target_arch = "x86_64")]
        self.products.set_split(split);
    }

    /// Numbers of memory of its own that a thread needs for convolutions whose operands are split.
    pub const SPLIT_SCRATCH: usize = 3 << 17;

    /// For tests and measurements: from here on operands are split wherever it is possible, whether it pays or not.
    #[cfg_attr(not(target_arch = "x86_64"), allow(clippy::unused_self))]
    pub fn always_split(&mut self) {
        #[cfg(target_arch = "x86_64")]
        self.products.always();
    }

    /// For tests and measurements: from here on a kernel gets as many threads as its cost, in operations on 16 numbers,
    /// has multiples of this.
    pub fn set_grain(&mut self, grain: usize) {
        self.launcher.set_grain(grain);
    }

    /// A convolution; see [`Pack::Conv`](crate::weights::spec::Pack::Conv) for the weights. The residual may be the
    /// output's own memory.
    pub fn conv(&mut self, op: &Conv, w: usize, x: At<'_>, residual: Option<At<'_>>, y: At<'_>) {
        let Run { memory, launcher, .. } = self;
        #[cfg(target_arch = "x86_64")]
        if let Some(product) = self.products.product(op, memory, w, x, residual, y) {
            return launcher.launch(&product);
        }
        match op.algorithm {
            Algorithm::Direct if Depthwise::takes(op, x, y) => {
                launcher.launch(&Depthwise::new(op, memory, w, x, residual, y));
            }
            Algorithm::Direct => launcher.launch(&Direct::new(op, memory, w, x, residual, y)),
            Algorithm::Winograd { .. } => {
                launcher.launch(&Winograd::new(op, memory, w, x, residual, y));
            }
        }
    }

    /// A dense layer over the whole of `x`, which has no halo; see [`Pack::Dense`](crate::weights::spec::Pack::Dense)
    /// for the weights. The residual may be the output's own memory.
    pub fn dense(&mut self, op: &Dense, w: usize, x: At<'_>, residual: Option<At<'_>>, y: At<'_>) {
        self.launcher.launch(&dense::Dense::new(op, &self.memory, w, x, residual, y));
    }

    /// Pooling by a sliding window.
    pub fn pool(&mut self, op: &Pool, x: At<'_>, y: At<'_>) {
        self.launcher.launch(&pool::Pool::new(op, &self.memory, x, y));
    }

    /// Pooling of each plane to one pixel; both averages are the mean of the plane.
    pub fn global_pool(&mut self, kind: PoolKind, x: At<'_>, y: At<'_>) {
        self.launcher.launch(&GlobalPool::new(kind, &self.memory, x, y));
    }

    /// A scale and a shift for each channel; see [`Pack::Affine`](crate::weights::spec::Pack::Affine) for the weights.
    /// It may work in place.
    pub fn affine(&mut self, op: &Affine, w: usize, x: At<'_>, y: At<'_>) {
        self.launcher.launch(&pointwise::affine(op, &self.memory, w, x, y));
    }

    /// The same scale and offset for every number. It may work in place.
    pub fn rescale(&mut self, op: &Rescale, x: At<'_>, y: At<'_>) {
        self.launcher.launch(&pointwise::rescale(op, &self.memory, x, y));
    }

    /// Local response normalization.
    pub fn lrn(&mut self, op: &Lrn, x: At<'_>, y: At<'_>) {
        self.launcher.launch(&lrn::Lrn::new(op, &self.memory, x, y));
    }

    /// Softmax along channels. It may work in place.
    pub fn softmax(&mut self, x: At<'_>, y: At<'_>) {
        self.launcher.launch(&Softmax::new(&self.memory, x, y));
    }

    /// A function of each number. It may work in place.
    pub fn activate(&mut self, activation: Activation, x: At<'_>, y: At<'_>) {
        self.launcher.launch(&pointwise::activate(activation, &self.memory, x, y));
    }

    /// The activation of a sum. It may work in place of either.
    pub fn add(&mut self, activation: Activation, a: At<'_>, b: At<'_>, y: At<'_>) {
        self.launcher.launch(&pointwise::add(activation, &self.memory, a, b, y));
    }

    /// The product of a value and a gate, which has its shape or one pixel. It may work in place of either.
    pub fn multiply(&mut self, x: At<'_>, gate: At<'_>, y: At<'_>) {
        self.launcher.launch(&pointwise::multiply(&self.memory, x, gate, y));
    }

    /// `x` into `y`, the corner of `x` at this row and column of `y`; the other pixels of `y` become zeros.
    pub fn copy(&mut self, top: usize, left: usize, x: At<'_>, y: At<'_>) {
        self.launcher.launch(&Copy::new(top, left, &self.memory, x, y));
    }

    /// A plane as one pixel, its numbers in the order rows, columns, channels.
    pub fn flatten(&mut self, x: At<'_>, y: At<'_>) {
        self.launcher.launch(&Flatten::new(&self.memory, x, y));
    }

    /// Channels `[groups, n]` as `[n, groups]`.
    pub fn shuffle(&mut self, groups: usize, x: At<'_>, y: At<'_>) {
        self.launcher.launch(&Shuffle::new(groups, &self.memory, x, y));
    }

    /// Repeats rows and columns by these factors.
    pub fn upsample(&mut self, factor: [usize; 2], x: At<'_>, y: At<'_>) {
        self.launcher.launch(&Upsample::new(factor, &self.memory, x, y));
    }

    /// Zeros the halo and the padding lanes of the whole buffer behind `y`.
    pub fn clear(&mut self, y: At<'_>) {
        self.launcher.launch(&Clear::new(&self.memory, y));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layout::View;
    use crate::sys::Arena;
    use alloc::vec::Vec;

    /// What a convolution of 7x7 pixels with a halo of one tells of itself.
    fn lap(op: &Conv, inputs: usize, outputs: usize, images: usize) -> (&'static str, u64) {
        let x = View::blocked(7, 7, inputs).halo(1, 1, 1, 1);
        let y = View::blocked(7, 7, outputs);
        let behind = x.image_size().next_multiple_of(16);
        let mut arena = Arena::zeroed((behind + y.image_size()) * images);
        let weights = Arena::zeroed(1 << 16);
        let mut scratch = Arena::zeroed(op.scratch(inputs, outputs));
        let mut laps = Vec::new();
        let mut lap = |lap| laps.push(lap);
        let run = Run::new(&mut arena, &weights, images, Isa::available()[0]).with_scratch(&mut scratch, 1);
        run.with_laps(&mut lap).conv(op, 0, x.at(0), None, y.at(behind));
        assert_eq!(laps.len(), 1, "a step is a lap");
        (laps[0].algorithm, laps[0].products)
    }

    /// By hand: outputs times taps times inputs of each, and 16 or 36 products of all inputs and outputs for each of 4x4 or 2x2
    /// tiles, which reach over the plane's end.
    #[test]
    fn convolutions_tell_their_algorithm_and_its_multiplications() {
        let plain = Conv::new([3, 3]).padding([1, 1]);
        assert_eq!(lap(&plain, 16, 20, 1), ("direct", 49 * 20 * 9 * 16));
        assert_eq!(lap(&plain.groups(4), 16, 20, 1), ("direct", 49 * 20 * 9 * 4));
        assert_eq!(
            lap(&plain.by(Algorithm::Winograd { tile: 2, packed: true }), 16, 20, 1),
            ("Winograd F2", 16 * 16 * 16 * 20)
        );
        let f4 = plain.by(Algorithm::Winograd { tile: 4, packed: true });
        assert_eq!(lap(&f4, 16, 20, 1), ("Winograd F4", 4 * 36 * 16 * 20));
        assert_eq!(lap(&f4, 16, 20, 5), ("Winograd F4", 5 * 4 * 36 * 16 * 20));
        assert_eq!(lap(&plain.groups(20), 20, 20, 2), ("depthwise by rows", 2 * 49 * 20 * 9));
        let odd = Conv::new([2, 3]).padding([1, 1]).groups(20);
        assert_eq!(lap(&odd, 20, 20, 1), ("depthwise by pixels", 49 * 20 * 6));
    }
}
