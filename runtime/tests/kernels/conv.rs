//! Convolutions, depthwise ones among them.

use crate::layer::{Case, residual};
use crate::reference::{ACTIVATIONS, Filter};
use crate::scene::{Fill, Numbers, Placed, Random, Scene, seeds};
use archc_runtime::layout::{Halo, View};
use archc_runtime::op::{Activation, Algorithm, Conv};

/// Runs a case on random numbers and layouts.
fn check(case: &Case, random: &mut Random) {
    let op = &case.op;
    let outside = [random.range(0, 2), random.range(0, 2)];
    let ([height, width], halo) = case.input(outside);
    let (inputs, outputs) = (case.inputs * op.groups, case.outputs * op.groups);
    let mut scene = Scene::new(case.images);
    let (x_view, y_view) = (
        random.view([height, width, inputs], halo),
        random.view([case.plane[0], case.plane[1], outputs], Halo::NONE),
    );
    let (x, numbers) = scene.input(&x_view, Fill::Zero, random);
    let y = scene.output(&y_view);
    let residual = residual(&mut scene, &y, random);
    let filter = Filter::random([op.kernel[0], op.kernel[1], case.inputs, outputs], random);
    compare(case, &scene, &filter, (&x, &numbers), residual, &y);
}

fn compare(
    case: &Case,
    scene: &Scene,
    filter: &Filter,
    (x, numbers): (&Placed, &Numbers),
    residual: Option<(Placed, Numbers)>,
    y: &Placed,
) {
    compare_to(1e-6, case, scene, filter, (x, numbers), residual, y);
}

/// With this much rounding for each number of the sum's size.
fn compare_to(
    rounding: f64,
    case: &Case,
    scene: &Scene,
    filter: &Filter,
    x: (&Placed, &Numbers),
    residual: Option<(Placed, Numbers)>,
    y: &Placed,
) {
    let packed = filter.packed(case.op.groups);
    case.compare(scene, (filter, &packed), x, residual, y, |size| rounding * (0.1 + size), |_| ());
}

fn random_case(random: &mut Random) -> Case {
    let kernel = [random.of(&[1, 1, 2, 3, 3, 5]), random.of(&[1, 1, 2, 3, 3, 7])];
    let op = Conv {
        kernel,
        stride: [random.of(&[1, 1, 2, 3]), random.of(&[1, 1, 2])],
        dilation: [random.of(&[1, 1, 2]), random.of(&[1, 1, 2, 3])],
        padding: [random.range(0, kernel[0] - 1), random.range(0, kernel[1] - 1)],
        groups: random.of(&[1, 1, 1, 2, 3, 4]),
        algorithm: Algorithm::Direct,
        activation: random.of(&ACTIVATIONS),
    };
    Case {
        op,
        inputs: random.of(&[1, 3, 4, 8, 16, 17, 32, 35]),
        outputs: random.of(&[1, 2, 7, 16, 24, 32, 33, 48]),
        plane: [random.range(1, 7), random.range(1, 9)],
        images: random.range(1, 3),
    }
}

#[test]
fn random_convolutions() {
    for seed in seeds(400) {
        let mut random = Random::new(seed);
        let case = random_case(&mut random);
        check(&case, &mut random);
    }
}

#[test]
fn random_depthwise_convolutions() {
    for seed in seeds(300).map(|seed| 1000 + seed) {
        let mut random = Random::new(seed);
        let mut case = random_case(&mut random);
        case.op.groups = random.of(&[2, 3, 8, 16, 17, 24, 32, 40, 64]);
        (case.inputs, case.outputs) = (1, 1);
        check(&case, &mut random);
    }
}

/// Kernels that are computed by rows, in planes of one pixel to several tiles and bands.
#[test]
fn usual_depthwise_convolutions() {
    for seed in seeds(300).map(|seed| 4000 + seed) {
        let mut random = Random::new(seed);
        let mut case = random_case(&mut random);
        let (kernel, stride) = (random.of(&[3, 5]), random.of(&[1, 2]));
        (case.op.kernel, case.op.stride, case.op.dilation) = ([kernel; 2], [stride; 2], [1, 1]);
        case.op.padding = [random.range(0, kernel - 1), random.range(0, kernel - 1)];
        case.op.groups = random.of(&[3, 16, 20, 32, 40]);
        (case.inputs, case.outputs) = (1, 1);
        case.plane = [random.range(1, 6), random.range(1, 26)];
        if seed % 50 == 0 {
            case.plane = [random.range(50, 60), random.range(17, 30)];
        }
        check(&case, &mut random);
    }
}

