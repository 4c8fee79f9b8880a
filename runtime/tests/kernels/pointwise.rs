//! Affine, rescale, activations, addition, multiplication; also in place.

use crate::reference::{ACTIVATIONS, activation};
use crate::scene::{Fill, Numbers, Placed, Random, Scene, seeds};
use archc_runtime::layout::{Halo, View};
use archc_runtime::op::{Affine, Rescale};

/// A scene with an input and an output of one shape, in the same memory at times.
struct Case {
    random: Random,
    shape: [usize; 3],
    scene: Scene,
    x: Placed,
    numbers: Numbers,
    y: Placed,
}

impl Case {
    fn new(seed: u64) -> Case {
        let mut random = Random::new(seed);
        // Images have few channels, side by side, and several pixels in a vector.
        let is_image = random.chance(30);
        let shape = if is_image {
            [random.range(1, 4), random.range(5, 14), random.range(1, 5)]
        } else {
            [random.range(1, 6), random.range(1, 6), random.of(&[1, 5, 16, 20, 32, 40])]
        };
        let view = |random: &mut Random| {
            let [height, width, channels] = shape;
            let side = random.range(0, 2);
            let image = View::nhwc(height, width, channels).halo(side, 0, 0, side);
            if is_image { image } else { random.view(shape, Halo::NONE) }
        };
        let mut scene = Scene::new(random.range(1, 3));
        let (x, numbers) = scene.input(&view(&mut random), Fill::Zero, &mut random);
        let y = if random.chance(40) { x } else { scene.output(&view(&mut random)) };
        Case { random, shape, scene, x, numbers, y }
    }

    fn expect(&self, f: impl Fn([usize; 4], f64) -> f64) -> Numbers {
        Numbers::of(self.scene.images, self.shape, |place| f(place, self.numbers.at(place)))
    }
}

#[test]
fn affine() {
    for seed in seeds(100) {
        let mut case = Case::new(seed);
        let channels = case.shape[2];
        let (scale, shift) = (case.random.numbers(channels), case.random.numbers(channels));
        let mut packed = vec![0.0; 2 * channels.next_multiple_of(16)];
        packed[..channels].copy_from_slice(&scale);
        packed[channels.next_multiple_of(16)..][..channels].copy_from_slice(&shift);
        let op = Affine { activation: case.random.of(&ACTIVATIONS) };
        let expected = case
            .expect(|[.., c], x| activation(op.activation, x * f64::from(scale[c]) + f64::from(shift[c])));
        let Case { scene, x, y, .. } = &case;
        scene.check(
            &(op, x, y),
            &packed,
            y,
            &expected,
            |_| 1e-6,
            |run, places| run.affine(&op, places.weights, places.at(x), places.at(y)),
        );
    }
}

#[test]
fn rescale() {
    for seed in seeds(50) {
        let case = Case::new(seed);
        let op = Rescale { scale: 1.0 / 127.5, offset: -1.0 };
        let expected = case.expect(|_, x| x * f64::from(op.scale) + f64::from(op.offset));
        let Case { scene, x, y, .. } = &case;
        scene.check(
            &(op, x, y),
            &[],
            y,
            &expected,
            |_| 1e-6,
            |run, places| run.rescale(&op, places.at(x), places.at(y)),
        );
    }
}

#[test]
fn activations() {
    for (index, function) in ACTIVATIONS.into_iter().cycle().take(150).enumerate() {
        let mut case = Case::new(index as u64);
        for number in &mut case.numbers.data {
            *number = f64::from((*number * 8.0) as f32);
        }
        case.scene.write(&case.x, &case.numbers);
        let expected = case.expect(|_, x| activation(function, x));
        let Case { scene, x, y, .. } = &case;
        scene.check(
            &(function, x, y),
            &[],
            y,
            &expected,
            |_| 2e-6,
            |run, places| run.activate(function, places.at(x), places.at(y)),
        );
    }
}

#[test]
fn activations_keep_nan() {
    for function in ACTIVATIONS {
        let mut case = Case::new(7);
        case.numbers.data.fill(f64::NAN);
        case.scene.write(&case.x, &case.numbers);
        let expected = case.expect(|_, _| f64::NAN);
        let Case { scene, x, y, .. } = &case;
        scene.check(
            &(function, x, y),
            &[],
            y,
            &expected,
            |_| 0.0,
            |run, places| run.activate(function, places.at(x), places.at(y)),
        );
    }
}

#[test]
fn addition() {
    for seed in seeds(100) {
        let mut case = Case::new(seed);
        let view = case.random.view(case.shape, Halo::NONE);
        let (b, others) = case.scene.input(&view, Fill::Nan, &mut case.random);
        let function = case.random.of(&ACTIVATIONS);
        let expected = case.expect(|place, x| activation(function, x + others.at(place)));
        // The output may be the memory of either.
        let y = if case.random.chance(30) { b } else { case.y };
        let Case { scene, x, .. } = &case;
        let what = (function, x, b, y);
        scene.check(
            &what,
            &[],
            &y,
            &expected,
            |_| 2e-6,
            |run, places| run.add(function, places.at(x), places.at(&b), places.at(&y)),
        );
    }
}

#[test]
fn multiplication() {
    for seed in seeds(100) {
        let mut case = Case::new(seed);
        let pixel = case.random.chance(60);
        let shape = if pixel { [1, 1, case.shape[2]] } else { case.shape };
        let view = case.random.view(shape, Halo::NONE);
        let (gate, others) = case.scene.input(&view, Fill::Nan, &mut case.random);
        let expected = case.expect(|[image, row, column, c], x| {
            x * others.at(if pixel { [image, 0, 0, c] } else { [image, row, column, c] })
        });
        let Case { scene, x, y, .. } = &case;
        scene.check(
            &(x, gate, y),
            &[],
            y,
            &expected,
            |_| 1e-6,
            |run, places| run.multiply(places.at(x), places.at(&gate), places.at(y)),
        );
    }
}
