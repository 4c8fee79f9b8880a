//! Whole networks of the zoo against the answers of the frameworks that have them: what the tests share.
//!
//! `tests/goldens` holds a file for each network: the names and shapes of its weights in the framework, the statistics
//! of every layer's value, and the logits, all computed by the framework in f64 under seeded weights
//! ([`archc_weights::seeded`]) and a seeded image.

mod framework_file;
mod golden;
mod imported;
mod list;
mod network;

mod statistics;

pub use golden::{Golden, Layer};
pub use imported::ImportedWeights;
pub use network::{graph, graph_of, graph_with, root};
pub use statistics::{Statistics, first_difference};

/// The largest difference over the largest number expected.
///
/// # Panics
/// If the lengths differ, or something is not a number: a test that compares such is wrong.
pub fn relative_error(found: &[f64], expected: &[f64]) -> f64 {
    assert_eq!(found.len(), expected.len(), "as many numbers as expected");
    assert!(found.iter().chain(expected).all(|v| v.is_finite()), "all are numbers");
    let largest = expected.iter().fold(0.0, |m: f64, v| m.max(v.abs()));
    found.iter().zip(expected).fold(0.0, |m: f64, (f, e)| m.max((f - e).abs())) / largest
}