#[test]
fn groups_with_several_outputs_of_one_input() {
    for seed in seeds(50).map(|seed| 2000 + seed) {
        let mut random = Random::new(seed);
        let mut case = random_case(&mut random);
        case.op.groups = random.of(&[2, 5, 16]);
        (case.inputs, case.outputs) = (1, 2);
        check(&case, &mut random);
    }
}

/// Planes of more pixels than one work item takes.
#[test]
fn large_planes() {
    for (seed, groups, channels) in [(1, 1, 16), (2, 48, 1)] {
        let mut random = Random::new(seed);
        let op = Conv::new([3, 3]).padding([1, 1]).groups(groups).then(Activation::Relu);
        check(&Case { op, inputs: channels, outputs: channels, plane: [19, 23], images: 2 }, &mut random);
    }
}

/// More inputs than one part takes, and more pixels than one work item.
#[test]
fn deep_and_large() {
    for seed in seeds(12).map(|seed| 3000 + seed) {
        let mut random = Random::new(seed);
        let kernel = random.of(&[1, 3]);
        let op = Conv::new([kernel, kernel]).padding([kernel / 2, kernel / 2]).then(random.of(&ACTIVATIONS));
        let inputs = if kernel == 1 { random.of(&[300, 592]) } else { random.of(&[33, 64, 80]) };
        let (outputs, images) = (random.of(&[16, 40, 100]), random.range(1, 2));
        check(&Case { op, inputs, outputs, plane: [14, random.range(14, 29)], images }, &mut random);
    }
}

/// One pixel has several sums, in which a product loses fewer digits than it would when added to all before it. A plain sum of
/// these positive numbers is off by 6e-7.
#[test]
fn sums_of_one_pixel_keep_their_digits() {
    let mut random = Random::new(4);
    let mut scene = Scene::new(1);
    let (x, mut numbers) = scene.input(&View::blocked(1, 1, 256), Fill::Nan, &mut random);
    numbers.data.iter_mut().for_each(|x| *x = x.abs());
    scene.write(&x, &numbers);
    let y = scene.output(&View::blocked(1, 1, 64));
    let mut filter = Filter::random([1, 1, 256, 64], &mut random);
    filter.weights.iter_mut().for_each(|w| *w = w.abs());
    let case = Case { op: Conv::new([1, 1]), inputs: 256, outputs: 64, plane: [1, 1], images: 1 };
    compare_to(4e-7, &case, &scene, &filter, (&x, &numbers), None, &y);
}

/// A branch of a concatenation reads a slice of the buffer into which it writes another.
#[test]
fn slices_of_one_buffer() {
    for seed in seeds(40) {
        let mut random = Random::new(seed);
        let (inputs, outputs) = (random.of(&[3, 16, 20]), random.of(&[5, 16, 32]));
        let mut scene = Scene::new(2);
        let of = inputs + outputs + random.of(&[0, 7]);
        let first = random.chance(50);
        let (at_x, at_y) = if first { (0, inputs) } else { (outputs, 0) };
        let x_view = View::blocked(4, 5, inputs).slice(at_x, of).halo(1, 1, 1, 1);
        let y_view = View::blocked(4, 5, outputs).slice(at_y, of).halo(1, 1, 1, 1);
        let x = scene.buffer(&x_view, Fill::Zero);
        let numbers = scene.fill(&x, &mut random);
        let y = Placed { view: y_view, buffer: x.buffer };
        let filter = Filter::random([3, 3, inputs, outputs], &mut random);
        let op = Conv::new([3, 3]).padding([1, 1]);
        let case = Case { op, inputs, outputs, plane: [4, 5], images: 2 };
        compare(&case, &scene, &filter, (&x, &numbers), None, &y);
    }
}

/// Not a number stays one, through the activation too.
#[test]
fn nan_passes() {
    let mut scene = Scene::new(1);
    let mut random = Random::new(3);
    let (x, mut numbers) = scene.input(&View::blocked(2, 2, 16), Fill::Nan, &mut random);
    numbers.data[5] = f64::NAN;
    scene.write(&x, &numbers);
    let y = scene.output(&View::blocked(2, 2, 16));
    let filter = Filter::random([1, 1, 16, 16], &mut random);
    let op = Conv::new([1, 1]).then(Activation::Relu);
    let case = Case { op, inputs: 16, outputs: 16, plane: [2, 2], images: 1 };
    compare(&case, &scene, &filter, (&x, &numbers), None, &y);
}
