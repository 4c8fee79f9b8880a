//! The usual depthwise convolutions, 3x3 and 5x5 with strides of 1 and 2: along a row of outputs, each input is read once
//! for all taps of a row of the kernel.

use super::Depthwise;
use crate::kernels::activation::FinishNumbers;
use crate::kernels::chunk::CHUNK;
use crate::kernels::place::Place;
use crate::op::Conv;
use crate::simd::{LANES, Simd, Work};
use core::ops::Range;

/// The most pixels of a tile. Eight sums are as many as two units need to be busy, and leave room in 16 registers for the
/// weights of a row of taps and an input.
const PIXELS: usize = 8;

/// About how many pixels of a block are an item: rows enough that the kernel's other rows, which are read for them, are
/// few, and few enough that there are items for many threads.
const BAND: usize = 4 * CHUNK;

/// Whether a convolution is computed by rows: of blocks of 16 channels that start at a block's first lane on both sides.
pub(super) fn takes(op: &Conv, x: &Place<'_>, residual: Option<&Place<'_>>, y: &Place<'_>) -> bool {
    let [[k, kernel], [s, stride]] = [op.kernel, op.stride];
    let usual = k == kernel && s == stride && matches!((k, s), (3 | 5, 1 | 2)) && op.dilation == [1, 1];
    let is_blocked = |place: &Place<'_>| {
        place.pixel == LANES
            && place.strip(0, 0).is_line()
            && place.strip(0, (y.blocks() - 1) * LANES).is_line()
    };
    usual && residual.is_none() && is_blocked(x) && is_blocked(y)
}

impl Depthwise<'_> {
    /// Bands of rows of a plane.
    fn bands(&self) -> usize {
        (self.y.view.height * self.y.view.width).div_ceil(BAND).min(self.y.view.height)
    }

    /// Images, bands of rows, blocks of channels; blocks run fastest.
    pub(super) fn row_items(&self) -> usize {
        self.y.images * self.bands() * self.y.blocks()
    }

    /// Computes a work item.
    #[inline(always)]
    pub(super) fn row_item<S: Simd>(&self, simd: S, item: usize) {
        let (blocks, bands, height) = (self.y.blocks(), self.bands(), self.y.view.height);
        let (rest, block) = (item / blocks, item % blocks);
        let (image, band) = (rest / bands, rest % bands);
        let rows = band * height / bands..(band + 1) * height / bands;
        match (self.op.kernel[0], self.op.stride[0]) {
            (3, 1) => self.band::<S, 3, 1>(simd, image, block, rows),
            (3, 2) => self.band::<S, 3, 2>(simd, image, block, rows),
            (5, 1) => self.band::<S, 5, 1>(simd, image, block, rows),
            (5, 2) => self.band::<S, 5, 2>(simd, image, block, rows),
            other => unreachable!("no rows of {other:?}"),
        }
    }

    /// Computes some rows of a block of channels.
    #[inline(always)]
    fn band<S: Simd, const KERNEL: usize, const STRIDE: usize>(
        &self,
        simd: S,
        image: usize,
        block: usize,
        rows: Range<usize>,
    ) {
        let (x, y) = (self.x.strip(image, block * LANES), self.y.strip(image, block * LANES));
        let (width, padding) = (self.y.view.width, self.op.padding);
        let bounds = self.clamp.bounds();
        let tiles = width.div_ceil(PIXELS);
        let (size, larger) = (width / tiles, width % tiles);
        // Rows whose outputs are still in the L1 cache when a longer activation takes them.
        let step = (CHUNK / width).max(1);
        for first in rows.clone().step_by(step) {
            let rows = first..rows.end.min(first + step);
            let part = |column: usize, tiles: usize| Part {
                // The corner of the window lies in the halo or the plane, as the constructor has checked.
                x: x.address()
                    .cast_const()
                    .wrapping_add(self.x.at(rows.start * STRIDE, column * STRIDE))
                    .wrapping_sub(self.x.at(padding[0], padding[1])),
                x_row: self.x.row,
                y: y.address().wrapping_add(self.y.at(rows.start, column)),
                y_row: self.y.row,
                weights: self.weights[block * KERNEL * KERNEL * LANES..][..KERNEL * KERNEL * LANES].as_ptr(),
                biases: self.biases[block * LANES..][..LANES].as_ptr(),
                rows: rows.len(),
                tiles,
                bounds: bounds.as_ref(),
            };
            part(0, larger).of_size::<S, KERNEL, STRIDE>(simd, size + 1);
            part(larger * (size + 1), tiles - larger).of_size::<S, KERNEL, STRIDE>(simd, size);
            for row in rows {
                if let Some(activation) = self.finish {
                    // Safety: a row of the block's own numbers, which lie side by side.
                    let numbers = unsafe { y.numbers(self.y.at(row, 0), width * LANES) };
                    simd.outline(FinishNumbers { activation, numbers });
                }
                if y.count() < LANES {
                    // Safety: as above; the lanes behind the last channel are padding lanes.
                    let numbers = unsafe { y.numbers(self.y.at(row, 0), width * LANES) };
                    numbers.chunks_exact_mut(LANES).for_each(|pixel| pixel[y.count()..].fill(0.0));
                }
            }
        }
    }
}

