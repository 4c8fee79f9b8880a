//! The sine in f64, which `core` does not have.

/// The sine of an angle between -10 and 10.
#[cfg(feature = "std")]
pub(super) fn sin(x: f64) -> f64 {
    x.sin()
}

/// The sine of an angle between -10 and 10.
#[cfg(not(feature = "std"))]
pub(super) fn sin(x: f64) -> f64 {
    by_series(x)
}

/// The power series, around the nearest multiple of pi.
#[cfg(any(test, not(feature = "std")))]
fn by_series(x: f64) -> f64 {
    /// What f64's pi leaves out of pi.
    const REST: f64 = 1.224_646_799_147_353_2e-16;
    let turns = (x / core::f64::consts::PI + if x < 0.0 { -0.5 } else { 0.5 }) as i32;
    // Exact but for the last bits of small multiples: both numbers are close to each other.
    let angle = (x - f64::from(turns) * core::f64::consts::PI) - f64::from(turns) * REST;
    // Terms up to angle^27: at half of pi the next one is below 1e-23.
    let square = angle * angle;
    let series = (1..=13).rev().fold(1.0, |sum, n| 1.0 - square / f64::from(2 * n * (2 * n + 1)) * sum);
    if turns % 2 == 0 { angle * series } else { -angle * series }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_series_is_the_sine() {
        for i in -10_000..=10_000 {
            let x = f64::from(i) * 0.001;
            assert!((by_series(x) - x.sin()).abs() < 1e-15, "{x}: {} and {}", by_series(x), x.sin());
        }
        assert_eq!(by_series(0.0), 0.0);
    }
}
