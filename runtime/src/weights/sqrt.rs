//! Square roots in f64, which `core` does not have.

/// The square root, rounded to nearest; NaN of what is negative.
#[cfg(feature = "std")]
pub(super) fn sqrt(x: f64) -> f64 {
    x.sqrt()
}

/// The square root, rounded to nearest; NaN of what is negative.
#[cfg(not(feature = "std"))]
pub(super) fn sqrt(x: f64) -> f64 {
    by_integers(x)
}

/// The root of the significand as an integer of more bits than a number has, the last of them set where it is not exact,
/// so that it is rounded once.
#[cfg(any(test, not(feature = "std")))]
fn by_integers(x: f64) -> f64 {
    const FRACTION: u32 = f64::MANTISSA_DIGITS - 1;
    if x == 0.0 || x.is_nan() || x == f64::INFINITY {
        return x;
    }
    if x < 0.0 {
        return f64::NAN;
    }
    let bits = x.to_bits();
    let (exponent, fraction) = ((bits >> FRACTION) as i32, bits & ((1 << FRACTION) - 1));
    // x is `significand * 2 ^ exponent`, with small numbers' significands moved up.
    let (mut significand, mut exponent) = match exponent {
        0 => (fraction, -1074),
        _ => (fraction | 1 << FRACTION, exponent - 1075),
    };
    let up = significand.leading_zeros() - (63 - FRACTION);
    significand <<= up;
    exponent -= up as i32;
    // 53 bits and 57 or 58 more, so that the exponent is even: the root has 55 or 56.
    let more = 58 - exponent.rem_euclid(2) as u32;
    let square = u128::from(significand) << more;
    let root = square.isqrt();
    let inexact = u64::from(root * root != square);
    let rounded = ((root as u64) << 1 | inexact) as f64;
    let exponent = (exponent - more as i32) / 2 - 1;
    rounded * f64::from_bits(((exponent + 1023) as u64) << FRACTION)
}

#[cfg(test)]
mod tests {
    use super::by_integers;

    #[test]
    fn roots_are_those_of_the_processor() {
        let edges =
            [0.0, -0.0, 1.0, 2.0, 4.0, 1e-3, f64::MIN_POSITIVE, 5e-324, 1e-310, f64::MAX, f64::INFINITY];
        let mut state = 1_u64;
        let random = core::iter::repeat_with(|| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            f64::from_bits((state ^ state >> 29) & i64::MAX as u64)
        });
        for x in edges.into_iter().chain(random.filter(|x| x.is_finite()).take(200_000)) {
            assert_eq!(by_integers(x).to_bits(), x.sqrt().to_bits(), "{x:e}");
        }
        // Squares, and what is next to them.
        for root in (1..1000).map(f64::from) {
            for x in [root * root, (root * root).next_up(), (root * root).next_down()] {
                assert_eq!(by_integers(x).to_bits(), x.sqrt().to_bits(), "{x:e}");
            }
        }
        assert!(by_integers(-1.0).is_nan() && by_integers(f64::NAN).is_nan());
    }
}
