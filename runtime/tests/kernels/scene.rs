//! An arena with values in it, filled so that a wrong access shows.

use archc_runtime::Isa;
use archc_runtime::layout::{At, Halo, View};
use archc_runtime::run::Run;
use std::ops::Range;

/// Splitmix64.
#[derive(Clone, Debug)]
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Random {
        Random(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// From `low` to `high`, both included.
    pub(crate) fn range(&mut self, low: usize, high: usize) -> usize {
        low + (self.next() % (high - low + 1) as u64) as usize
    }

    pub(crate) fn of<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.range(0, all.len() - 1)]
    }

    pub(crate) fn chance(&mut self, percent: usize) -> bool {
        self.range(1, 100) <= percent
    }

    /// Between -1 and 1.
    pub(crate) fn number(&mut self) -> f32 {
        (self.next() >> 40) as f32 / 8_388_608.0 - 1.0
    }

    pub(crate) fn numbers(&mut self, count: usize) -> Vec<f32> {
        (0..count).map(|_| self.number()).collect()
    }

    /// A layout of this shape with a halo of at least this size: blocked or NHWC, whole or a slice of a larger buffer.
    pub(crate) fn view(&mut self, shape: [usize; 3], least: Halo) -> View {
        let [height, width, channels] = shape;
        let (first, of) = if self.chance(50) {
            (0, channels)
        } else {
            let first = self.of(&[0, 1, 5, 16, 20, 31, 32]);
            (first, first + channels + self.of(&[0, 3, 16]))
        };
        let blocked = View::blocked(height, width, channels).slice(first, of);
        let mut view = if self.chance(65) { blocked } else { View::nhwc(height, width, of) };
        (view.first_channel, view.channels, view.buffer_channels) = (first, channels, of);
        let mut side = |least: usize| least + if self.chance(40) { self.range(1, 2) } else { 0 };
        let halo = Halo {
            top: side(least.top),
            bottom: side(least.bottom),
            left: side(least.left),
            right: side(least.right),
        };
        view = view.halo(halo.top, halo.bottom, halo.left, halo.right);
        if self.chance(10) {
            view.layout.pitch += 1;
        }
        view
    }
}

/// The numbers of a value, `[image][row][column][channel]`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Numbers {
    pub(crate) images: usize,
    pub(crate) shape: [usize; 3],
    pub(crate) data: Vec<f64>,
}

impl Numbers {
    pub(crate) fn zeros(images: usize, shape: [usize; 3]) -> Numbers {
        Numbers { images, shape, data: vec![0.0; images * shape.iter().product::<usize>()] }
    }

    /// Each number from its image, row, column and channel.
    pub(crate) fn of(images: usize, shape: [usize; 3], mut f: impl FnMut([usize; 4]) -> f64) -> Numbers {
        let mut numbers = Numbers::zeros(images, shape);
        for place in numbers.places() {
            let index = numbers.index(place);
            numbers.data[index] = f(place);
        }
        numbers
    }

    pub(crate) fn at(&self, place: [usize; 4]) -> f64 {
        self.data[self.index(place)]
    }

    fn index(&self, [image, y, x, c]: [usize; 4]) -> usize {
        let [height, width, channels] = self.shape;
        assert!(y < height && x < width && c < channels);
        ((image * height + y) * width + x) * channels + c
    }

    pub(crate) fn places(&self) -> Vec<[usize; 4]> {
        let [height, width, channels] = self.shape;
        let mut places = Vec::new();
        for image in 0..self.images {
            for y in 0..height {
                for x in 0..width {
                    places.extend((0..channels).map(|c| [image, y, x, c]));
                }
            }
        }
        places
    }
}

/// A value of a scene.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Placed {
    pub(crate) view: View,
    pub(crate) offset: usize,
}

impl Placed {
    pub(crate) fn at(&self) -> At<'_> {
        self.view.at(self.offset)
    }

    /// Where a number lies in the arena.
    fn place(&self, images: usize, [image, y, x, c]: [usize; 4]) -> usize {
        self.offset * images + image * self.view.image_size() + self.view.index(c, y, x)
    }
}

/// What halos hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fill {
    /// As kernels may rely on.
    Zero,
    /// For kernels that must not read them.
    Nan,
}

/// An arena under construction.
#[derive(Clone, Debug)]
pub(crate) struct Scene {
    pub(crate) images: usize,
    arena: Vec<f32>,
}

/// A number that is nobody's: not to be read, not to be written.
const GUARD: f32 = f32::NAN;

impl Scene {
    pub(crate) fn new(images: usize) -> Scene {
        Scene { images, arena: vec![GUARD; 16 * images] }
    }

    /// A buffer behind the last one: padding lanes zeros, halos as asked, numbers guards.
    pub(crate) fn buffer(&mut self, view: &View, halo: Fill) -> Placed {
        self.lay(view, if halo == Fill::Nan { f32::NAN } else { 0.0 }, 0.0)
    }

