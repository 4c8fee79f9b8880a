//! Repeats rows and columns.

use super::memory::Memory;
use super::place::Place;
use super::{Kernel, Rows};
use crate::layout::At;
use crate::simd::Simd;
use core::ops::Range;

/// An upsampling with its arguments.
#[derive(Debug)]
pub(crate) struct Upsample<'m> {
    factor: [usize; 2],
    x: Place<'m>,
    y: Place<'m>,
    rows: Rows,
}

impl<'m> Upsample<'m> {
    /// See [`crate::run::Run::upsample`].
    pub(crate) fn new(factor: [usize; 2], memory: &'m Memory<'_>, x: At<'_>, y: At<'_>) -> Upsample<'m> {
        let (x, y) = (memory.place(x), memory.place(y));
        assert!(x.images == y.images && x.view.channels == y.view.channels, "as many images and channels");
        assert!(x.view.height.checked_mul(factor[0]) == Some(y.view.height), "rows are repeated");
        assert!(x.view.width.checked_mul(factor[1]) == Some(y.view.width), "columns are repeated");
        x.assert_apart(&y);
        Upsample { factor, x, y, rows: Rows::of(&y) }
    }
}

impl Kernel for Upsample<'_> {
    fn items(&self) -> usize {
        self.rows.count()
    }

    fn cost(&self) -> usize {
        self.y.vectors() * 2
    }

    fn algorithm(&self) -> &'static str {
        "upsample"
    }

    #[inline(always)]
    fn run<S: Simd>(&self, simd: S, items: Range<usize>, _: &mut [f32]) {
        let Upsample { factor: [of_rows, of_columns], x, y, rows } = self;
        for item in items {
            let (image, block, row) = rows.split(item);
            let (from, to) = (x.strip(image, block * 16), y.strip(image, block * 16));
            for column in 0..x.view.width {
                // Safety: the pixel is one of the input's.
                let numbers = unsafe { from.load(simd, x.at(row / of_rows, column) as isize) };
                for repeated in column * of_columns..(column + 1) * of_columns {
                    // Safety: the pixel is one of the output's.
                    unsafe { to.store(simd, y.at(row, repeated), numbers) }
                }
            }
        }
    }
}
