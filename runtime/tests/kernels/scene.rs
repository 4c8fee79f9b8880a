//! An arena with values in it, filled and laid so that a wrong access shows: between the values lies what is not a number,
//! and where the arena and the weights end, a page that nobody may touch.

use crate::fence::{Fenced, Side};
use archc_runtime::Isa;
use archc_runtime::layout::{At, Halo, View};
use archc_runtime::run::Run;
use std::fmt;
use std::ops::Range;

/// The seeds of a test's random cases; fewer where `ARCHC_FEWER_CASES` divides them, as for an emulator, which takes a
/// hundred times as long.
pub(crate) fn seeds(count: u64) -> Range<u64> {
    let divisor = std::env::var("ARCHC_FEWER_CASES").map_or(1, |n| n.parse().expect("a number"));
    0..count.div_ceil(divisor)
}

/// Splitmix64.
#[derive(Clone, Debug)]
pub(crate) struct Random {
    state: u64,
    /// Of a hundred inputs, how many are none of the usual numbers.
    special: usize,
}

/// Inputs that kernels treat as IEEE 754 says, unless an operator's description says otherwise.
const SPECIAL: [f32; 9] =
    [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, 0.0, -0.0, 1e-40, -3e-45, f32::MIN_POSITIVE, -1e-38];

impl Random {
    /// Every fourth seed makes some inputs special.
    pub(crate) fn new(seed: u64) -> Random {
        Random { state: seed, special: if seed % 4 == 3 { 4 } else { 0 } }
    }

    fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.state ^ (self.state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
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

    /// Of an input.
    fn input(&mut self) -> f32 {
        if self.special > 0 && self.chance(self.special) { self.of(&SPECIAL) } else { self.number() }
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

/// A value of a scene: a view of one of its buffers.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Placed {
    pub(crate) view: View,
    pub(crate) buffer: usize,
}

impl Placed {
    /// Where a number lies in the buffer.
    fn place(&self, [image, y, x, c]: [usize; 4]) -> usize {
        image * self.view.image_size() + self.view.index(c, y, x)
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

/// Values for a kernel.
#[derive(Clone, Debug)]
pub(crate) struct Scene {
    pub(crate) images: usize,
    /// Numbers that each thread gets for itself.
    pub(crate) scratch: usize,
    /// What kernels are checked on.
    isas: Vec<Isa>,
    /// What each buffer holds.
    buffers: Vec<Vec<f32>>,
}

/// A number that is nobody's: not to be read, not to be written.
const GUARD: f32 = f32::NAN;

/// How many of them lie between buffers, for each image.
const GAP: usize = 16;

impl Scene {
    pub(crate) fn new(images: usize) -> Scene {
        let isas = Isa::available().into_iter().chain([Isa::EMULATED]).collect();
        Scene { images, scratch: 0, isas, buffers: Vec::new() }
    }

    /// The same, checked on these instruction sets.
    pub(crate) fn on(self, isas: Vec<Isa>) -> Scene {
        Scene { isas, ..self }
    }

    /// A buffer of its own: padding lanes zeros, halos as asked, numbers guards.
    pub(crate) fn buffer(&mut self, view: &View, halo: Fill) -> Placed {
        self.lay(view, if halo == Fill::Nan { f32::NAN } else { 0.0 }, 0.0)
    }

    /// A buffer to write into, in memory that held something else.
    pub(crate) fn output(&mut self, view: &View) -> Placed {
        self.lay(view, 7.0, 8.0)
    }

    fn lay(&mut self, view: &View, halo: f32, padding: f32) -> Placed {
        let buffer = self.buffers.len();
        let whole = View { first_channel: 0, channels: view.buffer_channels, ..*view };
        let all = Placed { view: whole, buffer };
        let mut numbers = vec![halo; view.image_size() * self.images];
        for place in self.places_of(view, 0..view.buffer_channels.next_multiple_of(view.layout.block)) {
            numbers[all.place(place)] = if place[3] >= view.buffer_channels { padding } else { GUARD };
        }
        self.buffers.push(numbers);
        Placed { view: *view, buffer }
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
        let numbers =
            Numbers::of(self.images, [view.height, view.width, view.channels], |_| f64::from(random.input()));
        self.write(placed, &numbers);
        numbers
    }

    pub(crate) fn write(&mut self, placed: &Placed, numbers: &Numbers) {
        for place in numbers.places() {
            self.buffers[placed.buffer][placed.place(place)] = numbers.at(place) as f32;
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
    /// Buffers take turns at the arena's start and end.
    pub(crate) fn check(
        &self,
        what: &dyn fmt::Debug,
        weights: &[f32],
        y: &Placed,
        expected: &Numbers,
        tolerance: impl Fn([usize; 4]) -> f64,
        kernel: impl Fn(&mut Run<'_>, &Places),
    ) {
        let size = self.buffers.iter().map(Vec::len).sum::<usize>() + weights.len();
        let mut turn = Random::new(size as u64).range(0, 2 * self.buffers.len() - 1);
        for isa in self.isas.iter().copied() {
            let [alone, shared] = [1, 3].map(|threads| {
                let places = Places::new(self, turn, weights.len());
                turn += 1;
                let mut arena = self.arena(&places);
                let weights = places.fence(weights);
                let mut scratch =
                    Fenced::new(&vec![GUARD; self.scratch.next_multiple_of(16) * threads], places.side);
                let mut run =
                    Run::new(&mut arena, &weights, self.images, isa).with_scratch(&mut scratch, threads);
                if threads > 1 {
                    run = run.with_threads(threads);
                    run.set_grain(1);
                }
                kernel(&mut run, &places);
                let side = places.side;
                let what = format_args!("on {isa}, {threads} threads, page at the {side:?}, of {what:?}");
                self.check_run(what, &places, &arena, y, expected, &tolerance)
            });
            let differs = alone.iter().zip(&shared).position(|(a, b)| a.to_bits() != b.to_bits());
            assert_eq!(differs, None, "{isa}: on three threads, of {what:?}");
        }
    }

    /// The arena before a run.
    fn arena(&self, places: &Places) -> Fenced {
        let mut arena = vec![GUARD; places.size * self.images];
        for (numbers, offset) in self.buffers.iter().zip(&places.offsets) {
            arena[offset * self.images..][..numbers.len()].copy_from_slice(numbers);
        }
        Fenced::new(&arena, places.side)
    }

    /// Checks an arena after a run; the numbers of the output.
    fn check_run(
        &self,
        what: fmt::Arguments<'_>,
        places: &Places,
        arena: &[f32],
        y: &Placed,
        expected: &Numbers,
        tolerance: &impl Fn([usize; 4]) -> f64,
    ) -> Vec<f32> {
        let mut before = self.arena(places);
        let start = places.offsets[y.buffer] * self.images;
        let mut output = Vec::new();
        for place in expected.places() {
            let at = start + y.place(place);
            output.push(arena[at]);
            before[at] = arena[at];
            let (value, truth) = (f64::from(arena[at]), expected.at(place));
            let allowed = tolerance(place) + f64::from(f32::MIN_POSITIVE) * 1e-5;
            let near = truth.is_finite() && allowed.is_finite() && (value - truth).abs() <= allowed
                || value.is_nan() && truth.is_nan();
            assert!(near || value == truth, "{value}, not {truth}, at {place:?} {what}");
        }
        for place in self.places_of(&y.view, Scene::padding_lanes(&y.view)) {
            let at = start + y.place(place);
            before[at] = arena[at];
            assert_eq!(arena[at].to_bits(), 0, "a padding lane at {place:?} {what}");
        }
        for (at, (now, before)) in arena.iter().zip(&*before).enumerate() {
            assert!(now.to_bits() == before.to_bits(), "wrote to {at} of {}: {what}", arena.len());
        }
        output
    }
}

/// Where the buffers of a scene lie in one run.
#[derive(Clone, Debug)]
pub(crate) struct Places {
    side: Side,
    /// Of each buffer, for one image.
    offsets: Vec<usize>,
    /// Of the arena, for one image.
    size: usize,
    /// Where the weights start.
    pub(crate) weights: usize,
}

impl Places {
    /// In each turn another buffer is the arena's first or last.
    fn new(scene: &Scene, turn: usize, weights: usize) -> Places {
        let count = scene.buffers.len();
        let side = if turn.is_multiple_of(2) { Side::End } else { Side::Start };
        let (mut offsets, mut size) = (vec![0; count], 0);
        for i in 0..count {
            let buffer = (turn / 2 + i) % count;
            let len = scene.buffers[buffer].len() / scene.images;
            size += if side == Side::End { GAP } else { 0 };
            offsets[buffer] = size;
            size += len + if side == Side::Start { GAP } else { 0 };
        }
        let weights = if side == Side::End && weights > 0 { GAP } else { 0 };
        Places { side, offsets, size, weights }
    }

    /// A value, for the kernel.
    pub(crate) fn at<'a>(&self, placed: &'a Placed) -> At<'a> {
        placed.view.at(self.offsets[placed.buffer])
    }

    /// The weights with guards on the side that has no page.
    fn fence(&self, weights: &[f32]) -> Fenced {
        let guards = vec![GUARD; if weights.is_empty() { 0 } else { GAP }];
        let all = if self.side == Side::End { [&guards, weights] } else { [weights, &guards] };
        Fenced::new(&all.concat(), self.side)
    }
}