    /// A buffer to write into, in memory that held something else.
    pub(crate) fn output(&mut self, view: &View) -> Placed {
        self.lay(view, 7.0, 8.0)
    }

    fn lay(&mut self, view: &View, halo: f32, padding: f32) -> Placed {
        let offset = self.arena.len() / self.images;
        let placed = Placed { view: *view, offset };
        let whole = View { first_channel: 0, channels: view.buffer_channels, ..*view };
        let all = Placed { view: whole, offset };
        let start = self.arena.len();
        self.arena.resize(start + view.image_size() * self.images, halo);
        for place in self.places_of(view, 0..view.buffer_channels.next_multiple_of(view.layout.block)) {
            let number = if place[3] >= view.buffer_channels { padding } else { GUARD };
            self.arena[all.place(self.images, place)] = number;
        }
        self.arena.extend(vec![GUARD; 16 * self.images]);
        placed
    }

    /// Places of a view's plane with these channels.
    fn places_of(&self, view: &View, channels: Range<usize>) -> Vec<[usize; 4]> {
        let shape = [view.height, view.width, channels.len()];
        let places = Numbers::zeros(self.images, shape).places();
        places.into_iter().map(|[image, y, x, c]| [image, y, x, channels.start + c]).collect()
    }

    /// The padding lanes behind a value, as channels of it; none where the buffer goes on.
    fn padding_lanes(view: &View) -> Range<usize> {
        let end = view.buffer_channels.next_multiple_of(view.layout.block) - view.first_channel;
        if view.first_channel + view.channels == view.buffer_channels { view.channels..end } else { 0..0 }
    }

    /// Random numbers into a value.
    pub(crate) fn fill(&mut self, placed: &Placed, random: &mut Random) -> Numbers {
        let view = placed.view;
        let numbers = Numbers::of(self.images, [view.height, view.width, view.channels], |_| {
            f64::from(random.number())
        });
        self.write(placed, &numbers);
        numbers
    }

    pub(crate) fn write(&mut self, placed: &Placed, numbers: &Numbers) {
        for place in numbers.places() {
            self.arena[placed.place(self.images, place)] = numbers.at(place) as f32;
        }
    }

    /// A buffer with a value of random numbers.
    pub(crate) fn input(&mut self, view: &View, halo: Fill, random: &mut Random) -> (Placed, Numbers) {
        let placed = self.buffer(view, halo);
        let numbers = self.fill(&placed, random);
        (placed, numbers)
    }

    /// Runs a kernel on every instruction set: the output must be as expected, within the tolerance (absolute, of each
    /// number), padding lanes behind it zeros, and everything else as it was. Three threads must give the same bits.
    pub(crate) fn check(
        &self,
        what: &dyn std::fmt::Debug,
        weights: &[f32],
        y: &Placed,
        expected: &Numbers,
        tolerance: impl Fn([usize; 4]) -> f64,
        kernel: impl Fn(&mut Run<'_>),
    ) {
        for isa in Isa::available().into_iter().chain([Isa::EMULATED]) {
            let mut arena = self.arena.clone();
            kernel(&mut Run::new(&mut arena, weights, self.images, isa));
            let mut shared = self.arena.clone();
            let mut run = Run::new(&mut shared, weights, self.images, isa).with_threads(3);
            run.set_grain(1);
            kernel(&mut run);
            let differs = arena.iter().zip(&shared).position(|(a, b)| a.to_bits() != b.to_bits());
            assert_eq!(differs, None, "{isa}: on three threads, of {what:?}");
            let mut written = vec![false; arena.len()];
            for place in expected.places() {
                let at = y.place(self.images, place);
                written[at] = true;
                let (value, truth) = (f64::from(arena[at]), expected.at(place));
                let near = (value - truth).abs() <= tolerance(place) || value.is_nan() && truth.is_nan();
                assert!(near || value == truth, "{isa}: {value}, not {truth}, at {place:?} of {what:?}");
            }
            for place in self.places_of(&y.view, Scene::padding_lanes(&y.view)) {
                let at = y.place(self.images, place);
                written[at] = true;
                assert_eq!(arena[at].to_bits(), 0, "{isa}: a padding lane at {place:?} of {what:?}");
            }
            for (at, &written) in written.iter().enumerate() {
                let (now, before) = (arena[at].to_bits(), self.arena[at].to_bits());
                assert!(written || now == before, "{isa}: wrote to {at} of {}: {what:?}", arena.len());
            }
        }
    }
}

/// Weights in the middle of guards, and where they start.
pub(crate) fn guarded(weights: &[f32]) -> (Vec<f32>, usize) {
    let mut all = vec![GUARD; 32];
    all.extend(weights);
    all.extend([GUARD; 32]);
    (all, 32)
}
