//! A small network as generated code describes it, and what it computes in plain loops in f64.
//!
//! 4x4x3, normalized; conv 3x3 20 bn relu; twice a residual block of depthwise 3x3 bn and conv 1x1 20 with a bias; an
//! affine; dense 5; softmax.

use archc_runtime::layout::View;
use archc_runtime::op::{Activation, Affine, Conv, Dense, Packing, Split};
use archc_runtime::run::Run;
use archc_runtime::spec::{Network, Output};
use archc_runtime::weights::Source;
use archc_runtime::weights::spec::{Group, Instance, Norm, Pack, Role, Tensor};
use std::collections::HashMap;

const SIDE: usize = 4;
const WIDTH: usize = 20;
pub(crate) const INPUTS: usize = SIDE * SIDE * 3;
pub(crate) const CLASSES: usize = 5;

const INPUT: View = View::nhwc(SIDE, SIDE, 3);
const NORMALIZED: View = View::blocked(SIDE, SIDE, 3).halo(1, 1, 1, 1);
const TRUNK: View = View::blocked(SIDE, SIDE, WIDTH).halo(1, 1, 1, 1);
const PLAIN: View = View::blocked(SIDE, SIDE, WIDTH);
const LOGITS: View = View::nhwc(1, 1, CLASSES);

const NORMALIZED_AT: usize = 48;
const TRUNK_AT: usize = NORMALIZED_AT + NORMALIZED.image_size();
const PLAIN_AT: usize = TRUNK_AT + TRUNK.image_size();
const LOGITS_AT: usize = PLAIN_AT + PLAIN.image_size();
const OUTPUT_AT: usize = LOGITS_AT + 16;

static STEM: Group = Group {
    tensors: &[
        Tensor::new("norm.mean", Role::Mean, &[3]),
        Tensor::new("norm.variance", Role::Variance, &[3]),
        Tensor::new("stem.weight", Role::Kernel, &[3, 3, 3, WIDTH]),
        Tensor::new("bn.gamma", Role::Gamma, &[WIDTH]),
        Tensor::new("bn.beta", Role::Beta, &[WIDTH]),
        Tensor::new("bn.mean", Role::Mean, &[WIDTH]),
        Tensor::new("bn.variance", Role::Variance, &[WIDTH]),
    ],
    packs: &[
        (0, Pack::Normalize { mean: 0, variance: 1 }),
        (
            32,
            Pack::Conv {
                weight: 2,
                bias: None,
                norms: &[Norm::scaled(3, 1e-3)],
                groups: 1,
                packing: Packing::Plain,
            },
        ),
    ],
    size: 32 + 32 * (27 + 1),
};

static BLOCK: Group = Group {
    tensors: &[
        Tensor::new("depthwise.weight", Role::Kernel, &[3, 3, 1, WIDTH]),
        Tensor::new("bn.beta", Role::Beta, &[WIDTH]),
        Tensor::new("bn.mean", Role::Mean, &[WIDTH]),
        Tensor::new("bn.variance", Role::Variance, &[WIDTH]),
        Tensor::new("conv.weight", Role::Kernel, &[1, 1, WIDTH, WIDTH]),
        Tensor::new("conv.bias", Role::Bias, &[WIDTH]),
    ],
    packs: &[
        (
            0,
            Pack::Conv {
                weight: 0,
                bias: None,
                norms: &[Norm::unscaled(1, 1e-5)],
                groups: WIDTH,
                packing: Packing::Plain,
            },
        ),
        (320, Pack::Conv { weight: 4, bias: Some(5), norms: &[], groups: 1, packing: Packing::Plain }),
    ],
    size: 320 + 32 * (WIDTH + 1),
};

