//! Depthwise convolution: every channel is a group of its own, so that 16 of them are computed side by side.

use super::conv::assert_geometry;
use super::memory::Memory;
use super::place::Place;
use super::strip::Strip;
use super::{Kernel, activation};
use crate::layout::At;
use crate::op::Conv;
use crate::simd::{F32x16, Simd};
use crate::weights::spec::{conv_size, is_depthwise};
use std::ops::Range;

/// Pixels of a work item.
const CHUNK: usize = 192;

/// A depthwise convolution with its arguments.
#[derive(Debug)]
pub(crate) struct Depthwise<'m> {
    op: Conv,
    weights: &'m [f32],
    biases: &'m [f32],
    x: Place<'m>,
    residual: Option<Place<'m>>,
    y: Place<'m>,
    /// Work items of a block of channels: chunks of pixels.
    chunks: usize,
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
        let (x, residual, y) = (memory.place(x), residual.map(|r| memory.place(r)), memory.place(y));
        assert_geometry(op, &x, residual.as_ref(), &y);
        let size = conv_size([op.kernel[0], op.kernel[1], 1, y.view.channels], op.groups);
        let (weights, biases) = memory.weights(w, size).0.split_at(size - y.blocks() * 16);
        let chunks = (y.view.height * y.view.width).div_ceil(CHUNK);
        Depthwise { op: *op, weights, biases, x, residual, y, chunks }
    }

    /// Computes `live` pixels of a block of channels, in the order of rows and columns, from this one on. The tile's
    /// other pixels repeat the last one and are dropped.
    ///
    /// `LINE` says that the input's channels lie side by side, so that the inner loop does not ask.
    #[inline(always)]
    fn tile<S: Simd, const PIXELS: usize, const LINE: bool>(
        &self,
        simd: S,
        strips: &Strips<'_>,
        pixel: usize,
        live: usize,
    ) {
        let (x, y, op) = (&self.x, &self.y, &self.op);
        let width = y.view.width;
        let mut inputs = [0_isize; PIXELS];
        let mut places = [(0_usize, 0_usize); PIXELS];
        let (mut row, mut column) = (pixel / width, pixel % width);
        let corner = x.at(op.padding[0], op.padding[1]) as isize;
        for p in 0..PIXELS {
            inputs[p] = x.at(row * op.stride[0], column * op.stride[1]) as isize - corner;
            places[p] = (row, column);
            if p + 1 < live {
                column += 1;
                if column == width {
                    (row, column) = (row + 1, 0);
                }
            }
        }

        // Safety: there are 16 biases for the block.
        let mut sums = [unsafe { simd.load(strips.biases.as_ptr()) }; PIXELS];
        let mut w = strips.weights.as_ptr();
        for ky in 0..op.kernel[0] {
            for kx in 0..op.kernel[1] {
                let tap = x.at(ky * op.dilation[0], kx * op.dilation[1]) as isize;
                // Safety: there are 16 weights for each tap of the block.
                let weight = unsafe { simd.load(w) };
                w = w.wrapping_add(16);
                for p in 0..PIXELS {
                    // Safety: the constructor has checked that every tap of every output lies in the plane or halo.
                    let x = unsafe {
                        let at = inputs[p] + tap;
                        if LINE { strips.x.load_line(simd, at) } else { strips.x.load(simd, at) }
                    };
                    sums[p] = simd.mul_add(x, weight, sums[p]);
                }
            }
        }

        // Copied, so that what follows may index the sums by variables without taking them out of the registers above.
        let mut out: [F32x16; PIXELS] = sums;
        if let Some((residual, strip)) = &strips.residual {
            for p in 0..live {
                let (row, column) = places[p];
                // Safety: the residual has the output's shape.
                let other = unsafe { strip.load(simd, residual.at(row, column) as isize) };
                out[p] = simd.add(out[p], other);
            }
        }
        activation::apply_all(simd, op.activation, &mut out);
        for p in 0..live {
            let (row, column) = places[p];
            // Safety: the pixel is one of the output's.
            unsafe { strips.y.store(simd, y.at(row, column), out[p]) }
        }
    }

    #[inline(always)]
    fn tiles<S: Simd, const PIXELS: usize, const LINE: bool>(
        &self,
        simd: S,
        strips: &Strips<'_>,
        pixels: Range<usize>,
    ) {
        let mut pixel = pixels.start;
        while pixel < pixels.end {
            let live = (pixels.end - pixel).min(PIXELS);
            if live == 1 {
                self.tile::<S, 1, LINE>(simd, strips, pixel, live);
            } else {
                self.tile::<S, PIXELS, LINE>(simd, strips, pixel, live);
            }
            pixel += PIXELS;
        }
    }

    fn strips(&self, image: usize, block: usize) -> Strips<'_> {
        let weights = self.op.kernel[0] * self.op.kernel[1] * 16;
        Strips {
            weights: &self.weights[block * weights..][..weights],
            biases: &self.biases[block * 16..][..16],
            x: self.x.strip(image, block * 16),
            residual: self.residual.as_ref().map(|place| (place, place.strip(image, block * 16))),
            y: self.y.strip(image, block * 16),
        }
    }
}

/// What belongs to a block of 16 channels of an image.
#[derive(Debug)]
struct Strips<'a> {
    weights: &'a [f32],
    biases: &'a [f32],
    x: Strip,
    residual: Option<(&'a Place<'a>, Strip)>,
    y: Strip,
}

impl Kernel for Depthwise<'_> {
    /// Images, blocks of channels, chunks of pixels.
    fn items(&self) -> usize {
        self.y.images * self.y.blocks() * self.chunks
    }

    #[inline(always)]
    fn run<S: Simd>(&self, simd: S, items: Range<usize>) {
        let pixels = self.y.view.height * self.y.view.width;
        for item in items {
            let (rest, chunk) = (item / self.chunks, item % self.chunks);
            let (image, block) = (rest / self.y.blocks(), rest % self.y.blocks());
            let range = chunk * CHUNK..pixels.min((chunk + 1) * CHUNK);
            let strips = self.strips(image, block);
            match (S::PIXELS, strips.x.is_line()) {
                (12, true) => self.tiles::<S, 8, true>(simd, &strips, range),
                (6, true) => self.tiles::<S, 4, true>(simd, &strips, range),
                (_, true) => self.tiles::<S, 2, true>(simd, &strips, range),
                (_, false) => self.tiles::<S, 2, false>(simd, &strips, range),
            }
        }
    }
}
