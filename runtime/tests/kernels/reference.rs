//! What kernels compute, in plain loops in f64.

use crate::scene::{Numbers, Random};
use archc_runtime::op::{Activation, Conv, Pool, PoolKind};

pub(crate) fn activation(function: Activation, x: f64) -> f64 {
    let sigmoid = |x: f64| 1.0 / (1.0 + (-x).exp());
    let hard_sigmoid = |x: f64| (x + 3.0).clamp(0.0, 6.0) / 6.0;
    match function {
        Activation::Identity => x,
        Activation::Relu => {
            if x < 0.0 {
                0.0
            } else {
                x
            }
        }
        Activation::Relu6 => x.clamp(0.0, 6.0),
        Activation::LeakyRelu(slope) => {
            if x > 0.0 {
                x
            } else {
                x * f64::from(slope)
            }
        }
        Activation::Tanh => x.tanh(),
        Activation::Sigmoid => sigmoid(x),
        Activation::Swish => x * sigmoid(x),
        Activation::Gelu => x * (1.0 + erf(x / 2.0_f64.sqrt())) / 2.0,
        Activation::HardSwish => x * hard_sigmoid(x),
        Activation::HardSigmoid => hard_sigmoid(x),
    }
}

/// The error function by its series near 0, and by its complement's continued fraction elsewhere.
fn erf(x: f64) -> f64 {
    let z = x.abs();
    if z < 2.5 {
        let (mut term, mut sum) = (x, x);
        for n in 1..200 {
            term *= -x * x / f64::from(n);
            sum += term / f64::from(2 * n + 1);
        }
        return sum * std::f64::consts::FRAC_2_SQRT_PI;
    }
    let fraction = (1..200).rev().fold(z, |below, n| z + f64::from(n) * 0.5 / below);
    (1.0 - (-z * z).exp() / fraction / std::f64::consts::PI.sqrt()).copysign(x)
}

pub(crate) const ACTIVATIONS: [Activation; 10] = [
    Activation::Identity,
    Activation::Relu,
    Activation::Relu6,
    Activation::LeakyRelu(0.1),
    Activation::Tanh,
    Activation::Sigmoid,
    Activation::Swish,
    Activation::Gelu,
    Activation::HardSwish,
    Activation::HardSigmoid,
];

/// A kernel `[row][column][input][output]` with a bias.
#[derive(Clone, Debug)]
pub(crate) struct Filter {
    pub(crate) shape: [usize; 4],
    pub weights: Vec<f32>,
    pub bias: Vec<f32>,
}

impl Filter {
    pub(crate) fn random(shape: [usize; 4], random: &mut Random) -> Filter {
        Filter { shape, weights: random.numbers(shape.iter().product()), bias: random.numbers(shape[3]) }
    }

    fn at(&self, ky: usize, kx: usize, input: usize, output: usize) -> f64 {
        let [_, columns, inputs, outputs] = self.shape;
        f64::from(self.weights[((ky * columns + kx) * inputs + input) * outputs + output])
    }

    /// As the kernels read it, from the documentation of `Pack::Conv`.
    pub(crate) fn packed(&self, groups: usize) -> Vec<f32> {
        let [rows, columns, inputs, outputs] = self.shape;
        let (mut weights, mut biases) = (Vec::new(), Vec::new());
        let depthwise = inputs == 1 && outputs == groups;
        let (groups, of_group) = if depthwise { (1, outputs) } else { (groups, outputs / groups) };
        for group in 0..groups {
            for block in (0..of_group).step_by(16) {
                let lane =
                    |lane: usize| Some(block + lane).filter(|&c| c < of_group).map(|c| group * of_group + c);
                for first in (0..inputs).step_by(16) {
                    for (ky, kx) in (0..rows).flat_map(|ky| (0..columns).map(move |kx| (ky, kx))) {
                        for input in first..inputs.min(first + 16) {
                            weights.extend(
                                (0..16).map(|l| lane(l).map_or(0.0, |c| self.at(ky, kx, input, c) as f32)),
                            );
                        }
                    }
                }
                biases.extend((0..16).map(|l| lane(l).map_or(0.0, |c| self.bias[c])));
            }
        }
        weights.extend(biases);
        weights
    }

