//! Dense layers.

use crate::reference::{ACTIVATIONS, activation};
use crate::scene::{Fill, Numbers, Random, Scene, seeds};
use archc_runtime::layout::{Halo, View};
use archc_runtime::op::Dense;

#[test]
fn random_dense_layers() {
    for seed in seeds(200) {
        let mut random = Random::new(seed);
        let [height, width] = [random.range(1, 3), random.range(1, 3)];
        let channels = random.of(&[1, 10, 16, 32, 37, 130]);
        let outputs = random.of(&[1, 10, 16, 33, 64, 70, 130]);
        let images = random.of(&[1, 1, 2, 3, 6, 9]);
        let inputs = height * width * channels;
        let blocked = random.chance(50);
        let x_view = if blocked {
            View::blocked(height, width, channels)
        } else {
            View::nhwc(height, width, channels)
        };
        let mut scene = Scene::new(images);
        let (x, numbers) = scene.input(&x_view, Fill::Zero, &mut random);
        let y_view = random.view([1, 1, outputs], Halo::NONE);
        let y = scene.output(&y_view);
        let residual = match random.range(0, 2) {
            0 => None,
            1 => {
                let view = random.view([1, 1, outputs], Halo::NONE);
                Some(scene.input(&view, Fill::Nan, &mut random))
            }
            _ => Some((y, scene.fill(&y, &mut random))),
        };
        let (kernel, bias) = (random.numbers(inputs * outputs), random.numbers(outputs));

        // As `Pack::Dense` documents it.
        let in_memory = x_view.image_size();
        let blocks = outputs.div_ceil(16);
        let mut packed = vec![0.0; blocks * 16 * (in_memory + 1)];
        for row in 0..inputs {
            let (pixel, channel) = (row / channels, row % channels);
            let place = x_view.index(channel, pixel / width, pixel % width);
            for c in 0..outputs {
                packed[(c / 16 * in_memory + place) * 16 + c % 16] = kernel[row * outputs + c];
            }
        }
        packed[blocks * 16 * in_memory..][..outputs].copy_from_slice(&bias);

        let op = Dense { activation: random.of(&ACTIVATIONS) };
        let mut sizes = Numbers::zeros(images, [1, 1, outputs]);
        let expected = Numbers::of(images, [1, 1, outputs], |[image, _, _, c]| {
            let added = residual.as_ref().map_or(0.0, |(_, r)| r.at([image, 0, 0, c]));
            let mut sum = f64::from(bias[c]) + added;
            let mut size = sum.abs();
            for row in 0..inputs {
                let product = numbers.data[image * inputs + row] * f64::from(kernel[row * outputs + c]);
                sum += product;
                size += product.abs();
            }
            sizes.data[image * outputs + c] = size;
            activation(op.activation, sum)
        });
        let what = (op, x, y, images);
        scene.check(
            &what,
            &packed,
            &y,
            &expected,
            |place| 1e-6 * (0.1 + sizes.at(place)),
            |run, places| {
                run.dense(
                    &op,
                    places.weights,
                    places.at(&x),
                    residual.as_ref().map(|(r, _)| places.at(r)),
                    places.at(&y),
                );
            },
        );
    }
}
