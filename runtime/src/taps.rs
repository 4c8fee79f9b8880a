//! Reads the values of operations that a module built with taps keeps in the arena.

use crate::spec;
use alloc::vec::Vec;

/// What an operation gave in the last run.
#[derive(Clone, Copy, Debug)]
pub struct Tap<'a> {
    /// The operation's full name, as `archc summary` shows it; the last one's, where several are computed together.
    pub name: &'static str,
    /// Rows, columns and channels.
    pub shape: [usize; 3],
    spec: &'static spec::Tap,
    arena: &'a [f32],
    batch: usize,
}

impl<'a> Tap<'a> {
    pub(crate) fn new(spec: &'static spec::Tap, arena: &'a [f32], batch: usize) -> Tap<'a> {
        Tap { name: spec.name, shape: spec.shape, spec, arena, batch }
    }

    /// Makes `numbers` the value's, image by image, each in the order rows, columns, channels, however it lies in the arena.
    ///
    /// Panics where the value does not lie in the arena, which is of another network.
    pub fn read(&self, numbers: &mut Vec<f32>) {
        let view = &self.spec.view;
        numbers.clear();
        numbers.reserve(view.height * view.width * view.channels * self.batch);
        for image in 0..self.batch {
            let start = self.spec.offset * self.batch + image * view.image_size();
            let memory = &self.arena[start..start + view.image_size()];
            for y in 0..view.height {
                for x in 0..view.width {
                    numbers.extend((0..view.channels).map(|channel| memory[view.index(channel, y, x)]));
                }
            }
        }
    }

    /// The same numbers in a vector of their own.
    pub fn to_vec(&self) -> Vec<f32> {
        let mut numbers = Vec::new();
        self.read(&mut numbers);
        numbers
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layout::View;

    #[test]
    fn blocks_halos_and_slices_are_read_in_natural_order() {
        static SPEC: spec::Tap = spec::Tap {
            name: "part",
            shape: [2, 1, 18],
            view: View::blocked(2, 1, 18).halo(1, 0, 0, 2).slice(3, 40),
            offset: 16,
        };
        let view = SPEC.view;
        let mut arena = alloc::vec![f32::NAN; 2 * (16 + view.image_size())];
        let number = |image: usize, channel: usize, y: usize| (image * 100 + y * 50 + channel) as f32;
        for image in 0..2 {
            let start = 32 + image * view.image_size();
            for (y, channel) in (0..2).flat_map(|y| (0..18).map(move |c| (y, c))) {
                arena[start + view.index(channel, y, 0)] = number(image, channel, y);
            }
        }
        let places = (0..2).flat_map(|i| (0..2).flat_map(move |y| (0..18).map(move |c| (i, c, y))));
        let expected: Vec<f32> = places.map(|(i, c, y)| number(i, c, y)).collect();
        let mut found = alloc::vec![7.0];
        Tap::new(&SPEC, &arena, 2).read(&mut found);
        assert_eq!(found, expected);
    }
}
