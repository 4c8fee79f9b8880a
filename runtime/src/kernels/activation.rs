//! Activations of lanes: what every kernel applies last.

use super::chunk::{Chunk, Offsets};
use super::strip::Strip;
use crate::op::Activation;
use crate::simd::{F32x16, LANES, Simd, Work, double, math};

/// The activation of each lane.
#[inline(always)]
pub(super) fn apply<S: Simd>(simd: S, activation: Activation, x: F32x16) -> F32x16 {
    match activation {
        Activation::Identity => x,
        Activation::Relu => relu(x),
        Activation::Relu6 => at_most_6(relu(x)),
        Activation::LeakyRelu(_)
        | Activation::Tanh
        | Activation::Sigmoid
        | Activation::Swish
        | Activation::Gelu
        | Activation::HardSwish
        | Activation::HardSigmoid => {
            let mut all = [x];
            simd.outline(Longer { activation, all: &mut all });
            all[0]
        }
    }
}

/// The bounds that some activations are: `min(max(low, x), high)`, where NaN stays.
#[derive(Clone, Copy, Debug)]
pub(super) struct Clamp {
    low: f32,
    high: f32,
}

impl Clamp {
    /// The bounds; none where there are no numbers outside.
    #[inline(always)]
    pub(super) fn bounds(self) -> Option<[f32; 2]> {
        let Clamp { low, high } = self;
        (low > f32::NEG_INFINITY || high < f32::INFINITY).then_some([low, high])
    }

    /// No bounds.
    pub(super) const NONE: Clamp = Clamp { low: f32::NEG_INFINITY, high: f32::INFINITY };

    #[inline(always)]
    pub(super) fn apply<S: Simd>(self, simd: S, x: F32x16) -> F32x16 {
        simd.at_most(simd.at_least(x, simd.splat(self.low)), simd.splat(self.high))
    }
}

/// An activation as bounds, to be applied in registers, and what is left for a pass of its own: without a choice
/// between all activations the sums of a tile stay in their registers.
pub(super) fn split(activation: Activation) -> (Clamp, Option<Activation>) {
    match activation {
        Activation::Identity => (Clamp::NONE, None),
        Activation::Relu => (Clamp { low: 0.0, high: f32::INFINITY }, None),
        Activation::Relu6 => (Clamp { low: 0.0, high: 6.0 }, None),
        Activation::LeakyRelu(_)
        | Activation::Tanh
        | Activation::Sigmoid
        | Activation::Swish
        | Activation::Gelu
        | Activation::HardSwish
        | Activation::HardSigmoid => (Clamp::NONE, Some(activation)),
    }
}

/// Applies an activation to pixels of 16 channels that were written before.
pub(super) struct Finish<'a> {
    pub(super) activation: Activation,
    pub(super) y: &'a Strip,
    pub(super) chunk: &'a Chunk,
    pub(super) offsets: &'a Offsets,
    /// How many numbers the pixels are where they lie side by side, and nothing else between them.
    pub(super) list: Option<usize>,
}

impl Work for Finish<'_> {
    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let Finish { activation, y, chunk, offsets, list } = self;
        if let Some(count) = list {
            // Safety: the numbers are those of the chunk's pixels.
            let numbers = unsafe { y.numbers(offsets[0], count) };
            finish_numbers(simd, activation, numbers);
            return;
        }
        for (tiles, size) in chunk.tiles() {
            for tile in tiles {
                // Two at a time, since one is a long chain of operations that wait for each other.
                let (pairs, rest) = chunk.pixels(offsets, tile, size).as_chunks::<2>();
                for pair in pairs {
                    finish(simd, activation, y, pair);
                }
                if let [last] = rest {
                    finish(simd, activation, y, &[*last]);
                }
            }
        }
    }
}

/// Applies an activation to numbers that lie side by side.
pub(super) struct FinishNumbers<'a> {
    pub(super) activation: Activation,
    pub(super) numbers: &'a mut [f32],
}

impl Work for FinishNumbers<'_> {
    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        finish_numbers(simd, self.activation, self.numbers);
    }
}

