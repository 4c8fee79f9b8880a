//! Activations of lanes: what every kernel applies last.

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

/// The activation of each lane of each vector, chosen once.
#[inline(always)]
pub(super) fn apply_all<S: Simd>(simd: S, activation: Activation, all: &mut [F32x16]) {
    match activation {
        Activation::Identity => {}
        Activation::Relu => {
            for x in all {
                *x = relu(*x);
            }
        }
        Activation::Relu6 => {
            for x in all {
                *x = at_most_6(relu(*x));
            }
        }
        Activation::LeakyRelu(_)
        | Activation::Tanh
        | Activation::Sigmoid
        | Activation::Swish
        | Activation::Gelu
        | Activation::HardSwish
        | Activation::HardSigmoid => simd.outline(Longer { activation, all }),
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
        let Longer { activation, all } = self;
        for x in all {
            *x = match activation {
                Activation::Identity => *x,
                Activation::Relu => relu(*x),
                Activation::Relu6 => at_most_6(relu(*x)),
                Activation::LeakyRelu(slope) => leaky_relu(*x, slope),
                Activation::Tanh => math::tanh(simd, *x),
                Activation::Sigmoid => math::sigmoid(simd, *x),
                Activation::Swish => simd.mul(*x, math::sigmoid(simd, *x)),
                Activation::Gelu => double::gelu(simd, *x),
                Activation::HardSwish => simd.mul(*x, hard_sigmoid(simd, *x)),
                Activation::HardSigmoid => hard_sigmoid(simd, *x),
            };
        }
    }
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
    simd.div(at_most_6(relu(simd.add(x, simd.splat(3.0)))), simd.splat(6.0))
}