/// Some tiles of each of some rows.
#[derive(Clone, Copy)]
struct Part<'a> {
    /// The first tap of the first output.
    x: *const f32,
    /// Numbers from one row to the next.
    x_row: usize,
    /// The first output.
    y: *mut f32,
    y_row: usize,
    weights: *const f32,
    biases: *const f32,
    rows: usize,
    /// Tiles of a row.
    tiles: usize,
    /// In memory, so that they take no registers while a tile is computed.
    bounds: Option<&'a [f32; 2]>,
}

impl Part<'_> {
    /// Computes the tiles, which have this many pixels.
    #[inline(always)]
    fn of_size<S: Simd, const KERNEL: usize, const STRIDE: usize>(self, simd: S, pixels: usize) {
        macro_rules! sizes {
            ($($size:literal)*) => {
                match pixels {
                    $($size => simd.outline(OfSize::<KERNEL, STRIDE, $size>(self)),)*
                    other => unreachable!("no tiles have {other} pixels"),
                }
            };
        }
        if self.tiles > 0 {
            sizes!(1 2 3 4 5 6 7 8);
        }
    }
}

/// Tiles of so many pixels.
struct OfSize<'a, const KERNEL: usize, const STRIDE: usize, const PIXELS: usize>(Part<'a>);

impl<const KERNEL: usize, const STRIDE: usize, const PIXELS: usize> OfSize<'_, KERNEL, STRIDE, PIXELS> {
    /// Columns of the input that a tile reads.
    const SPAN: usize = (PIXELS - 1) * STRIDE + KERNEL;

    /// The pixel of the tile to which an input's product with a tap of a row belongs, or as many as there are if to none.
    const fn pixel(column: usize, tap: usize) -> usize {
        let pixel = if column < tap { PIXELS } else { (column - tap) / STRIDE };
        if tap < KERNEL && pixel < PIXELS && column == pixel * STRIDE + tap { pixel } else { PIXELS }
    }

    /// Computes a tile, of each block as many channels as a register holds.
    ///
    /// # Safety
    /// `KERNEL` rows of [`OfSize::SPAN`] blocks must be readable from `x` on, as many weights, a block of biases, and
    /// `PIXELS` blocks be writable from `y` on; of all blocks the first [`Simd::PART`] numbers.
    #[inline(always)]
    unsafe fn tile<S: Simd>(
        simd: S,
        (x, row): (*const f32, usize),
        weights: *const f32,
        biases: *const f32,
        y: *mut f32,
        bounds: Option<&[f32; 2]>,
    ) {
        // Safety: the caller's promise.
        unsafe {
            let mut sums = [simd.load_part(biases); PIXELS];
            for tap_row in 0..KERNEL {
                let x = x.add(tap_row * row);
                let mut taps = [simd.splat_part(0.0); KERNEL];
                for tap in 0..KERNEL {
                    taps[tap] = simd.load_part(weights.add((tap_row * KERNEL + tap) * LANES));
                }
                // Written out, so that constants index the sums and taps, and they stay in registers.
                macro_rules! columns {
                    ($($column:literal)*) => {$(
                        if const { $column < Self::SPAN } {
                            let input = simd.load_part(x.add($column * LANES));
                            columns!(@ $column input; 0 1 2 3 4);
                        }
                    )*};
                    (@ $column:literal $input:ident; $($tap:literal)*) => {$(
                        let pixel = const { Self::pixel($column, $tap) };
                        if pixel < PIXELS {
                            sums[pixel] = simd.mul_add_part($input, taps[$tap], sums[pixel]);
                        }
                    )*};
                }
                columns!(0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18);
            }
            if let Some(bounds) = bounds {
                let [low, high] = bounds.map(|bound| simd.splat_part(bound));
                for sum in &mut sums {
                    *sum = simd.clamp_part(*sum, low, high);
                }
            }
            for (pixel, sum) in sums.into_iter().enumerate() {
                simd.store_part(y.add(pixel * LANES), sum);
            }
        }
    }
}

impl<const KERNEL: usize, const STRIDE: usize, const PIXELS: usize> Work
    for OfSize<'_, KERNEL, STRIDE, PIXELS>
{
    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let Part { x, x_row, y, y_row, weights, biases, rows, tiles, bounds } = self.0;
        for row in 0..rows {
            for tile in 0..tiles {
                let x = x.wrapping_add(row * STRIDE * x_row + tile * PIXELS * STRIDE * LANES);
                let y = y.wrapping_add(row * y_row + tile * PIXELS * LANES);
                for lane in (0..LANES).step_by(S::PART) {
                    // Safety: the tile's pixels are the output's, whose taps lie in the plane and its halo, as the
                    // constructor has checked; it has checked the weights too.
                    unsafe {
                        Self::tile(
                            simd,
                            (x.wrapping_add(lane), x_row),
                            weights.wrapping_add(lane),
                            biases.wrapping_add(lane),
                            y.wrapping_add(lane),
                            bounds,
                        );
                    }
                }
            }
        }
    }
}
