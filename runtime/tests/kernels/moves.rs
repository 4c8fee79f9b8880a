//! Kernels that move numbers: copy, flatten, shuffle, upsample, clear.

use crate::fence::{Fenced, Side};
use crate::scene::{Fill, Numbers, Placed, Random, Scene, seeds};
use archc_runtime::Isa;
use archc_runtime::layout::{Halo, View};
use archc_runtime::run::Run;

fn shape(random: &mut Random) -> [usize; 3] {
    [random.range(1, 6), random.range(1, 6), random.of(&[1, 3, 5, 16, 20, 32, 40])]
}

#[test]
fn copy() {
    for seed in seeds(200) {
        let mut random = Random::new(seed);
        let [height, width, channels] = shape(&mut random);
        let mut scene = Scene::new(random.range(1, 3));
        let (x, numbers) =
            scene.input(&random.view([height, width, channels], Halo::NONE), Fill::Nan, &mut random);
        let [top, bottom, left, right] = if random.chance(50) {
            [0; 4]
        } else {
            [random.range(0, 2), random.range(0, 2), random.range(0, 2), random.range(0, 2)]
        };
        let larger = [top + height + bottom, left + width + right, channels];
        let y = scene.output(&random.view(larger, Halo::NONE));
        let expected = Numbers::of(scene.images, larger, |[image, row, column, c]| {
            let inside = (top..top + height).contains(&row) && (left..left + width).contains(&column);
            if inside { numbers.at([image, row - top, column - left, c]) } else { 0.0 }
        });
        scene.check(
            &(x, y, top, left),
            &[],
            &y,
            &expected,
            |_| 0.0,
            |run, places| run.copy(top, left, places.at(&x), places.at(&y)),
        );
    }
}

/// A part of a concatenation that is copied beside another in the same buffer.
#[test]
fn copy_within_a_buffer() {
    let mut random = Random::new(1);
    let mut scene = Scene::new(2);
    let x = scene.buffer(&View::blocked(3, 3, 20).slice(0, 47), Fill::Zero);
    let numbers = scene.fill(&x, &mut random);
    let y = Placed { view: View::blocked(3, 3, 20).slice(20, 47), buffer: x.buffer };
    scene.check(
        &(x, y),
        &[],
        &y,
        &numbers,
        |_| 0.0,
        |run, places| run.copy(0, 0, places.at(&x), places.at(&y)),
    );
}

#[test]
fn flatten() {
    for seed in seeds(100) {
        let mut random = Random::new(seed);
        let [height, width, channels] = shape(&mut random);
        let mut scene = Scene::new(random.range(1, 3));
        let (x, numbers) =
            scene.input(&random.view([height, width, channels], Halo::NONE), Fill::Nan, &mut random);
        let size = height * width * channels;
        let y = scene.output(&random.view([1, 1, size], Halo::NONE));
        let expected = Numbers { shape: [1, 1, size], ..numbers };
        scene.check(
            &(x, y),
            &[],
            &y,
            &expected,
            |_| 0.0,
            |run, places| run.flatten(places.at(&x), places.at(&y)),
        );
    }
}

#[test]
fn shuffle() {
    for seed in seeds(100) {
        let mut random = Random::new(seed);
        let [height, width, of_group] = shape(&mut random);
        let groups = random.range(1, 4);
        let shape = [height, width, of_group * groups];
        let mut scene = Scene::new(random.range(1, 3));
        let (x, numbers) = scene.input(&random.view(shape, Halo::NONE), Fill::Nan, &mut random);
        let y = scene.output(&random.view(shape, Halo::NONE));
        let expected = Numbers::of(scene.images, shape, |[image, row, column, c]| {
            numbers.at([image, row, column, c % groups * of_group + c / groups])
        });
        scene.check(
            &(x, y, groups),
            &[],
            &y,
            &expected,
            |_| 0.0,
            |run, places| run.shuffle(groups, places.at(&x), places.at(&y)),
        );
    }
}

#[test]
fn upsample() {
    for seed in seeds(100) {
        let mut random = Random::new(seed);
        let [height, width, channels] = shape(&mut random);
        let factor = [random.range(1, 3), random.range(1, 3)];
        let mut scene = Scene::new(random.range(1, 3));
        let (x, numbers) =
            scene.input(&random.view([height, width, channels], Halo::NONE), Fill::Nan, &mut random);
        let larger = [height * factor[0], width * factor[1], channels];
        let y = scene.output(&random.view(larger, Halo::NONE));
        let expected = Numbers::of(scene.images, larger, |[image, row, column, c]| {
            numbers.at([image, row / factor[0], column / factor[1], c])
        });
        scene.check(
            &(x, y, factor),
            &[],
            &y,
            &expected,
            |_| 0.0,
            |run, places| run.upsample(factor, places.at(&x), places.at(&y)),
        );
    }
}

/// Halo and padding lanes of the whole buffer become zeros, also if the view is a part of it; numbers stay.
#[test]
fn clear() {
    for seed in seeds(100) {
        let mut random = Random::new(seed);
        let view = {
            let shape = shape(&mut random);
            random.view(shape, Halo::NONE)
        };
        let images = random.range(1, 3);
        let size = view.image_size();
        for isa in Isa::available() {
            let side = if seed % 2 == 0 { Side::Start } else { Side::End };
            let offset = if side == Side::Start { 0 } else { 16 };
            let mut arena = Fenced::new(&vec![7.0; (size + 16) * images], side);
            Run::new(&mut arena, &[], images, isa).clear(view.at(offset));
            let whole = View { first_channel: 0, channels: view.buffer_channels, ..view };
            let mut expected = vec![7.0_f32; arena.len()];
            for image in 0..images {
                let start = offset * images + image * size;
                expected[start..start + size].fill(0.0);
                for row in 0..view.height {
                    for column in 0..view.width {
                        for c in 0..whole.channels {
                            expected[start + whole.index(c, row, column)] = 7.0;
                        }
                    }
                }
            }
            assert_eq!(*arena, *expected, "{isa}: {view:?}");
        }
    }
}
