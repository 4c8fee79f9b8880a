//! The inner loop of convolutions and dense layers: a tile of pixels times blocks of 16 output channels, kept in
//! registers.

use crate::simd::{F32x16, Simd};

/// Does something for each pixel of a tile, or for each block, written out: the compiler does not unroll every loop over
/// a tile, and a tile that a variable indexes lies in memory instead of registers.
macro_rules! each {
    (pixel $count:expr, $index:ident => $body:expr) => {
        each!(@ $count, $index => $body; 0 1 2 3 4 5 6 7 8 9 10 11 12 13)
    };
    (block $count:expr, $index:ident => $body:expr) => {
        each!(@ $count, $index => $body; 0 1)
    };
    (@ $count:expr, $index:ident => $body:expr; $($number:literal)*) => {
        $(if $number < $count {
            let $index: usize = $number;
            $body
        })*
    };
}
pub(super) use each;

/// Sums of a tile, `[pixel][block]`.
pub(super) type Sums<const PIXELS: usize, const BLOCKS: usize> = [[F32x16; BLOCKS]; PIXELS];

/// Inputs whose products are written out side by side.
const UNROLL: usize = 4;

/// Adds `count` inputs: `sums[p][b] += x[p][i] * w[b][i][..]`. Inputs of a pixel lie side by side, and so do the 16
/// weights of each; `block` is the distance between blocks of weights.
///
/// The loops over pixels and blocks must be unrolled completely, else the sums leave the registers; so only constants
/// index them.
///
/// # Safety
/// `count` numbers must be readable at each `x`, and `16 * count` at `w + b * block` for each block.
#[inline(always)]
pub(super) unsafe fn accumulate<S: Simd, const PIXELS: usize, const BLOCKS: usize>(
    simd: S,
    sums: &mut Sums<PIXELS, BLOCKS>,
    x: &[*const f32; PIXELS],
    w: *const f32,
    block: usize,
    count: usize,
) {
    let mut i = 0;
    while i + UNROLL <= count {
        for j in 0..UNROLL {
            // Safety: the caller's promise.
            unsafe { multiply_add(simd, sums, x, w, block, i + j) };
        }
        i += UNROLL;
    }
    // Of what is left, whole branches: a loop of a few rounds is mispredicted at its end.
    for step in [2, 1] {
        if count & step != 0 {
            for j in 0..step {
                // Safety: the caller's promise.
                unsafe { multiply_add(simd, sums, x, w, block, i + j) };
            }
            i += step;
        }
    }
}

/// Like [`accumulate`] for a convolution's tile of one pixel, in four sums: of a single one each product would wait for the one
/// before. Four are four times as fast, and round less.
///
/// Not for dense layers, whose tiles have other sizes for other numbers of images: the sums of an image would depend on
/// how many there are.
///
/// # Safety
/// As for [`accumulate`].
#[inline(always)]
pub(super) unsafe fn accumulate_pixel<S: Simd, const PIXELS: usize, const BLOCKS: usize>(
    simd: S,
    sums: &mut Sums<PIXELS, BLOCKS>,
    x: &[*const f32; PIXELS],
    w: *const f32,
    block: usize,
    count: usize,
) {
    let mut others = [[[simd.splat(0.0); BLOCKS]; PIXELS]; 3];
    let whole = count - count % 4;
    for i in (0..whole).step_by(4) {
        // Safety: the caller's promise.
        unsafe {
            multiply_add(simd, sums, x, w, block, i);
            multiply_add(simd, &mut others[0], x, w, block, i + 1);
            multiply_add(simd, &mut others[1], x, w, block, i + 2);
            multiply_add(simd, &mut others[2], x, w, block, i + 3);
        }
    }
    for i in whole..count {
        // Safety: the caller's promise.
        unsafe { multiply_add(simd, sums, x, w, block, i) };
    }
    for p in 0..PIXELS {
        for b in 0..BLOCKS {
            let others = simd.add(others[0][p][b], simd.add(others[1][p][b], others[2][p][b]));
            sums[p][b] = simd.add(sums[p][b], others);
        }
    }
}

/// Adds input `i` of each pixel.
///
/// # Safety
/// As for [`accumulate`].
#[inline(always)]
unsafe fn multiply_add<S: Simd, const PIXELS: usize, const BLOCKS: usize>(
    simd: S,
    sums: &mut Sums<PIXELS, BLOCKS>,
    x: &[*const f32; PIXELS],
    w: *const f32,
    block: usize,
    i: usize,
) {
    let mut weights = [simd.splat(0.0); BLOCKS];
    for b in 0..BLOCKS {
        // Safety: the caller's promise.
        weights[b] = unsafe { simd.load(w.add(b * block + i * 16)) };
    }
    for p in 0..PIXELS {
        // Safety: the caller's promise.
        let x = simd.splat(unsafe { *x[p].add(i) });
        for b in 0..BLOCKS {
            sums[p][b] = simd.mul_add(x, weights[b], sums[p][b]);
        }
    }
}