    /// The same for Winograd's algorithm in tiles of 2 or 4 outputs, with the matrices of the literature, scaled.
    pub(crate) fn packed_by_winograd(&self, tile: usize) -> Vec<f32> {
        let [3, 3, inputs, outputs] = self.shape else { panic!("a 3x3 kernel") };
        let rows: &[[f64; 3]] = match tile {
            2 => &[[1.0, 0.0, 0.0], [0.5, 0.5, 0.5], [0.5, -0.5, 0.5], [0.0, 0.0, 1.0]],
            _ => &[
                [1.0, 0.0, 0.0],
                [1.0 / 3.0, 1.0 / 3.0, 1.0 / 3.0],
                [-1.0 / 3.0, 1.0 / 3.0, -1.0 / 3.0],
                [-16.0 / 15.0, -8.0 / 15.0, -4.0 / 15.0],
                [1.0 / 15.0, -2.0 / 15.0, 4.0 / 15.0],
                [0.0, 0.0, 1.0],
            ],
        };
        let (mut weights, mut biases) = (Vec::new(), Vec::new());
        for block in (0..outputs).step_by(16) {
            let lane = |lane: usize| Some(block + lane).filter(|&c| c < outputs);
            for (u, v) in rows.iter().flat_map(|u| rows.iter().map(move |v| (u, v))) {
                for input in 0..inputs {
                    let tap = |c: usize| -> f64 {
                        let taps = (0..3).flat_map(|ky| (0..3).map(move |kx| (ky, kx)));
                        taps.map(|(ky, kx)| u[ky] * v[kx] * self.at(ky, kx, input, c)).sum()
                    };
                    weights.extend((0..16).map(|l| lane(l).map_or(0.0, |c| tap(c) as f32)));
                }
            }
            biases.extend((0..16).map(|l| lane(l).map_or(0.0, |c| self.bias[c])));
        }
        weights.extend(biases);
        weights
    }
}

/// The results, and the sums of magnitudes that bound their rounding errors.
pub(crate) fn conv(
    op: &Conv,
    filter: &Filter,
    x: &Numbers,
    residual: Option<&Numbers>,
    plane: [usize; 2],
) -> (Numbers, Numbers) {
    let [rows, columns, inputs, outputs] = filter.shape;
    let shape = [plane[0], plane[1], outputs];
    let mut sizes = Numbers::zeros(x.images, shape);
    let mut at = 0;
    let results = Numbers::of(x.images, shape, |[image, oy, ox, c]| {
        let mut sum = f64::from(filter.bias[c]);
        let mut size = sum.abs();
        for ky in 0..rows {
            for kx in 0..columns {
                let row = (oy * op.stride[0] + ky * op.dilation[0]).checked_sub(op.padding[0]);
                let column = (ox * op.stride[1] + kx * op.dilation[1]).checked_sub(op.padding[1]);
                let (Some(row), Some(column)) = (row, column) else { continue };
                if row >= x.shape[0] || column >= x.shape[1] {
                    continue;
                }
                for i in 0..inputs {
                    let group = c / (outputs / op.groups);
                    let product = x.at([image, row, column, group * inputs + i]) * filter.at(ky, kx, i, c);
                    sum += product;
                    size += product.abs();
                }
            }
        }
        let residual = residual.map_or(0.0, |r| r.at([image, oy, ox, c]));
        sizes.data[at] = size + residual.abs();
        at += 1;
        activation(op.activation, sum + residual)
    });
    (results, sizes)
}

pub(crate) fn pool(op: &Pool, x: &Numbers, plane: [usize; 2]) -> Numbers {
    let [height, width, channels] = x.shape;
    let [top, bottom, left, right] = op.padding;
    Numbers::of(x.images, [plane[0], plane[1], channels], |[image, oy, ox, c]| {
        let (mut largest, mut sum, mut inside, mut padded) = (f64::NEG_INFINITY, 0.0, 0, 0);
        for ky in 0..op.kernel[0] {
            for kx in 0..op.kernel[1] {
                let (y, x_) = (oy * op.stride[0] + ky, ox * op.stride[1] + kx);
                if y >= top + height + bottom || x_ >= left + width + right {
                    continue;
                }
                padded += 1;
                if y < top || x_ < left || y >= top + height || x_ >= left + width {
                    continue;
                }
                let number = x.at([image, y - top, x_ - left, c]);
                largest = if number.is_nan() || number > largest { number } else { largest };
                sum += number;
                inside += 1;
            }
        }
        match op.kind {
            PoolKind::Max => largest,
            PoolKind::Average => sum / f64::from(inside),
            PoolKind::AverageWithPadding => sum / f64::from(padded),
        }
    })
}
