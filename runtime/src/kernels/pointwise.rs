//! Kernels whose results depend on one place of each input: affine, rescale, activation, addition, multiplication.
//!
//! They may work in place.

use super::memory::{Memory, Weights};
use super::place::Place;
use super::strip::Strip;
use super::{Kernel, Rows, activation};
use crate::layout::At;
use crate::op::{Activation, Affine, Rescale};
use crate::simd::{F32x16, Simd};
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
}

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
        Pointwise { inputs, y, function, rows }
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
            for column in 0..self.y.view.width {
                let mut x = [simd.splat(0.0); INPUTS];
                for (x, (strip, of_row, of_pixel)) in x.iter_mut().zip(&inputs) {
                    // Safety: the constructor has checked that the input has this pixel.
                    *x = unsafe { strip.load(simd, (row * of_row + column * of_pixel) as isize) };
                }
                let value = self.function.apply(simd, x);
                // Safety: the pixel is one of the output's.
                unsafe { y.store(simd, self.y.at(row, column), value) }
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
