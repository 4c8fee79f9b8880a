//! Kernels whose results depend on one place of each input: affine, rescale, activation, addition, multiplication.
//!
//! They may work in place.

use super::memory::{Memory, Weights};
use super::place::Place;
use super::strip::Strip;
use super::{Kernel, Rows, activation};
use crate::layout::At;
use crate::op::{Activation, Affine, Rescale};
use crate::simd::{F32x16, LANES, Simd};
use crate::weights::spec::affine_size;
use core::ops::Range;

/// What is computed of the inputs' lanes at one place.
pub(crate) trait Function<const INPUTS: usize>: Sync {
    /// In a word.
    const NAME: &'static str;

    /// The lanes of the output.
    fn apply<S: Simd>(&self, simd: S, x: [F32x16; INPUTS]) -> F32x16;
}

/// A function over a whole value.
#[derive(Debug)]
pub(crate) struct Pointwise<'m, F, const INPUTS: usize> {
    inputs: [Input<'m>; INPUTS],
    y: Place<'m>,
    function: F,
    rows: Rows,
    /// Whether rows are computed by [`Pointwise::narrow_row`].
    is_narrow: bool,
}

/// The most channels of which several pixels are computed at once: those of an image.
const NARROW: usize = 4;

#[derive(Clone, Copy, Debug)]
enum Input<'m> {
    /// A value of the output's shape.
    Value(Place<'m>),
    /// A value of one pixel.
    Pixel(Place<'m>),
    /// Numbers for each channel, filled up to a multiple of 16.
    Channels(Weights<'m>),
}

impl<'m, F: Function<INPUTS>, const INPUTS: usize> Pointwise<'m, F, INPUTS> {
    fn new(inputs: [Input<'m>; INPUTS], y: Place<'m>, function: F) -> Pointwise<'m, F, INPUTS> {
        for input in &inputs {
            match input {
                Input::Value(x) => {
                    x.assert_like(&y);
                    x.assert_apart_or_same(&y);
                }
                Input::Pixel(x) => {
                    assert!((x.view.height, x.view.width) == (1, 1), "a gate of one pixel");
                    assert!(x.view.channels == y.view.channels && x.images == y.images, "a gate's channels");
                    x.assert_apart_or_same(&y);
                }
                Input::Channels(numbers) => {
                    assert!(numbers.0.len() == y.blocks() * 16, "as many constants as channels");
                }
            }
        }
        let rows = Rows::of(&y);
        let lies_in_rows = |input: &Input<'_>| match input {
            Input::Value(x) | Input::Pixel(x) => x.is_nhwc(),
            Input::Channels(_) => true,
        };
        let is_narrow = y.view.channels <= NARROW && y.is_nhwc() && inputs.iter().all(lies_in_rows);
        Pointwise { inputs, y, function, rows, is_narrow }
    }
}

impl Input<'_> {
    /// The channels of a block, and the distances of its rows and pixels.
    #[inline(always)]
    fn strip(&self, image: usize, block: usize) -> (Strip, usize, usize) {
        match self {
            Input::Value(x) => (x.strip(image, block * 16), x.row, x.pixel),
            Input::Pixel(x) => (x.strip(image, block * 16), 0, 0),
            Input::Channels(numbers) => (Strip::of_weights(numbers, block), 0, 0),
        }
    }
}

impl<F: Function<INPUTS>, const INPUTS: usize> Kernel for Pointwise<'_, F, INPUTS> {
    fn items(&self) -> usize {
        self.rows.count()
    }

    fn cost(&self) -> usize {
        // Activations may take more; few of them stand alone.
        self.y.vectors() * (INPUTS + 1)
    }

    fn algorithm(&self) -> &'static str {
        F::NAME
    }

    #[inline(always)]
    fn run<S: Simd>(&self, simd: S, items: Range<usize>, _: &mut [f32]) {
        for item in items {
            let (image, block, row) = self.rows.split(item);
            let inputs = self.inputs.each_ref().map(|input| input.strip(image, block));
            let y = self.y.strip(image, block * 16);
            if self.is_narrow {
                self.narrow_row(simd, &inputs, &y, row);
            } else if y.is_line() && inputs.iter().all(|(strip, ..)| strip.is_line()) {
                self.row::<S, true>(simd, &inputs, &y, row);
            } else {
                self.row::<S, false>(simd, &inputs, &y, row);
            }
        }
    }
}

