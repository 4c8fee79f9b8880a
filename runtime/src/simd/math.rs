//! Functions of lanes in f32: exponential, hyperbolic tangent, sigmoid, to a few units in the last place.
//!
//! Each is a loop over the lanes without branches, so that it becomes vector instructions. The polynomials are
//! Chebyshev interpolations of the functions named beside them.

use super::{F32x16, Simd, fused};

macro_rules! lanes {
    ($($(#[$doc:meta])* $name:ident = $one:ident;)*) => {$(
        $(#[$doc])*
        #[inline(always)]
        pub(crate) fn $name<S: Simd>(_: S, mut x: F32x16) -> F32x16 {
            for x in &mut x.0 {
                *x = $one::<S>(*x);
            }
            x
        }
    )*};
}

lanes! {
    /// `e ^ x` within 1 unit in the last place, 2 where the result is subnormal.
    exp = exp_one;
    /// The hyperbolic tangent within 7 units in the last place.
    tanh = tanh_one;
    /// `1 / (1 + e ^ -x)` within 3 units in the last place, 0 below -88.3.
    sigmoid = sigmoid_one;
    /// `x / (1 + e ^ -x)` within 3 units in the last place; -0 below -88.3.
    swish = swish_one;
    /// `x ^ (-3/4)` within 8 units in the last place, of numbers within [`ROOTS`].
    inverse_root = inverse_root_one;
}

/// Numbers of which [`inverse_root`] is right: neither they nor a power in between come near the ends of f32.
pub(crate) const ROOTS: core::ops::RangeInclusive<f32> = 1e-18..=1e18;

/// The cube of the inverse fourth root, by Newton's method.
#[inline(always)]
fn inverse_root_one<S: Simd>(x: f32) -> f32 {
    // A quarter of the exponent, negated, and nearly the mantissa: 5 % off at most.
    const MAGIC: u32 = (1.25 * (127.0 - 0.045) * 8_388_608.0) as u32;
    let mut y = f32::from_bits(MAGIC.wrapping_sub(x.to_bits() >> 2));
    for _ in 0..4 {
        y *= fused::<S>(x * (y * y) * (y * y), -0.25, 1.25);
    }
    y * y * y
}

/// A polynomial, the highest power first.
#[inline(always)]
fn polynomial<S: Simd, const N: usize>(x: f32, coefficients: [f32; N]) -> f32 {
    let mut sum = coefficients[0];
    for c in &coefficients[1..] {
        sum = fused::<S>(sum, x, *c);
    }
    sum
}

/// `1.5 * 2^23`: added and subtracted again, it rounds to a whole number, which the low bits hold in between.
const ROUND: f32 = 12_582_912.0;

/// `(e^r - 1 - r) / r^2` for r of at most half of ln 2.
const EXP: [f32; 6] = [1.989_108e-4, 1.393_373_1e-3, 8.333_311e-3, 4.166_646_4e-2, 1.666_666_7e-1, 0.5];

#[inline(always)]
fn exp_one<S: Simd>(x: f32) -> f32 {
    // Beyond these the result is 0 and infinity. The comparisons let NaN through.
    let x = if x < -104.0 { -104.0 } else { x };
    let x = if x > 89.0 { 89.0 } else { x };
    // x = n ln 2 + r; the first part of ln 2 has few bits, so that its products are exact.
    let shifted = fused::<S>(x, core::f32::consts::LOG2_E, ROUND);
    let n = shifted - ROUND;
    let r = fused::<S>(n, -0.693_359_4, x);
    let r = fused::<S>(n, 2.121_944_4e-4, r);
    let y = fused::<S>(polynomial::<S, 6>(r, EXP), r * r, r) + 1.0;
    // 2^n in two factors, since n reaches from -150 to 128.
    let n = (shifted.to_bits() as i32).wrapping_sub(ROUND.to_bits() as i32);
    let half = n >> 1;
    y * power_of_two(half) * power_of_two(n.wrapping_sub(half))
}

/// `2 ^ n` for exponents of normal numbers.
#[inline(always)]
fn power_of_two(n: i32) -> f32 {
    f32::from_bits((n.wrapping_add(127) as u32) << 23)
}

#[inline(always)]
fn tanh_one<S: Simd>(x: f32) -> f32 {
    // Beyond these the result is 1. The comparisons let NaN through.
    let x = if x < -9.02 { -9.02 } else { x };
    let x = if x > 9.02 { 9.02 } else { x };
    // x P(x^2) / Q(x^2), fitted to the least relative error: no branch, no exponential, two short chains of operations.
    const P: [f32; 6] =
        [1.816_263_3e-11, -1.274_389_2e-8, 9.255_153e-6, 2.919_414e-3, 1.291_797_4e-1, 0.999_999_94];
    const Q: [f32; 4] = [2.279_140_7e-4, 2.375_764_8e-2, 4.625_125_7e-1, 1.0];
    let z = x * x;
    let y = polynomial::<S, 6>(z, P) * x / polynomial::<S, 4>(z, Q);
    let y = if y < -1.0 { -1.0 } else { y };
    if y > 1.0 { 1.0 } else { y }
}

/// `1 + e ^ -x`, infinity where x is below -88.3, in half the operations of [`exp_one`]: next to 1 nothing of a subnormal
/// power is left, so that one factor is the whole power of 2.
#[inline(always)]
fn one_and_exp_of_negative<S: Simd>(x: f32) -> f32 {
    // The comparisons let NaN through.
    let x = if x < -89.0 { -89.0 } else { x };
    let x = if x > 88.0 { 88.0 } else { x };
    // As in `exp_one`; the low bits hold the exponent of 2 as a number of f32 has it, of which 0 stands for 0.
    const BIASED: f32 = ROUND + 127.0;
    let shifted = fused::<S>(x, -core::f32::consts::LOG2_E, BIASED);
    let n = shifted - BIASED;
    let r = fused::<S>(n, -0.693_359_4, -x);
    let r = fused::<S>(n, 2.121_944_4e-4, r);
    let y = fused::<S>(polynomial::<S, 6>(r, EXP), r * r, r) + 1.0;
    fused::<S>(y, f32::from_bits(shifted.to_bits() << 23), 1.0)
}

#[inline(always)]
fn sigmoid_one<S: Simd>(x: f32) -> f32 {
    1.0 / one_and_exp_of_negative::<S>(x)
}

#[inline(always)]
fn swish_one<S: Simd>(x: f32) -> f32 {
    x / one_and_exp_of_negative::<S>(x)
}

#[cfg(test)]
mod tests {
    use super::super::portable::Portable;
    use super::*;

    /// The largest distance from `truth` over a range, in units in the last place of the truth.
    fn worst(one: fn(f32) -> f32, truth: fn(f64) -> f64, from: f32, to: f32) -> f64 {
        let steps = 200_000;
        (0..=steps)
            .map(|i| from + (to - from) * (i as f32 / steps as f32))
            .map(|x| {
                let truth = truth(f64::from(x));
                let rounded = truth as f32;
                let unit = f64::from(f32::from_bits(rounded.abs().to_bits() + 1)) - f64::from(rounded.abs());
                (f64::from(one(x)) - truth).abs() / unit
            })
            .fold(0.0, f64::max)
    }

    fn assert_within(units: f64, one: fn(f32) -> f32, truth: fn(f64) -> f64, ranges: &[(f32, f32)]) {
        for &(from, to) in ranges {
            let worst = worst(one, truth, from, to);
            assert!(worst <= units, "{worst} units between {from} and {to}");
        }
    }

    fn sigmoid(x: f64) -> f64 {
        1.0 / (1.0 + (-x).exp())
    }

    #[test]
    fn exp_is_near() {
        assert_within(1.0, exp_one::<Portable>, f64::exp, &[(-1.0, 1.0), (-87.0, 88.7), (-1e-3, 1e-3)]);
        assert_within(2.0, exp_one::<Portable>, f64::exp, &[(-103.0, -87.0)]);
    }

    #[test]
    fn tanh_is_near() {
        assert_within(7.0, tanh_one::<Portable>, f64::tanh, &[(-1.0, 1.0), (-10.0, 10.0), (0.0, 1e-3)]);
    }

    #[test]
    fn inverse_root_is_near() {
        let (low, high) = (*ROOTS.start(), *ROOTS.end());
        let ranges =
            [(low, 16.0 * low), (1e-6, 1e-4), (0.01, 1.0), (1.0, 16.0), (16.0, 1e6), (high / 16.0, high)];
        assert_within(8.0, inverse_root_one::<Portable>, |x| x.powf(-0.75), &ranges);
    }

    #[test]
    fn sigmoid_is_near() {
        assert_within(3.0, sigmoid_one::<Portable>, sigmoid, &[(-1.0, 1.0), (-87.0, 100.0)]);
        let swish = |x: f64| x * sigmoid(x);
        assert_within(3.0, swish_one::<Portable>, swish, &[(-1.0, 1.0), (-1e-3, 1e-3), (-87.0, 100.0)]);
    }

    #[test]
    fn edges_are_those_of_the_functions() {
        let (exp, tanh, sigmoid) = (exp_one::<Portable>, tanh_one::<Portable>, sigmoid_one::<Portable>);
        let inf = f32::INFINITY;
        assert_eq!((exp(inf), exp(-inf), exp(0.0), exp(89.0), exp(-200.0)), (inf, 0.0, 1.0, inf, 0.0));
        assert_eq!((tanh(inf), tanh(-inf), tanh(0.0)), (1.0, -1.0, 0.0));
        assert_eq!((sigmoid(inf), sigmoid(-inf), sigmoid(0.0)), (1.0, 0.0, 0.5));
        let swish = swish_one::<Portable>;
        assert_eq!((swish(inf), swish(-1e30), swish(0.0)), (inf, 0.0, 0.0));
        assert!(swish(f32::NAN).is_nan() && swish(f32::from_bits(0x7f80_00ff)).is_nan());
        assert!(exp(f32::NAN).is_nan() && tanh(f32::NAN).is_nan() && sigmoid(f32::NAN).is_nan());
        assert!(tanh(-0.0).is_sign_negative());
    }
}
