//! How far one value is from another.

/// A value against the expected one.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Difference {
    /// The largest difference over the largest number that is expected. Infinite where one of two is not finite.
    pub(crate) error: f64,
    /// How many f32 numbers the worst is away from the expected one; `None` where one is not a number.
    pub(crate) ulp: Option<u64>,
    /// How many numbers are further away than tolerated.
    pub(crate) beyond: usize,
    /// The first of them.
    pub(crate) first: Option<Place>,
}

/// A number of a value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Place {
    /// In the order rows, columns, channels.
    pub(crate) index: usize,
    pub(crate) ours: f64,
    pub(crate) expected: f64,
}

/// Compares as many numbers as both have.
pub(crate) fn compare(ours: &[f64], expected: &[f64], tolerance: f64) -> Difference {
    let largest = expected.iter().filter(|x| x.is_finite()).fold(0.0, |m: f64, x| m.max(x.abs()));
    // Where zeros are expected, anything else is far away.
    let largest = largest.max(f64::from(f32::MIN_POSITIVE));
    let mut found = Difference { error: 0.0, ulp: Some(0), beyond: 0, first: None };
    for (index, (&ours, &expected)) in ours.iter().zip(expected).enumerate() {
        let is_same = ours == expected || (ours.is_nan() && expected.is_nan());
        let error = match (ours - expected).abs() / largest {
            _ if is_same => 0.0,
            error if error.is_nan() => f64::INFINITY,
            error => error,
        };
        if error > tolerance {
            found.beyond += 1;
            found.first.get_or_insert(Place { index, ours, expected });
        }
        if error > found.error {
            found.error = error;
            found.ulp = ulp(ours as f32, expected as f32);
        }
    }
    found
}

/// How many steps from one f32 number to the next lie between two.
fn ulp(a: f32, b: f32) -> Option<u64> {
    // As whole numbers that grow with the number; both zeros are one.
    let place = |x: f32| {
        let magnitude = i64::from(x.to_bits() & 0x7FFF_FFFF);
        if x.is_sign_negative() { -magnitude } else { magnitude }
    };
    (!a.is_nan() && !b.is_nan()).then(|| place(a).abs_diff(place(b)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_are_relative_to_the_largest_number() {
        let found = compare(&[1.0, -4.0, 2.5], &[1.0, -5.0, 2.0], 0.11);
        assert_eq!((found.error, found.beyond), (0.2, 1));
        assert_eq!(found.first, Some(Place { index: 1, ours: -4.0, expected: -5.0 }));
        assert_eq!(compare(&[0.0, -0.0], &[0.0, 0.0], 1e-9).error, 0.0);
        assert_eq!(compare(&[1e-30, 0.0], &[0.0, 0.0], 1e-4).beyond, 1);
        assert_eq!(compare(&[1e-30, 1.0], &[0.0, 1.0], 1e-4).beyond, 0);
    }

    #[test]
    fn what_is_not_finite_is_equal_to_itself_only() {
        let (nan, infinity) = (f64::NAN, f64::INFINITY);
        assert_eq!(compare(&[nan, infinity, 1.0], &[nan, infinity, 1.0], 1e-9).error, 0.0);
        for (ours, expected) in
            [(nan, 1.0), (1.0, nan), (infinity, 1.0), (1.0, infinity), (infinity, -infinity)]
        {
            let found = compare(&[ours, 2.0], &[expected, 2.0], 1e9);
            assert_eq!((found.error, found.beyond), (infinity, 1), "{ours} {expected}");
        }
    }

    #[test]
    fn steps_between_numbers() {
        assert_eq!(ulp(1.0, 1.0 + f32::EPSILON), Some(1));
        assert_eq!(ulp(-0.0, 0.0), Some(0));
        assert_eq!(ulp(f32::from_bits(1), -f32::from_bits(2)), Some(3));
        assert_eq!(ulp(f32::NAN, 1.0), None);
        assert_eq!(compare(&[2.0, 1.0 + f64::from(f32::EPSILON)], &[2.0, 1.0], 1.0).ulp, Some(1));
    }
}
