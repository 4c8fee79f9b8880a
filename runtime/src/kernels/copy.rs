//! Copies a value into another layout, or into a larger plane whose other pixels become zeros.

use super::memory::Memory;
use super::place::Place;
use super::{Kernel, Rows};
use crate::layout::At;
use crate::simd::Simd;
use core::ops::Range;

/// A copy with its arguments.
#[derive(Debug)]
pub(crate) struct Copy<'m> {
    /// Where the input's corner lies in the output.
    top: usize,
    left: usize,
    x: Place<'m>,
    y: Place<'m>,
    rows: Rows,
}

impl<'m> Copy<'m> {
    /// See [`crate::run::Run::copy`].
    pub(crate) fn new(top: usize, left: usize, memory: &'m Memory<'_>, x: At<'_>, y: At<'_>) -> Copy<'m> {
        let (x, y) = (memory.place(x), memory.place(y));
        assert!(x.images == y.images && x.view.channels == y.view.channels, "as many images and channels");
        let fits = |start: usize, size: usize, whole: usize| start <= whole && size <= whole - start;
        assert!(fits(top, x.view.height, y.view.height), "the rows lie in the output");
        assert!(fits(left, x.view.width, y.view.width), "the columns lie in the output");
        x.assert_apart(&y);
        let rows = if Copy::by_rows(left, &x, &y) { Rows::whole(&y) } else { Rows::of(&y) };
        Copy { top, left, x, y, rows }
    }

    /// Whether all numbers of a row lie side by side on both sides.
    fn by_rows(left: usize, x: &Place<'_>, y: &Place<'_>) -> bool {
        left == 0 && x.view.width == y.view.width && x.is_nhwc() && y.is_nhwc()
    }

    /// A row of NHWC.
    #[inline(always)]
    fn row(&self, image: usize, row: usize) {
        let Copy { top, x, y, .. } = self;
        let to = y.run(image, 0).0.wrapping_add(y.at(row, 0));
        let count = y.view.width * y.pixel;
        // Safety: the rows are those of the values, whose numbers lie side by side.
        unsafe {
            if (*top..top + x.view.height).contains(&row) {
                to.copy_from_nonoverlapping(x.run(image, 0).0.add(x.at(row - top, 0)), count);
            } else {
                to.write_bytes(0, count);
            }
        }
    }
}

impl Kernel for Copy<'_> {
    fn items(&self) -> usize {
        self.rows.count()
    }

    fn cost(&self) -> usize {
        self.y.vectors() * 2
    }

    fn algorithm(&self) -> &'static str {
        "copy"
    }

    #[inline(always)]
    fn run<S: Simd>(&self, simd: S, items: Range<usize>, _: &mut [f32]) {
        let Copy { top, left, x, y, rows } = self;
        for item in items {
            let (image, block, row) = rows.split(item);
            if Copy::by_rows(*left, x, y) {
                self.row(image, row);
                continue;
            }
            let (from, to) = (x.strip(image, block * 16), y.strip(image, block * 16));
            let columns =
                if (*top..top + x.view.height).contains(&row) { *left..left + x.view.width } else { 0..0 };
            for column in 0..y.view.width {
                let numbers = if columns.contains(&column) {
                    // Safety: the pixel is one of the input's.
                    unsafe { from.load(simd, x.at(row - top, column - left) as isize) }
                } else {
                    simd.splat(0.0)
                };
                // Safety: the pixel is one of the output's.
                unsafe { to.store(simd, y.at(row, column), numbers) }
            }
        }
    }
}
