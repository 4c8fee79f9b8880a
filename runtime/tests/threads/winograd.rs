//! A network of convolutions that need memory of their own for each thread: Winograd's, in every form.

use archc_runtime::layout::View;
use archc_runtime::op::{Algorithm, Conv, Split};
use archc_runtime::run::Run;
use archc_runtime::spec::{Network, Output};
use archc_runtime::weights::spec::{Group, Instance, Pack, Role, Tensor, conv_size};

/// Large enough for several items of tiles.
const SIDE: usize = 24;
const WIDTH: usize = 32;

/// Halos for kernels of 5x5.
const VALUE: View = View::blocked(SIDE, SIDE, WIDTH).halo(2, 2, 2, 2);
const IMAGE: View = View::nhwc(SIDE, SIDE, WIDTH);
const VALUES_AT: [usize; 2] = [IMAGE.image_size(), IMAGE.image_size() + VALUE.image_size()];
const OUTPUT_AT: usize = VALUES_AT[1] + VALUE.image_size();

/// Kernel and tile, and whether the kernels lie transformed in the packed weights.
const FORMS: [(usize, usize, bool); 5] =
    [(3, 2, false), (3, 2, true), (3, 4, false), (3, 4, true), (5, 2, false)];

const fn conv(form: usize) -> Conv {
    let (side, tile, packed) = FORMS[form];
    Conv::new([side, side]).padding([side / 2, side / 2]).by(Algorithm::Winograd { tile, packed })
}

/// Where the weights of a form begin; behind the last one where they end.
const fn weights_at(form: usize) -> usize {
    match form {
        0 => 0,
        _ => weights_at(form - 1) + size(form - 1),
    }
}

const fn size(form: usize) -> usize {
    let (side, _, _) = FORMS[form];
    conv_size([side, side, WIDTH, WIDTH], 1, conv(form).algorithm.packing())
}

const fn pack(form: usize) -> (usize, Pack) {
    let packing = conv(form).algorithm.packing();
    (weights_at(form), Pack::Conv { weight: form, bias: None, norms: &[], groups: 1, packing })
}

static CONVS: Group = Group {
    tensors: &[
        Tensor::new("a.weight", Role::Kernel, &[3, 3, WIDTH, WIDTH]),
        Tensor::new("b.weight", Role::Kernel, &[3, 3, WIDTH, WIDTH]),
        Tensor::new("c.weight", Role::Kernel, &[3, 3, WIDTH, WIDTH]),
        Tensor::new("d.weight", Role::Kernel, &[3, 3, WIDTH, WIDTH]),
        Tensor::new("e.weight", Role::Kernel, &[5, 5, WIDTH, WIDTH]),
    ],
    packs: &[pack(0), pack(1), pack(2), pack(3), pack(4)],
    size: weights_at(FORMS.len()),
};

/// What the most demanding of them needs.
const fn scratch() -> usize {
    let (mut form, mut most) = (0, 0);
    while form < FORMS.len() {
        let needed = conv(form).scratch(WIDTH, WIDTH);
        if needed > most {
            most = needed;
        }
        form += 1;
    }
    most
}

pub(crate) static NETWORK: Network = Network {
    name: "Winograd",
    input: Output { name: "input", view: IMAGE, offset: 0 },
    outputs: &[Output { name: "output", view: IMAGE, offset: OUTPUT_AT }],
    logits: None,
    arena_size: OUTPUT_AT + IMAGE.image_size(),
    scratch_size: scratch(),
    split: Split::None,
    weights_size: weights_at(FORMS.len()),
    instances: &[Instance { prefix: "", first: 0, count: 1, group: &CONVS, offset: 0 }],
    parameters: 0,
    macs: 0,
    preprocess: None,
    labels: &[],
    forward: Some(forward),
};

fn forward(run: &mut Run<'_>) {
    // Each kernel is shared among all threads.
    run.set_grain(1);
    let [mut from, mut to] = VALUES_AT;
    run.clear(VALUE.at(from));
    run.clear(VALUE.at(to));
    run.copy(0, 0, IMAGE.at(0), VALUE.at(from));
    for form in 0..FORMS.len() {
        run.conv(&conv(form), weights_at(form), VALUE.at(from), None, VALUE.at(to));
        (from, to) = (to, from);
    }
    run.copy(0, 0, VALUE.at(from), IMAGE.at(OUTPUT_AT));
}
