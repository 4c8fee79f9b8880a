//! Sessions: they give kernels the memory for split operands, and split them as the network says.

use super::emulator;
use archc_runtime::layout::View;
use archc_runtime::op::{Activation, Conv, Split};
use archc_runtime::run::Run;
use archc_runtime::spec::{Network, Output};
use archc_runtime::weights::spec::{Group, Instance, Pack, Role, Tensor, dense_size};
use archc_runtime::{Isa, Model};

const SIDE: usize = 16;
const X: View = View::nhwc(SIDE, SIDE, 64);
const Y: View = View::nhwc(SIDE, SIDE, 48);
const PIXEL: View = View::nhwc(1, 1, 64);
const Y_AT: usize = X.image_size();

/// A convolution of single pixels, whose weights lie as a dense layer's.
static GROUP: Group = Group {
    tensors: &[
        Tensor::new("conv.weight", Role::Kernel, &[64, 48]),
        Tensor::new("conv.bias", Role::Bias, &[48]),
    ],
    packs: &[(0, Pack::Dense { weight: 0, bias: Some(1), norms: &[], input: PIXEL })],
    size: dense_size(&PIXEL, 48),
};

static INSTANCES: [Instance; 1] = [Instance { prefix: "", first: 0, count: 1, group: &GROUP, offset: 0 }];

const fn network(split: Split) -> Network {
    Network {
        name: "Pixels",
        input: Output { name: "input", view: X, offset: 0 },
        outputs: &[Output { name: "output", view: Y, offset: Y_AT }],
        logits: None,
        arena_size: Y_AT + Y.image_size(),
        scratch_size: 0,
        split,
        weights_size: dense_size(&PIXEL, 48),
        instances: &INSTANCES,
        parameters: 0,
        macs: 0,
        preprocess: None,
        labels: &[],
        forward: Some(forward),
    }
}

fn forward(run: &mut Run<'_>) {
    run.conv(&Conv::new([1, 1]).then(Activation::Relu), 0, X.at(0), None, Y.at(Y_AT));
}

static WHOLE: Network = network(Split::None);
static THREE: Network = network(Split::Three);
static ONE: Network = network(Split::One);

/// What a network computes, and by which algorithm.
fn run(network: &'static Network, isa: Isa, threads: usize) -> (Vec<f32>, &'static str) {
    let model = Model::seeded(network, "archc").unwrap().with_isa(isa);
    let mut session = model.session(2).with_threads(threads);
    for (i, x) in session.input_mut().iter_mut().enumerate() {
        *x = (i * 7 % 29) as f32 / 14.0 - 1.0;
    }
    let mut algorithm = "";
    session.run_with_laps(&mut |lap| algorithm = lap.map_or("", |lap| lap.algorithm));
    (session.output(0).to_vec(), algorithm)
}

#[test]
fn sessions_split_operands_as_the_network_says() {
    emulator::install();
    let plain = Isa::available().into_iter().find(|isa| isa.name() != "amx").unwrap();
    let (exact, algorithm) = run(&WHOLE, plain, 1);
    assert_eq!(algorithm, "direct");
    // Without AMX, or where the network does not say so, nothing is split.
    assert_eq!(run(&THREE, plain, 1), (exact.clone(), "direct"));
    assert_eq!(run(&WHOLE, Isa::EMULATED_AMX, 1).1, "direct");
    let largest = exact.iter().fold(0.0_f32, |m, x| m.max(x.abs()));
    for (network, name, least, most) in
        [(&THREE, "AMX, three parts", 0.0, 1e-6), (&ONE, "AMX, bf16", 1e-4, 1e-2)]
    {
        let (numbers, algorithm) = run(network, Isa::EMULATED_AMX, 1);
        assert_eq!(algorithm, name);
        let error = exact.iter().zip(&numbers).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max) / largest;
        assert!((least..=most).contains(&error), "{name}: {error}");
        for threads in [2, 3] {
            assert_eq!(run(network, Isa::EMULATED_AMX, threads).0, numbers, "{name}, {threads} threads");
        }
        assert!(!emulator::is_configured(), "tiles that were not given back");
    }
}
