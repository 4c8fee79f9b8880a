//! Winograd's transforms of a tile along one axis, as Toom and Cook's method makes them: F(2, 3), F(4, 3) and F(2, 5).
//!
//! Points are 0, 1, -1, infinity, and with 6 inputs also 1/2 and -2, which lose less than half as many digits as 2 and -2
//! (Barabasz and others, "Error analysis and improving the accuracy of Winograd convolution", 2018). What an output
//! computes is `outputs(weights(g) * inputs(d))`; `weights/winograd.rs` has the transform of kernels once more, in f64.

use crate::simd::{F32x16, Simd};

/// The most inputs of a tile along one axis, and the most taps of a transformed kernel.
pub(super) const SIDE: usize = 6;

/// The most taps of a kernel along one axis.
pub(super) const LARGEST: usize = 5;

/// 4 or 6 inputs, transformed. What is behind them is not looked at.
#[inline(always)]
pub(super) fn inputs<S: Simd, const INPUTS: usize>(simd: S, d: [F32x16; SIDE]) -> [F32x16; SIDE] {
    if INPUTS == 4 {
        let [d0, d1, d2, d3, ..] = d;
        let all = [simd.sub(d0, d2), simd.add(d1, d2), simd.sub(d2, d1), simd.sub(d3, d1)];
        return [all[0], all[1], all[2], all[3], d[4], d[5]];
    }
    let [d0, d1, d2, d3, d4, d5] = d;
    let one_half = simd.splat(1.5);
    let (a, b) = (simd.sub(d3, d1), simd.sub(d4, d2));
    [
        simd.mul_add(one_half, a, simd.add(simd.sub(d0, d2), b)),
        simd.mul_add(one_half, simd.add(d3, d2), simd.add(b, a)),
        simd.mul_add(one_half, simd.sub(d3, d2), simd.sub(b, a)),
        simd.mul_add(simd.splat(2.0), a, b),
        simd.mul_add(simd.splat(-0.5), a, b),
        simd.mul_add(one_half, b, simd.sub(simd.sub(d5, d3), a)),
    ]
}

/// 3 or 5 taps, transformed for 4 or 6 inputs. What is behind either is not to be looked at.
#[inline(always)]
pub(super) fn weights<S: Simd, const INPUTS: usize, const TAPS: usize>(
    simd: S,
    g: [F32x16; LARGEST],
) -> [F32x16; SIDE] {
    let [g0, g1, g2, g3, g4] = g;
    let scaled = |x: F32x16, factor: f32| simd.mul(x, simd.splat(factor));
    let with = |x: F32x16, factor: f32, sum: F32x16| simd.mul_add(x, simd.splat(factor), sum);
    if INPUTS == 4 {
        let (even, odd) = (scaled(simd.add(g0, g2), 0.5), scaled(g1, 0.5));
        return [g0, simd.add(even, odd), simd.sub(even, odd), g2, g0, g0];
    }
    if TAPS == 5 {
        let even = scaled(simd.add(simd.add(g0, g2), g4), 1.0 / 3.0);
        let odd = scaled(simd.add(g1, g3), 1.0 / 3.0);
        let half = with(g1, -8.0 / 15.0, scaled(g0, -16.0 / 15.0));
        let two = with(g1, -2.0 / 15.0, scaled(g0, 1.0 / 15.0));
        return [
            g0,
            simd.add(odd, even),
            simd.sub(odd, even),
            with(g4, -1.0 / 15.0, with(g3, -2.0 / 15.0, with(g2, -4.0 / 15.0, half))),
            with(g4, 16.0 / 15.0, with(g3, -8.0 / 15.0, with(g2, 4.0 / 15.0, two))),
            g4,
        ];
    }
    let (even, odd) = (scaled(simd.add(g0, g2), 1.0 / 3.0), scaled(g1, 1.0 / 3.0));
    [
        g0,
        simd.add(odd, even),
        simd.sub(odd, even),
        with(g2, -4.0 / 15.0, with(g1, -8.0 / 15.0, scaled(g0, -16.0 / 15.0))),
        with(g2, 4.0 / 15.0, with(g1, -2.0 / 15.0, scaled(g0, 1.0 / 15.0))),
        g2,
    ]
}

/// 2 or 4 outputs of 4 or 6 products. What is behind them is not looked at.
#[inline(always)]
pub(super) fn outputs<S: Simd, const INPUTS: usize, const OUT: usize>(
    simd: S,
    m: [F32x16; SIDE],
) -> [F32x16; 4] {
    let [m0, m1, m2, m3, m4, m5] = m;
    let (even, odd) = (simd.add(m1, m2), simd.sub(m1, m2));
    if INPUTS == 4 {
        return [simd.add(m0, even), simd.add(odd, m3), m4, m5];
    }
    let scaled = |x: F32x16, factor: f32, sum: F32x16| simd.mul_add(simd.splat(factor), x, sum);
    if OUT == 2 {
        return [
            simd.add(simd.add(m0, even), simd.add(m3, m4)),
            scaled(m4, -2.0, scaled(m3, 0.5, simd.add(odd, m5))),
            m4,
            m5,
        ];
    }
    [
        simd.add(simd.add(m0, even), simd.add(m3, m4)),
        scaled(m4, -2.0, scaled(m3, 0.5, odd)),
        scaled(m4, 4.0, scaled(m3, 0.25, even)),
        scaled(m4, -8.0, scaled(m3, 0.125, simd.add(odd, m5))),
    ]
}
