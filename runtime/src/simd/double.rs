//! Functions whose result would lose most of its digits if f32 carried the steps between: they are computed in f64, 16
//! lanes at a time. Rarely used: local response normalization, GELU.

use super::{F32x16, LANES, Simd, scalar};

#[inline(always)]
fn mul_add<S: Simd>(a: f64, b: f64, c: f64) -> f64 {
    if S::FMA { scalar::mul_add_f64(a, b, c) } else { a * b + c }
}

#[inline(always)]
fn polynomial<S: Simd, const N: usize>(x: f64, coefficients: [f64; N]) -> f64 {
    let mut sum = coefficients[0];
    for c in &coefficients[1..] {
        sum = mul_add::<S>(sum, x, *c);
    }
    sum
}

/// `x ^ exponent` for `x` of at least 0, within 1 unit in the last place; NaN below 0.
#[inline(always)]
pub(crate) fn pow<S: Simd>(_: S, mut x: F32x16, exponent: f32) -> F32x16 {
    for lane in 0..LANES {
        x.0[lane] = pow_one::<S>(x.0[lane], f64::from(exponent));
    }
    x
}

/// `x * (1 + erf(x / sqrt(2))) / 2` within 1 unit in the last place.
#[inline(always)]
pub(crate) fn gelu<S: Simd>(_: S, mut x: F32x16) -> F32x16 {
    for x in &mut x.0 {
        *x = gelu_one::<S>(*x);
    }
    x
}

/// `2^52`, whose low bits hold a whole number added to it.
const WHOLE: f64 = 4_503_599_627_370_496.0;

#[inline(always)]
fn pow_one<S: Simd>(x: f32, exponent: f64) -> f32 {
    let power = exp2::<S>(exponent * log2::<S>(f64::from(x))) as f32;
    let power = if x == 0.0 && exponent > 0.0 { 0.0 } else { power };
    let power = if (x == 0.0 && exponent < 0.0) || (x == f32::INFINITY && exponent > 0.0) {
        f32::INFINITY
    } else {
        power
    };
    let power = if x == f32::INFINITY && exponent < 0.0 { 0.0 } else { power };
    let power = if x < 0.0 || x.is_nan() { f32::NAN } else { power };
    if exponent == 0.0 { 1.0 } else { power }
}

/// Of positive finite numbers, to about 2e-11.
#[inline(always)]
fn log2<S: Simd>(x: f64) -> f64 {
    // x = m 2^e with m between sqrt(1/2) and sqrt(2)
    const SQRT_HALF: u64 = 0x3fe6_a09e_667f_3bcd;
    const ONE: u64 = 0x3ff0_0000_0000_0000;
    const MANTISSA: u64 = (1 << 52) - 1;
    let bits = x.to_bits().wrapping_add(ONE - SQRT_HALF);
    let e = f64::from_bits(WHOLE.to_bits() | (bits >> 52)) - WHOLE - 1023.0;
    let m = f64::from_bits((bits & MANTISSA) + SQRT_HALF);
    // ln m = 2 artanh s
    let s = (m - 1.0) / (m + 1.0);
    const P: [f64; 8] = [2.0 / 15.0, 2.0 / 13.0, 2.0 / 11.0, 2.0 / 9.0, 2.0 / 7.0, 2.0 / 5.0, 2.0 / 3.0, 2.0];
    mul_add::<S>(polynomial::<S, 8>(s * s, P) * s, core::f64::consts::LOG2_E, e)
}

/// To about 1e-11; 0 and infinity beyond f32.
#[inline(always)]
fn exp2<S: Simd>(x: f64) -> f64 {
    let x = if x < -200.0 { -200.0 } else { x };
    let x = if x > 200.0 { 200.0 } else { x };
    const ROUND: f64 = 1.5 * WHOLE;
    let shifted = x + ROUND;
    let r = (x - (shifted - ROUND)) * core::f64::consts::LN_2;
    const P: [f64; 10] = [
        1.0 / 362_880.0,
        1.0 / 40_320.0,
        1.0 / 5_040.0,
        1.0 / 720.0,
        1.0 / 120.0,
        1.0 / 24.0,
        1.0 / 6.0,
        0.5,
        1.0,
        1.0,
    ];
    let scale = f64::from_bits(shifted.to_bits().wrapping_sub(ROUND.to_bits()).wrapping_add(1023) << 52);
    polynomial::<S, 10>(r, P) * scale
}