static HEAD: Group = Group {
    tensors: &[
        Tensor::new("bn.gamma", Role::Gamma, &[WIDTH]),
        Tensor::new("bn.beta", Role::Beta, &[WIDTH]),
        Tensor::new("bn.mean", Role::Mean, &[WIDTH]),
        Tensor::new("bn.variance", Role::Variance, &[WIDTH]),
        Tensor::new("dense.weight", Role::Kernel, &[SIDE * SIDE * WIDTH, CLASSES]),
        Tensor::new("dense.bias", Role::Bias, &[CLASSES]),
    ],
    packs: &[
        (0, Pack::Affine { norms: &[Norm::scaled(0, 1e-5)] }),
        (64, Pack::Dense { weight: 4, bias: Some(5), norms: &[], input: PLAIN }),
    ],
    size: 64 + 16 * (PLAIN.image_size() + 1),
};

const BLOCKS_AT: usize = STEM.size;
const HEAD_AT: usize = BLOCKS_AT + 2 * BLOCK.size;

pub(crate) static NETWORK: Network = Network {
    name: "Small",
    input: Output { name: "input", view: INPUT, offset: 0 },
    outputs: &[Output { name: "output", view: LOGITS, offset: OUTPUT_AT }],
    logits: Some(Output { name: "logits", view: LOGITS, offset: LOGITS_AT }),
    arena_size: OUTPUT_AT + 16,
    scratch_size: 0,
    split: Split::None,
    weights_size: HEAD_AT + HEAD.size,
    instances: &[
        Instance { prefix: "", first: 0, count: 1, group: &STEM, offset: 0 },
        Instance { prefix: "blocks.{}", first: 1, count: 2, group: &BLOCK, offset: BLOCKS_AT },
        Instance { prefix: "head", first: 0, count: 1, group: &HEAD, offset: HEAD_AT },
    ],
    parameters: 0,
    macs: 0,
    preprocess: None,
    labels: &[],
    forward: Some(forward),
};

pub(crate) fn forward(run: &mut Run<'_>) {
    run.clear(NORMALIZED.at(NORMALIZED_AT));
    run.affine(&Affine { activation: Activation::Identity }, 0, INPUT.at(0), NORMALIZED.at(NORMALIZED_AT));
    run.clear(TRUNK.at(TRUNK_AT));
    run.clear(PLAIN.at(PLAIN_AT));
    let stem = Conv::new([3, 3]).padding([1, 1]).then(Activation::Relu);
    run.conv(&stem, 32, NORMALIZED.at(NORMALIZED_AT), None, TRUNK.at(TRUNK_AT));
    for i in 0..2 {
        let w = BLOCKS_AT + i * BLOCK.size;
        let depthwise = Conv::new([3, 3]).padding([1, 1]).groups(WIDTH);
        run.conv(&depthwise, w, TRUNK.at(TRUNK_AT), None, PLAIN.at(PLAIN_AT));
        let trunk = TRUNK.at(TRUNK_AT);
        run.conv(&Conv::new([1, 1]), w + 320, PLAIN.at(PLAIN_AT), Some(trunk), trunk);
    }
    let affine = Affine { activation: Activation::Identity };
    run.affine(&affine, HEAD_AT, TRUNK.at(TRUNK_AT), PLAIN.at(PLAIN_AT));
    let dense = Dense { activation: Activation::Identity };
    run.dense(&dense, HEAD_AT + 64, PLAIN.at(PLAIN_AT), None, LOGITS.at(LOGITS_AT));
    run.softmax(LOGITS.at(LOGITS_AT), LOGITS.at(OUTPUT_AT));
}

/// Tensors by name.
pub(crate) type Tensors = HashMap<String, Vec<f64>>;

/// The numbers of a source whose tensors are F32.
pub(crate) fn tensors(source: &dyn Source) -> Tensors {
    let numbers = |name: &str| {
        let bytes = bytes(source, name);
        bytes.as_chunks::<4>().0.iter().map(|b| f64::from(f32::from_le_bytes(*b))).collect()
    };
    source.names().into_iter().map(|name| (name.to_owned(), numbers(name))).collect()
}

/// All bytes of a tensor whose numbers are F32.
pub(crate) fn bytes(source: &dyn Source, name: &str) -> Vec<u8> {
    let count: usize = source.info(name).unwrap().shape.iter().product();
    let mut bytes = vec![0; 4 * count];
    source.read(name, 0, &mut bytes).unwrap();
    bytes
}

