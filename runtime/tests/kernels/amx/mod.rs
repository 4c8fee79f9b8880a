//! Convolutions by products of bf16 numbers on AMX, which is emulated where the machine does not have it.

mod emulator;
mod instructions;
mod session;

use crate::conv::residual;
use crate::reference::{self, ACTIVATIONS, Filter};
use crate::scene::{Fill, Numbers, Placed, Random, Scene, seeds};
use archc_runtime::Isa;
use archc_runtime::layout::{Halo, View};
use archc_runtime::op::{Activation, Conv, Split};
use archc_runtime::roofline::Roofline;
use archc_runtime::run::Run;

/// Each way to split, with what it rounds: for each number of a sum's size, and a layer's rms error at most.
const SPLITS: [(Split, f64, f64); 3] =
    [(Split::Three, 1e-6, 1e-6), (Split::Two, 3e-5, 6e-6), (Split::One, 8e-3, 4e-3)];

/// A case: attributes, channels of a group, and the output's plane.
#[derive(Clone, Debug)]
struct Case {
    op: Conv,
    inputs: usize,
    outputs: usize,
    plane: [usize; 2],
    images: usize,
}

/// Runs a case on random numbers and layouts.
fn check(case: &Case, (split, rounding, _): (Split, f64, f64), random: &mut Random) {
    emulator::install();
    let op = &case.op;
    let side = |axis: usize, outside: usize| {
        let last = (case.plane[axis] - 1) * op.stride[axis] + (op.kernel[axis] - 1) * op.dilation[axis];
        let inside = (last + 1).saturating_sub(op.padding[axis] + outside).max(1);
        (inside, (last + 1).saturating_sub(op.padding[axis] + inside))
    };
    let ((height, bottom), (width, right)) = (side(0, random.range(0, 2)), side(1, random.range(0, 2)));
    let halo = Halo { top: op.padding[0], bottom, left: op.padding[1], right };
    let (inputs, outputs) = (case.inputs * op.groups, case.outputs * op.groups);
    let mut scene = Scene::new(case.images).on(vec![Isa::EMULATED_AMX]);
    scene.scratch = Run::SPLIT_SCRATCH;
    let x_view = random.view([height, width, inputs], halo);
    let y_view = random.view([case.plane[0], case.plane[1], outputs], Halo::NONE);
    let (x, numbers) = scene.input(&x_view, Fill::Zero, random);
    let y = scene.output(&y_view);
    let residual = residual(&mut scene, &y, random);
    let filter = Filter::random([op.kernel[0], op.kernel[1], case.inputs, outputs], random);
    compare(case, (split, rounding), &scene, &filter, (&x, &numbers), residual, &y);
}

fn compare(
    case: &Case,
    (split, rounding): (Split, f64),
    scene: &Scene,
    filter: &Filter,
    (x, numbers): (&Placed, &Numbers),
    residual: Option<(Placed, Numbers)>,
    y: &Placed,
) {
    let added = residual.as_ref().map(|(_, numbers)| numbers);
    let (expected, sizes) = reference::conv(&case.op, filter, numbers, added, case.plane);
    scene.check(
        &(split, case, x, residual.as_ref().map(|(placed, _)| placed), y),
        &filter.packed(case.op.groups),
        y,
        &expected,
        |place| rounding * (0.1 + sizes.at(place)),
        |run, places| {
            run.set_split(split);
            run.always_split();
            let residual = residual.as_ref().map(|(placed, _)| places.at(placed));
            run.conv(&case.op, places.weights, places.at(x), residual, places.at(y));
        },
    );
    assert!(!emulator::is_configured(), "tiles that were not given back");
}

#[test]
fn random_convolutions() {
    // Those whose numbers are all finite.
    for seed in seeds(90).map(|seed| 4 * seed) {
        let mut random = Random::new(seed);
        let kernel = [random.of(&[1, 1, 2, 3, 3, 5]), random.of(&[1, 1, 2, 3, 3, 7])];
        let case = Case {
            op: Conv {
                stride: [random.of(&[1, 1, 2, 3]), random.of(&[1, 1, 2])],
                dilation: [random.of(&[1, 1, 2]), random.of(&[1, 1, 2, 3])],
                padding: [random.range(0, kernel[0]), random.range(0, kernel[1])],
                groups: random.of(&[1, 1, 1, 2, 3]),
                ..Conv::new(kernel).then(random.of(&ACTIVATIONS))
            },
            inputs: random.of(&[1, 3, 16, 17, 32, 35, 49, 64]),
            outputs: random.of(&[1, 7, 16, 24, 33, 48, 80]),
            plane: [random.range(1, 8), random.range(1, 13)],
            images: random.range(1, 3),
        };
        check(&case, random.of(&SPLITS), &mut random);
    }
}