#[inline(always)]
fn finish_numbers<S: Simd>(simd: S, activation: Activation, numbers: &mut [f32]) {
    let (vectors, rest) = numbers.as_chunks_mut::<LANES>();
    let (pairs, single) = vectors.as_chunks_mut::<2>();
    for pair in pairs {
        *pair = each(simd, activation, pair.map(F32x16)).map(|x| x.0);
    }
    for vector in single {
        [*vector] = each(simd, activation, [F32x16(*vector)]).map(|x| x.0);
    }
    let mut last = [0.0; LANES];
    last[..rest.len()].copy_from_slice(rest);
    let [last] = each(simd, activation, [F32x16(last)]);
    rest.copy_from_slice(&last.0[..rest.len()]);
}

#[inline(always)]
fn finish<S: Simd, const PIXELS: usize>(simd: S, activation: Activation, y: &Strip, at: &[usize; PIXELS]) {
    // Safety: the offsets are of pixels of the plane.
    unsafe {
        let tile = y.load_tile(simd, at);
        y.store_tile(simd, at, each(simd, activation, tile));
    }
}

/// The activation of each lane of each vector, chosen once.
#[inline(always)]
pub(super) fn apply_all<S: Simd>(simd: S, activation: Activation, all: &mut [F32x16]) {
    let (clamp, rest) = split(activation);
    for x in &mut *all {
        *x = clamp.apply(simd, *x);
    }
    if let Some(activation) = rest {
        simd.outline(Longer { activation, all });
    }
}

/// Activations that take more than an instruction or two; compiled once, not into every kernel.
struct Longer<'a> {
    activation: Activation,
    all: &'a mut [F32x16],
}

impl Work for Longer<'_> {
    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        for x in self.all {
            [*x] = each(simd, self.activation, [*x]);
        }
    }
}

/// The activation of each lane of each vector.
#[inline(always)]
fn each<S: Simd, const N: usize>(simd: S, activation: Activation, mut all: [F32x16; N]) -> [F32x16; N] {
    // Loops, since a closure, as an array's `map` takes, becomes a function of its own where it is long, without the
    // instructions that the token proves: each fused multiplication is then a call.
    macro_rules! each {
        ($x:ident => $one:expr) => {
            for x in &mut all {
                let $x = *x;
                *x = $one;
            }
        };
    }
    match activation {
        Activation::Identity => {}
        Activation::Relu => each!(x => relu(x)),
        Activation::Relu6 => each!(x => at_most_6(relu(x))),
        Activation::LeakyRelu(slope) => each!(x => leaky_relu(x, slope)),
        Activation::Tanh => each!(x => math::tanh(simd, x)),
        Activation::Sigmoid => each!(x => math::sigmoid(simd, x)),
        Activation::Swish => each!(x => math::swish(simd, x)),
        Activation::Gelu => each!(x => double::gelu(simd, x)),
        Activation::HardSwish => each!(x => simd.mul(x, hard_sigmoid(simd, x))),
        Activation::HardSigmoid => each!(x => hard_sigmoid(simd, x)),
    }
    all
}

// The comparisons are false for NaN, so that it stays.

#[inline(always)]
fn relu(mut x: F32x16) -> F32x16 {
    for x in &mut x.0 {
        *x = if 0.0 > *x { 0.0 } else { *x };
    }
    x
}

#[inline(always)]
fn at_most_6(mut x: F32x16) -> F32x16 {
    for x in &mut x.0 {
        *x = if 6.0 < *x { 6.0 } else { *x };
    }
    x
}

#[inline(always)]
fn leaky_relu(mut x: F32x16, slope: f32) -> F32x16 {
    for lane in 0..LANES {
        let number = x.0[lane];
        x.0[lane] = if number > 0.0 { number } else { number * slope };
    }
    x
}

#[inline(always)]
fn hard_sigmoid<S: Simd>(simd: S, x: F32x16) -> F32x16 {
    simd.mul(at_most_6(relu(simd.add(x, simd.splat(3.0)))), simd.splat(1.0 / 6.0))
}