/// An image that is the same in every test.
pub(crate) fn image(salt: usize) -> Vec<f32> {
    (0..INPUTS).map(|i| ((i * 7 + salt * 13) % 29) as f32 / 14.0 - 1.0).collect()
}

/// What the softmax receives.
pub(crate) fn logits(w: &Tensors, image: &[f32]) -> Vec<f64> {
    let (mean, variance) = (&w["norm.mean"], &w["norm.variance"]);
    let x: Vec<f64> = image
        .iter()
        .enumerate()
        .map(|(i, &x)| (f64::from(x) - mean[i % 3]) / variance[i % 3].sqrt().max(1e-7))
        .collect();
    let x = conv3x3(&x, 3, &w["stem.weight"], false);
    let mut x = norm(&x, w, "bn", 1e-3);
    for number in &mut x {
        *number = number.max(0.0);
    }
    for i in 1..=2 {
        let inner = conv3x3(&x, WIDTH, &w[&format!("blocks.{i}.depthwise.weight")], true);
        let inner = norm(&inner, w, &format!("blocks.{i}.bn"), 1e-5);
        let (kernel, bias) = (&w[&format!("blocks.{i}.conv.weight")], &w[&format!("blocks.{i}.conv.bias")]);
        for (pixel, inner) in x.chunks_mut(WIDTH).zip(inner.chunks(WIDTH)) {
            for (c, number) in pixel.iter_mut().enumerate() {
                *number += bias[c] + (0..WIDTH).map(|k| inner[k] * kernel[k * WIDTH + c]).sum::<f64>();
            }
        }
    }
    let x = norm(&x, w, "head.bn", 1e-5);
    let (kernel, bias) = (&w["head.dense.weight"], &w["head.dense.bias"]);
    let product = |c: usize| x.iter().enumerate().map(|(i, x)| x * kernel[i * CLASSES + c]).sum::<f64>();
    (0..CLASSES).map(|c| bias[c] + product(c)).collect()
}

/// A 3x3 convolution with a border of zeros.
fn conv3x3(x: &[f64], inputs: usize, kernel: &[f64], depthwise: bool) -> Vec<f64> {
    let mut out = Vec::new();
    for place in 0..SIDE * SIDE * WIDTH {
        let (row, column, c) = (place / WIDTH / SIDE, place / WIDTH % SIDE, place % WIDTH);
        let mut sum = 0.0;
        for (tap, (ky, kx)) in (0..3).flat_map(|y| (0..3).map(move |x| (y, x))).enumerate() {
            let (y, x_) = (row + ky, column + kx);
            if !(1..=SIDE).contains(&y) || !(1..=SIDE).contains(&x_) {
                continue;
            }
            let pixel = ((y - 1) * SIDE + x_ - 1) * inputs;
            if depthwise {
                sum += x[pixel + c] * kernel[tap * WIDTH + c];
            } else {
                sum +=
                    (0..inputs).map(|k| x[pixel + k] * kernel[(tap * inputs + k) * WIDTH + c]).sum::<f64>();
            }
        }
        out.push(sum);
    }
    out
}

fn norm(x: &[f64], w: &Tensors, name: &str, eps: f64) -> Vec<f64> {
    let of = |role: &str| w.get(&format!("{name}.{role}"));
    x.iter()
        .enumerate()
        .map(|(i, x)| {
            let c = i % WIDTH;
            let scale = of("gamma").map_or(1.0, |g| g[c]) / (of("variance").unwrap()[c] + eps).sqrt();
            (x - of("mean").unwrap()[c]) * scale + of("beta").unwrap()[c]
        })
        .collect()
}

/// Panics unless the numbers equal the truth within this, of the largest.
pub(crate) fn assert_near(numbers: &[f32], truth: &[f64], tolerance: f64) {
    assert_eq!(numbers.len(), truth.len());
    let largest = truth.iter().fold(0.0, |m, x| f64::max(m, x.abs()));
    for (x, t) in numbers.iter().zip(truth) {
        let error = (f64::from(*x) - t).abs() / largest;
        assert!(error <= tolerance, "{numbers:?} differ from {truth:?} by {error}");
    }
}
