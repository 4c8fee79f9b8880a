//! Pooling, by windows and of whole planes.

use crate::reference;
use crate::scene::{Fill, Numbers, Random, Scene, seeds};
use archc_runtime::layout::Halo;
use archc_runtime::op::{Pool, PoolKind};

const KINDS: [PoolKind; 3] = [PoolKind::Max, PoolKind::Average, PoolKind::AverageWithPadding];

#[test]
fn random_pooling() {
    for seed in seeds(400) {
        let mut random = Random::new(seed);
        let kernel = [random.range(1, 4), random.range(1, 4)];
        let stride = [random.range(1, 3), random.range(1, 3)];
        let mut padding = || {
            let [k, l] = kernel;
            [random.range(0, k - 1), random.range(0, k - 1), random.range(0, l - 1), random.range(0, l - 1)]
        };
        let op = Pool { kind: KINDS[seed as usize % 3], kernel, stride, padding: padding() };
        let shape = [random.range(1, 9), random.range(1, 9), random.of(&[1, 5, 16, 20, 32, 40])];
        // As many windows as start in the plane or the padding in front: some reach over the end, as with `ceil`.
        let most = |axis: usize| (shape[axis] + op.padding[axis * 2] - 1) / stride[axis] + 1;
        let plane = [random.range(1, most(0)), random.range(1, most(1))];
        let mut scene = Scene::new(random.range(1, 3));
        let (x, mut numbers) = scene.input(&random.view(shape, Halo::NONE), Fill::Nan, &mut random);
        if random.chance(20) {
            let at = random.range(0, numbers.data.len() - 1);
            numbers.data[at] = random.of(&[f64::NAN, f64::NEG_INFINITY, f64::INFINITY]);
            scene.write(&x, &numbers);
        }
        let y = scene.output(&random.view([plane[0], plane[1], shape[2]], Halo::NONE));
        let expected = reference::pool(&op, &numbers, plane);
        let tolerance = if op.kind == PoolKind::Max { 0.0 } else { 1e-6 };
        scene.check(
            &(op, x, y),
            &[],
            &y,
            &expected,
            |_| tolerance,
            |run, places| run.pool(&op, places.at(&x), places.at(&y)),
        );
    }
}

#[test]
fn random_global_pooling() {
    for seed in seeds(100) {
        let mut random = Random::new(seed);
        let shape = [random.range(1, 12), random.range(1, 12), random.of(&[1, 5, 16, 20, 32, 40])];
        let mut scene = Scene::new(random.range(1, 3));
        let (x, numbers) = scene.input(&random.view(shape, Halo::NONE), Fill::Nan, &mut random);
        let y = scene.output(&random.view([1, 1, shape[2]], Halo::NONE));
        let kind = random.of(&[PoolKind::Max, PoolKind::Average]);
        let expected = Numbers::of(scene.images, [1, 1, shape[2]], |[image, _, _, c]| {
            let (mut largest, mut sum) = (f64::NEG_INFINITY, 0.0);
            for row in 0..shape[0] {
                for column in 0..shape[1] {
                    let number = numbers.at([image, row, column, c]);
                    // Not a number stays one.
                    largest = if largest.is_nan() || number <= largest { largest } else { number };
                    sum += number;
                }
            }
            if kind == PoolKind::Max { largest } else { sum / (shape[0] * shape[1]) as f64 }
        });
        scene.check(
            &(kind, x, y),
            &[],
            &y,
            &expected,
            |_| 1e-6,
            |run, places| run.global_pool(kind, places.at(&x), places.at(&y)),
        );
    }
}
