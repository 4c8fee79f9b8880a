//! Kernels that look along channels: softmax and local response normalization.

use crate::scene::{Fill, Numbers, Random, Scene, seeds};
use archc_runtime::layout::Halo;
use archc_runtime::op::Lrn;

#[test]
fn softmax() {
    for seed in seeds(150) {
        let mut random = Random::new(seed);
        let shape = [random.range(1, 3), random.range(1, 3), random.of(&[1, 2, 10, 16, 20, 33, 64, 1000])];
        let mut scene = Scene::new(random.range(1, 3));
        let (x, mut numbers) = scene.input(&random.view(shape, Halo::NONE), Fill::Nan, &mut random);
        let scale = random.of(&[1.0, 10.0, 80.0]);
        for number in &mut numbers.data {
            *number = f64::from((*number * scale) as f32);
        }
        let poisoned = random.chance(10);
        if poisoned {
            numbers.data[0] = f64::NAN;
        }
        scene.write(&x, &numbers);
        let y = if random.chance(30) { x } else { scene.output(&random.view(shape, Halo::NONE)) };
        let expected = Numbers::of(scene.images, shape, |[image, row, column, c]| {
            let all: Vec<f64> = (0..shape[2]).map(|c| numbers.at([image, row, column, c])).collect();
            let largest = all.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            (all[c] - largest).exp() / all.iter().map(|x| (x - largest).exp()).sum::<f64>()
        });
        let tolerance = |place| 1e-5 * expected.at(place) + 1e-44;
        scene.check(&(x, y), &[], &y, &expected, tolerance, |run, places| {
            run.softmax(places.at(&x), places.at(&y))
        });
    }
}

#[test]
fn local_response_normalization() {
    for seed in seeds(150) {
        let mut random = Random::new(seed);
        let shape = [random.range(1, 4), random.range(1, 4), random.of(&[1, 3, 16, 20, 32, 40, 70])];
        let op = Lrn {
            size: random.of(&[1, 2, 3, 5, 5, 6, 33, 200]),
            alpha: random.of(&[1e-4, 0.5, 2.0]),
            beta: random.of(&[0.75, 0.5, 1.0]),
            k: random.of(&[1.0, 2.0]),
        };
        let mut scene = Scene::new(random.range(1, 3));
        let (x, numbers) = scene.input(&random.view(shape, Halo::NONE), Fill::Nan, &mut random);
        let y = scene.output(&random.view(shape, Halo::NONE));
        let expected = Numbers::of(scene.images, shape, |[image, row, column, c]| {
            let window = c.saturating_sub(op.size / 2)..(c + (op.size - 1) / 2 + 1).min(shape[2]);
            let sum: f64 = window.map(|c| numbers.at([image, row, column, c]).powi(2)).sum();
            let base = f64::from(op.k) + f64::from(op.alpha) * sum;
            numbers.at([image, row, column, c]) / base.powf(f64::from(op.beta))
        });
        let tolerance = |place| 2e-6 * f64::abs(expected.at(place)) + 1e-9;
        scene.check(&(op, x, y), &[], &y, &expected, tolerance, |run, places| {
            run.lrn(&op, places.at(&x), places.at(&y))
        });
    }
}
