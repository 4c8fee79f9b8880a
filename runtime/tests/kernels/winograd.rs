//! Convolutions by Winograd's algorithm.

use crate::layer::{self, Case, residual};
use crate::reference::{ACTIVATIONS, Filter};
use crate::scene::{Fill, Random, Scene, seeds};
use archc_runtime::Isa;
use archc_runtime::layout::{Halo, View};
use archc_runtime::op::{Algorithm, Conv, Packing};
use archc_runtime::run::Run;

/// Taps along each axis, outputs of a tile along each axis, and whether kernels lie transformed.
const ALL: [(usize, usize, bool); 5] =
    [(3, 2, true), (3, 2, false), (3, 4, true), (3, 4, false), (5, 2, false)];

fn conv((side, tile, packed): (usize, usize, bool)) -> Conv {
    Conv::new([side, side]).by(Algorithm::Winograd { tile, packed })
}

/// Runs a case on random numbers and layouts.
fn check(case: &Case, random: &mut Random) {
    let Case { op, inputs, outputs, plane: [height, width], images } = *case;
    let [top, left] = op.padding;
    // Some of the window is outside at the bottom and right too, as long as there is a plane.
    let [bottom, right] = [random.range(0, 2 - top.min(2)), random.range(0, 2 - left.min(2))];
    let reach = op.kernel[0] - 1;
    let rows = (height + reach).saturating_sub(top + bottom).max(1);
    let columns = (width + reach).saturating_sub(left + right).max(1);
    let halo = Halo {
        top,
        bottom: height + reach - (top + rows).min(height + reach),
        left,
        right: width + reach - (left + columns).min(width + reach),
    };
    let mut scene = Scene::new(images);
    scene.scratch = op.scratch(inputs, outputs);
    let x_view = random.view([rows, columns, inputs], halo);
    let y_view = random.view([height, width, outputs], Halo::NONE);
    let (x, numbers) = scene.input(&x_view, Fill::Zero, random);
    let y = scene.output(&y_view);
    let residual = residual(&mut scene, &y, random);
    let filter = Filter::random([op.kernel[0], op.kernel[1], inputs, outputs], random);
    let packed = packed(&filter, op.algorithm);
    let tolerance = |size| 4e-6 * (0.5 + size);
    case.compare(&scene, (&filter, &packed), (&x, &numbers), residual, &y, tolerance, |_| ());
}

/// The weights as the algorithm reads them.
fn packed(filter: &Filter, algorithm: Algorithm) -> Vec<f32> {
    match algorithm.packing() {
        Packing::Plain => filter.packed(1),
        Packing::Winograd { tile } => filter.packed_by_winograd(tile),
    }
}

#[test]
fn random_convolutions() {
    // Those whose numbers are all finite.
    for seed in seeds(100).map(|seed| 4 * seed) {
        let mut random = Random::new(seed);
        let padding = [random.range(0, 2), random.range(0, 2)];
        let case = Case {
            op: conv(random.of(&ALL)).padding(padding).then(random.of(&ACTIVATIONS)),
            inputs: random.of(&[1, 3, 4, 16, 17, 32, 35, 67]),
            outputs: random.of(&[1, 7, 16, 24, 33, 48, 80]),
            plane: [random.range(1, 9), random.range(1, 13)],
            images: random.range(1, 3),
        };
        check(&case, &mut random);
    }
}

/// Groups of tiles that end in the middle of a row and of an image.
#[test]
fn more_tiles_than_a_group_has() {
    for (seed, kind) in ALL.into_iter().enumerate() {
        let mut random = Random::new(4 * seed as u64);
        let op = conv(kind).padding([1, 1]);
        check(&Case { op, inputs: 20, outputs: 40, plane: [27, 30], images: 3 }, &mut random);
    }
}

/// The rms error of a layer over the rms of its output.
fn rms(op: Conv, inputs: usize) -> f64 {
    let reach = op.kernel[0] / 2;
    let op = op.padding([reach, reach]);
    let memory = (Isa::available()[0], op.scratch(inputs, 16));
    layer::rms(&op, [12, inputs, 16], memory, |filter| packed(filter, op.algorithm), |_| ())
}

#[test]
fn rounding_errors_keep_their_bounds() {
    for inputs in [16, 64, 512] {
        let bound = |op: Conv| match (op.algorithm, op.kernel) {
            (Algorithm::Direct, _) => 1e-6,
            (Algorithm::Winograd { tile: 2, .. }, [3, 3]) => 1.5e-6,
            (Algorithm::Winograd { .. }, _) => 3e-6,
        };
        for op in ALL.map(conv).into_iter().chain([Conv::new([3, 3]), Conv::new([5, 5])]) {
            let error = rms(op, inputs);
            assert!(error > 1e-9 && error <= bound(op), "{op:?} of {inputs} inputs: {error:e}");
        }
    }
}

/// A number that is not finite stays in its tile.
#[test]
fn nan_stays_in_its_tile() {
    let mut random = Random::new(0);
    let op = Conv::new([3, 3]).by(Algorithm::Winograd { tile: 4, packed: true });
    let (x, y) = (View::blocked(10, 10, 16), View::blocked(8, 8, 16));
    let mut arena = vec![0.5; x.image_size() + y.image_size()];
    arena[x.index(3, 1, 1)] = f32::NAN;
    let filter = Filter::random([3, 3, 16, 16], &mut random).packed_by_winograd(4);
    let mut scratch = vec![f32::NAN; op.scratch(16, 16)];
    let mut run = Run::new(&mut arena, &filter, 1, Isa::available()[0]).with_scratch(&mut scratch, 1);
    run.conv(&op, 0, x.at(0), None, y.at(x.image_size()));
    for (row, column) in (0..8).flat_map(|row| (0..8).map(move |column| (row, column))) {
        let value = arena[x.image_size() + y.index(0, row, column)];
        assert_eq!(value.is_nan(), row < 4 && column < 4, "{value} at {row}, {column}");
    }
}