impl<F: Function<INPUTS>, const INPUTS: usize> Pointwise<'_, F, INPUTS> {
    /// Computes a row of a block of channels. `LINE` says that the channels of each strip lie side by side.
    #[inline(always)]
    fn row<S: Simd, const LINE: bool>(
        &self,
        simd: S,
        inputs: &[(Strip, usize, usize); INPUTS],
        y: &Strip,
        row: usize,
    ) {
        for column in 0..self.y.view.width {
            let mut x = [simd.splat(0.0); INPUTS];
            for (x, (strip, of_row, of_pixel)) in x.iter_mut().zip(inputs) {
                let at = (row * of_row + column * of_pixel) as isize;
                // Safety: the constructor has checked that the input has this pixel.
                *x = unsafe { if LINE { strip.load_line(simd, at) } else { strip.load(simd, at) } };
            }
            let value = self.function.apply(simd, x);
            // Safety: the pixel is one of the output's.
            unsafe { y.store(simd, self.y.at(row, column), value) }
        }
    }

    /// The same where all channels of a row lie side by side, pixel after pixel, and are few: 16 numbers at once, of several
    /// pixels.
    #[inline(always)]
    fn narrow_row<S: Simd>(&self, simd: S, inputs: &[(Strip, usize, usize); INPUTS], y: &Strip, row: usize) {
        let channels = self.y.view.channels;
        let count = self.y.view.width * channels;
        // What is the same for all pixels, from each channel on.
        let mut repeated = [[simd.splat(0.0); NARROW]; INPUTS];
        for (repeated, (strip, _, of_pixel)) in repeated.iter_mut().zip(inputs) {
            for first in 0..if *of_pixel == 0 { channels } else { 0 } {
                for lane in 0..LANES {
                    // Safety: there is a number for each channel.
                    repeated[first].0[lane] = unsafe { *strip.address().add((first + lane) % channels) };
                }
            }
        }
        for start in (0..count).step_by(LANES) {
            let some = LANES.min(count - start);
            let mut x = [simd.splat(0.0); INPUTS];
            for (i, (strip, of_row, of_pixel)) in inputs.iter().enumerate() {
                let from = strip.address().wrapping_add(row * of_row + start);
                // Safety: the row has `count` numbers.
                x[i] = unsafe {
                    match (*of_pixel, some) {
                        (0, _) => repeated[i][start % channels],
                        (_, LANES) => simd.load(from),
                        _ => simd.load_first(from, some),
                    }
                };
            }
            let value = self.function.apply(simd, x);
            let to = y.address().wrapping_add(self.y.at(row, 0) + start);
            // Safety: as above.
            unsafe {
                if some == LANES {
                    simd.store(to, value);
                } else {
                    simd.store_first(to, value, some);
                }
            }
        }
    }
}

impl Function<3> for Affine {
    const NAME: &'static str = "affine";

    #[inline(always)]
    fn apply<S: Simd>(&self, simd: S, [x, scale, shift]: [F32x16; 3]) -> F32x16 {
        activation::apply(simd, self.activation, simd.mul_add(x, scale, shift))
    }
}

impl Function<1> for Rescale {
    const NAME: &'static str = "rescale";

    #[inline(always)]
    fn apply<S: Simd>(&self, simd: S, [x]: [F32x16; 1]) -> F32x16 {
        simd.mul_add(x, simd.splat(self.scale), simd.splat(self.offset))
    }
}

impl Function<1> for Activation {
    const NAME: &'static str = "activation";

    #[inline(always)]
    fn apply<S: Simd>(&self, simd: S, [x]: [F32x16; 1]) -> F32x16 {
        activation::apply(simd, *self, x)
    }
}

/// The activation of a sum.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Add(Activation);

impl Function<2> for Add {
    const NAME: &'static str = "add";

    #[inline(always)]
    fn apply<S: Simd>(&self, simd: S, [a, b]: [F32x16; 2]) -> F32x16 {
        activation::apply(simd, self.0, simd.add(a, b))
    }
}

/// A product.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Multiply;

impl Function<2> for Multiply {
    const NAME: &'static str = "multiply";

    #[inline(always)]
    fn apply<S: Simd>(&self, simd: S, [a, b]: [F32x16; 2]) -> F32x16 {
        simd.mul(a, b)
    }
}

/// See [`crate::run::Run::affine`].
pub(crate) fn affine<'m>(
    op: &Affine,
    memory: &'m Memory<'_>,
    w: usize,
    x: At<'_>,
    y: At<'_>,
) -> Pointwise<'m, Affine, 3> {
    let half = affine_size(y.view.channels) / 2;
    let scale = Input::Channels(memory.weights(w, half));
    let shift = Input::Channels(memory.weights(w + half, half));
    Pointwise::new([Input::Value(memory.place(x)), scale, shift], memory.place(y), *op)
}

/// See [`crate::run::Run::rescale`].
pub(crate) fn rescale<'m>(
    op: &Rescale,
    memory: &'m Memory<'_>,
    x: At<'_>,
    y: At<'_>,
) -> Pointwise<'m, Rescale, 1> {
    Pointwise::new([Input::Value(memory.place(x))], memory.place(y), *op)
}

/// See [`crate::run::Run::activate`].
pub(crate) fn activate<'m>(
    activation: Activation,
    memory: &'m Memory<'_>,
    x: At<'_>,
    y: At<'_>,
) -> Pointwise<'m, Activation, 1> {
    Pointwise::new([Input::Value(memory.place(x))], memory.place(y), activation)
}

/// See [`crate::run::Run::add`].
pub(crate) fn add<'m>(
    activation: Activation,
    memory: &'m Memory<'_>,
    a: At<'_>,
    b: At<'_>,
    y: At<'_>,
) -> Pointwise<'m, Add, 2> {
    let inputs = [Input::Value(memory.place(a)), Input::Value(memory.place(b))];
    Pointwise::new(inputs, memory.place(y), Add(activation))
}

/// See [`crate::run::Run::multiply`].
pub(crate) fn multiply<'m>(
    memory: &'m Memory<'_>,
    x: At<'_>,
    gate: At<'_>,
    y: At<'_>,
) -> Pointwise<'m, Multiply, 2> {
    let gate = if (gate.view.height, gate.view.width) == (1, 1) {
        Input::Pixel(memory.place(gate))
    } else {
        Input::Value(memory.place(gate))
    };
    Pointwise::new([Input::Value(memory.place(x)), gate], memory.place(y), Multiply)
}
