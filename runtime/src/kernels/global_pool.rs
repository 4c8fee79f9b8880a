//! Pooling of whole planes to one pixel.

use super::Kernel;
use super::memory::Memory;
use super::place::Place;
use crate::layout::At;
use crate::op::PoolKind;
use crate::simd::Simd;
use core::ops::Range;

/// A global pooling with its arguments.
#[derive(Debug)]
pub(crate) struct GlobalPool<'m> {
    kind: PoolKind,
    x: Place<'m>,
    y: Place<'m>,
}

impl<'m> GlobalPool<'m> {
    /// See [`crate::run::Run::global_pool`].
    pub(crate) fn new(kind: PoolKind, memory: &'m Memory<'_>, x: At<'_>, y: At<'_>) -> GlobalPool<'m> {
        let (x, y) = (memory.place(x), memory.place(y));
        assert!((y.view.height, y.view.width) == (1, 1), "a global pooling's output is one pixel");
        assert!(x.images == y.images && x.view.channels == y.view.channels, "as many images and channels");
        x.assert_apart_or_same(&y);
        GlobalPool { kind, x, y }
    }
}

impl Kernel for GlobalPool<'_> {
    /// Images and blocks of channels.
    fn items(&self) -> usize {
        self.y.images * self.y.blocks()
    }

    fn cost(&self) -> usize {
        self.x.vectors() * 5
    }

    fn algorithm(&self) -> &'static str {
        if self.kind == PoolKind::Max { "global max pool" } else { "global average pool" }
    }

    #[inline(always)]
    fn run<S: Simd>(&self, simd: S, items: Range<usize>, _: &mut [f32]) {
        let GlobalPool { kind, x, y } = self;
        for item in items {
            let (image, channel) = (item / y.blocks(), item % y.blocks() * 16);
            let (from, to) = (x.strip(image, channel), y.strip(image, channel));
            let maximum = match kind {
                PoolKind::Max => true,
                PoolKind::Average | PoolKind::AverageWithPadding => false,
            };
            let start = simd.splat(if maximum { f32::NEG_INFINITY } else { 0.0 });
            let mut value = start;
            for row in 0..x.view.height {
                // Each row by itself, which keeps the rounding errors of a sum small.
                let mut of_row = start;
                for column in 0..x.view.width {
                    // Safety: the pixel is one of the input's.
                    let number = unsafe { from.load(simd, x.at(row, column) as isize) };
                    of_row = if maximum { simd.max(of_row, number) } else { simd.add(of_row, number) };
                }
                value = if maximum { simd.max(value, of_row) } else { simd.add(value, of_row) };
            }
            if !maximum {
                value = simd.div(value, simd.splat((x.view.height * x.view.width) as f32));
            }
            // Safety: the output has this pixel.
            unsafe { to.store(simd, 0, value) }
        }
    }
}