#[inline(always)]
fn gelu_one<S: Simd>(x: f32) -> f32 {
    let x = f64::from(x);
    let tail = 0.5 * erfc::<S>(x.abs() * core::f64::consts::FRAC_1_SQRT_2);
    // Zero where it is too small for f32 anyway, so that minus infinity gives what the formula gives: NaN.
    let tail = if x.abs() > 15.0 { 0.0 } else { tail };
    let factor = if x < 0.0 { tail } else { 1.0 - tail };
    (x * factor) as f32
}

/// The complementary error function of numbers of at least 0, to about 1e-10 of itself.
#[inline(always)]
fn erfc<S: Simd>(z: f64) -> f64 {
    // Beyond it the result is smaller than any f32.
    let z = if z > 11.0 { 11.0 } else { z };
    // erfc(z) e^(z^2) (1 + 2z) in (z - 2) / (z + 2)
    const P: [f64; 14] = [
        -1.128_107_524_511_358_8e-5,
        -5.877_832_372_935_734e-6,
        1.189_608_359_776_039e-4,
        1.988_401_679_332_663e-4,
        -4.366_234_303_940_546e-4,
        -1.450_326_520_947_172_9e-3,
        1.266_398_366_059_226_8e-3,
        8.720_692_294_601_942e-3,
        -8.033_314_001_124_862e-3,
        -5.421_975_076_242_475e-2,
        1.640_512_348_381_570_6e-1,
        -1.660_304_089_288_503_7e-1,
        -9.276_382_568_828_286e-2,
        1.276_978_381_633_289_8,
    ];
    let decay = exp2::<S>(-z * z * core::f64::consts::LOG2_E);
    decay * polynomial::<S, 14>((z - 2.0) / (z + 2.0), P) / (1.0 + 2.0 * z)
}

#[cfg(test)]
mod tests {
    use super::super::portable::Portable;
    use super::*;

    #[test]
    fn pow_is_near() {
        for exponent in [-0.75_f32, -1.0, -0.5, 0.0, 0.5, 1.75] {
            for i in 0..100_000 {
                let x = (i as f32 * 3.7e-4).exp2() * 1e-5;
                let truth = f64::from(x).powf(f64::from(exponent));
                let error = (f64::from(pow_one::<Portable>(x, f64::from(exponent))) - truth).abs();
                assert!(error <= truth * 6.1e-8, "{x} ^ {exponent}: {error}");
            }
        }
    }

    #[test]
    fn pow_keeps_the_edges() {
        let pow = pow_one::<Portable>;
        let inf = f32::INFINITY;
        assert_eq!((pow(0.0, -0.75), pow(0.0, 0.75), pow(inf, -0.75), pow(inf, 0.75)), (inf, 0.0, 0.0, inf));
        assert_eq!((pow(0.0, 0.0), pow(1e-30, -2.0), pow(1.0, 9.0)), (1.0, inf, 1.0));
        assert!(pow(-1.0, 0.75).is_nan() && pow(f32::NAN, 0.75).is_nan());
    }

    /// The error function's complement by its continued fraction (large `z`) or its series (small `z`).
    fn erfc_truth(z: f64) -> f64 {
        if z < 2.5 {
            let (mut term, mut sum) = (z, z);
            for n in 1..200 {
                term *= -z * z / f64::from(n);
                sum += term / f64::from(2 * n + 1);
            }
            return 1.0 - sum * core::f64::consts::FRAC_2_SQRT_PI;
        }
        let fraction = (1..200).rev().fold(z, |below, n| z + f64::from(n) * 0.5 / below);
        (-z * z).exp() / fraction / core::f64::consts::PI.sqrt()
    }

    #[test]
    fn gelu_is_near() {
        for i in -130_000..130_000 {
            let x = i as f32 * 1e-4;
            let wide = f64::from(x);
            let z = wide.abs() * core::f64::consts::FRAC_1_SQRT_2;
            let tail = 0.5 * wide * erfc_truth(z);
            let truth = if x < 0.0 { tail } else { wide - tail };
            let error = (f64::from(gelu_one::<Portable>(x)) - truth).abs();
            assert!(error <= truth.abs() * 6.2e-8 + 1e-45, "{x}: {error} of {truth}");
        }
        assert_eq!(gelu_one::<Portable>(f32::INFINITY), f32::INFINITY);
        assert!(gelu_one::<Portable>(f32::NAN).is_nan());
    }
}
