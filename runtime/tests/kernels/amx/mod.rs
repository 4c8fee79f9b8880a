//! Convolutions by products of bf16 numbers on AMX, which is emulated where the machine does not have it.

mod emulator;
mod instructions;
mod session;

use crate::layer::{self, Case, residual};
use crate::reference::{ACTIVATIONS, Filter};
use crate::scene::{Fill, Random, Scene, seeds};
use archc_runtime::Isa;
use archc_runtime::layout::{Halo, View};
use archc_runtime::op::{Activation, Conv, Split};
use archc_runtime::roofline::Roofline;
use archc_runtime::run::Run;

/// Each way to split, with what it rounds: for each number of a sum's size, and a layer's rms error at most.
const SPLITS: [(Split, f64, f64); 3] =
    [(Split::Three, 1e-6, 1e-6), (Split::Two, 3e-5, 6e-6), (Split::One, 8e-3, 4e-3)];

/// Runs a case on random numbers and layouts.
fn check(case: &Case, (split, rounding, _): (Split, f64, f64), random: &mut Random) {
    emulator::install();
    let op = &case.op;
    let ([height, width], halo) = case.input([random.range(0, 2), random.range(0, 2)]);
    let (inputs, outputs) = (case.inputs * op.groups, case.outputs * op.groups);
    let mut scene = Scene::new(case.images).on(vec![Isa::EMULATED_AMX]);
    scene.scratch = Run::SPLIT_SCRATCH;
    let x_view = random.view([height, width, inputs], halo);
    let y_view = random.view([case.plane[0], case.plane[1], outputs], Halo::NONE);
    let (x, numbers) = scene.input(&x_view, Fill::Zero, random);
    let y = scene.output(&y_view);
    let residual = residual(&mut scene, &y, random);
    let filter = Filter::random([op.kernel[0], op.kernel[1], case.inputs, outputs], random);
    let packed = filter.packed(op.groups);
    let tolerance = |size| rounding * (0.1 + size);
    case.compare(&scene, (&filter, &packed), (&x, &numbers), residual, &y, tolerance, |run| {
        always(run, split)
    });
}

/// Splits wherever it is possible.
fn always(run: &mut Run<'_>, split: Split) {
    run.set_split(split);
    run.always_split();
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

/// The rms error of a layer over the rms of its output.
fn rms(split: Split, kernel: usize, inputs: usize) -> f64 {
    emulator::install();
    let op = Conv::new([kernel, kernel]).padding([kernel / 2, kernel / 2]);
    let memory = (Isa::EMULATED_AMX, Run::SPLIT_SCRATCH);
    layer::rms(&op, [7, inputs, 32], memory, |filter| filter.packed(1), |run| always(run, split))
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
