//! Weights that any program makes from a few words, kept.

use crate::store::{Store, Tensor};
use archc_core::ir::Graph;
use archc_core::ir::op::Weight;

pub use archc_interpreter::seeded::{fan_in, image, numbers, uniform};

/// Every tensor that a network reads, under archc's own names and in its layouts, with a gain of 1.
pub fn store(graph: &Graph, salt: &str) -> Store {
    let tensor = |w: Weight| {
        let data = numbers(salt, &w.name(), w.role, w.size(), fan_in(&w), 1.0);
        (w.name(), Tensor { shape: w.shape, data })
    };
    crate::mapping::weights(graph).into_iter().map(|(_, w)| tensor(w)).collect()
}