/// Several bands, images that share one, and several chunks of weights.
#[test]
fn large_and_deep() {
    for (seed, split) in SPLITS.into_iter().enumerate() {
        let mut random = Random::new(4 * seed as u64);
        let op = Conv::new([3, 3]).padding([1, 1]).then(Activation::Relu);
        check(&Case { op, inputs: 33, outputs: 20, plane: [37, 33], images: 2 }, split, &mut random);
        let op = Conv::new([3, 3]).padding([1, 1]).stride([2, 2]);
        check(&Case { op, inputs: 40, outputs: 72, plane: [17, 19], images: 2 }, split, &mut random);
        let op = Conv::new([3, 3]).padding([1, 1]).then(Activation::Swish);
        check(&Case { op, inputs: 300, outputs: 40, plane: [7, 7], images: 2 }, split, &mut random);
        let op = Conv::new([1, 1]);
        check(&Case { op, inputs: 1600, outputs: 40, plane: [5, 13], images: 1 }, split, &mut random);
    }
}

/// The rms error of a layer over the rms of its output, against f64.
fn rms(split: Split, kernel: usize, inputs: usize) -> f64 {
    emulator::install();
    let op = Conv::new([kernel, kernel]).padding([kernel / 2, kernel / 2]);
    let mut random = Random::new(0);
    let (outputs, side) = (32, 7);
    let numbers = Numbers::of(1, [side, side, inputs], |_| f64::from(random.number()));
    let filter = Filter::random([kernel, kernel, inputs, outputs], &mut random);
    let (expected, _) = reference::conv(&op, &filter, &numbers, None, [side, side]);
    let packed = filter.packed(1);
    let halo = kernel / 2;
    let x = View::blocked(side, side, inputs).halo(halo, halo, halo, halo);
    let y = View::blocked(side, side, outputs);
    let mut arena = vec![0.0; x.image_size() + y.image_size()];
    for [_, row, column, channel] in numbers.places() {
        arena[x.index(channel, row, column)] = numbers.at([0, row, column, channel]) as f32;
    }
    let mut scratch = vec![0.0; Run::SPLIT_SCRATCH];
    let mut run = Run::new(&mut arena, &packed, 1, Isa::EMULATED_AMX).with_scratch(&mut scratch, 1);
    run.set_split(split);
    run.always_split();
    run.conv(&op, 0, x.at(0), None, y.at(x.image_size()));
    let (mut error, mut size) = (0.0, 0.0);
    for place in expected.places() {
        let [_, row, column, channel] = place;
        let value = arena[x.image_size() + y.index(channel, row, column)];
        error += (f64::from(value) - expected.at(place)).powi(2);
        size += expected.at(place).powi(2);
    }
    (error / size).sqrt()
}

#[test]
fn rounding_errors_keep_their_bounds() {
    for (split, _, bound) in SPLITS {
        // Between these and the next smaller bound: the split is the one that was asked for.
        let least = bound / 20.0;
        for (kernel, inputs) in [(1, 64), (3, 64), (3, 512)] {
            let error = rms(split, kernel, inputs);
            assert!(error > least && error <= bound, "{split:?}, {kernel}x{kernel} of {inputs}: {error:e}");
        }
    }
}

/// Not a number stays one, whatever its digits are, and reaches the pixels whose windows it is in, and no others.
#[test]
fn nan_stays_in_its_windows() {
    emulator::install();
    let mut random = Random::new(0);
    let (x, y) = (View::blocked(8, 8, 32).halo(1, 1, 1, 1), View::blocked(8, 8, 16));
    let filter = Filter::random([3, 3, 32, 16], &mut random).packed(1);
    for (split, ..) in SPLITS {
        for nan in [f32::NAN, f32::from_bits(0x7fff_ffff), f32::from_bits(0xff80_0001)] {
            let mut arena = vec![0.0; x.image_size() + y.image_size()];
            arena[x.index(17, 3, 4)] = nan;
            let mut scratch = vec![f32::NAN; Run::SPLIT_SCRATCH];
            let run = Run::new(&mut arena, &filter, 1, Isa::EMULATED_AMX);
            let mut run = run.with_scratch(&mut scratch, 1).with_split(split);
            run.always_split();
            run.conv(&Conv::new([3, 3]).padding([1, 1]), 0, x.at(0), None, y.at(x.image_size()));
            for (row, column) in (0..8).flat_map(|row| (0..8).map(move |column| (row, column))) {
                let value = arena[x.image_size() + y.index(0, row, column)];
                let near = (2..=4).contains(&row) && (3..=5).contains(&column);
                assert_eq!(value.is_nan(), near, "{split:?}, {nan:?}: {value} at {row}, {column}");
            }
        }
    }
}

/// What is emulated has a rate as well, however low.
#[test]
fn the_peak_of_tiles_is_measured() {
    emulator::install();
    let mut roofline = Roofline::new(Isa::EMULATED_AMX, 1, &[]);
    assert_eq!(roofline.tile_multiply_adds(), None);
    roofline.measure();
    assert!(roofline.tile_multiply_adds().is_some_and(|rate| rate.is_finite() && rate > 0.0));
}
