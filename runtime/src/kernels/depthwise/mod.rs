//! Depthwise convolution: every channel is a group of its own, so that 16 of them are computed side by side.

mod pixels;
mod rows;

use super::Kernel;
use super::activation::Clamp;
use super::memory::Memory;
use super::operands::Operands;
use super::place::Place;
use crate::layout::At;
use crate::op::{Activation, Conv};
use crate::simd::Simd;
use crate::weights::spec::is_depthwise;
use core::ops::Range;

/// A depthwise convolution with its arguments.
#[derive(Debug)]
pub(crate) struct Depthwise<'m> {
    op: Conv,
    weights: &'m [f32],
    biases: &'m [f32],
    x: Place<'m>,
    residual: Option<Place<'m>>,
    y: Place<'m>,
    clamp: Clamp,
    /// Of the activation, what is more than bounds.
    finish: Option<Activation>,
    /// Whether it is computed by rows, as the usual kernels are.
    by_rows: bool,
}

impl<'m> Depthwise<'m> {
    /// Whether a convolution is depthwise.
    pub(crate) fn takes(op: &Conv, x: At<'_>, y: At<'_>) -> bool {
        x.view.channels == op.groups && is_depthwise(1, y.view.channels, op.groups)
    }

    /// See [`crate::run::Run::conv`].
    pub(crate) fn new(
        op: &Conv,
        memory: &'m Memory<'_>,
        w: usize,
        x: At<'_>,
        residual: Option<At<'_>>,
        y: At<'_>,
    ) -> Depthwise<'m> {
        assert!(Depthwise::takes(op, x, y), "a depthwise convolution");
        let Operands { weights, biases, x, residual, y, clamp, finish } =
            Operands::new(op, memory, w, x, residual, y);
        let by_rows = rows::takes(op, &x, residual.as_ref(), &y);
        Depthwise { op: *op, weights, biases, x, residual, y, clamp, finish, by_rows }
    }
}

impl Kernel for Depthwise<'_> {
    fn items(&self) -> usize {
        if self.by_rows { self.row_items() } else { self.pixel_items() }
    }

    fn cost(&self) -> usize {
        self.y.vectors() * (self.op.kernel[0] * self.op.kernel[1] + 2)
    }

    fn algorithm(&self) -> &'static str {
        if self.by_rows { "depthwise by rows" } else { "depthwise by pixels" }
    }

    fn products(&self) -> u64 {
        self.y.numbers() * (self.op.kernel[0] * self.op.kernel[1]) as u64
    }

    #[inline(always)]
    fn run<S: Simd>(&self, simd: S, items: Range<usize>, _: &mut [f32]) {
        for item in items {
            if self.by_rows {
                self.row_item(simd, item);
            } else {
                self.pixel_item(simd, item);
            }
        }
    }
}
