//! Random weights and images. They depend on names alone, so that a rewritten graph gets the same ones; and they keep
//! values near 1 in size, so that neither f64 nor f32 lose much in a deep graph.

use crate::choices::Rng;
use archc_core::ir::op::{Role, Weight};
use archc_core::ir::{Graph, Shape};
use std::collections::BTreeMap;

/// Shape and numbers, row-major, of every tensor that the graph reads, by full name.
pub fn weights(graph: &Graph) -> BTreeMap<String, (Vec<usize>, Vec<f32>)> {
    let mut all = BTreeMap::new();
    for id in graph.ids() {
        let shapes: Vec<Shape> = graph.inputs(id).iter().map(|&input| graph.node(input).shape).collect();
        for weight in graph.node(id).op.weights(&graph.path(id), &shapes) {
            let data = numbers(&weight);
            all.insert(weight.name(), (weight.shape, data));
        }
    }
    all
}

/// An image for the graph's input, from -1 to 1, in the order rows, columns, channels.
pub fn image(graph: &Graph) -> Vec<f64> {
    let size = graph.input().map_or(0, |id| graph.node(id).shape.size());
    let mut rng = named("image");
    (0..size).map(|_| rng.between(-1.0, 1.0)).collect()
}

fn numbers(weight: &Weight) -> Vec<f32> {
    let mut rng = named(&weight.name());
    // A sum of `inputs` numbers times such weights is as large as the numbers.
    let inputs: usize = weight.shape.iter().rev().skip(1).product();
    let reach = (3.0 / inputs.max(1) as f64).sqrt();
    let mut number = || match weight.role {
        Role::Kernel => rng.between(-reach, reach),
        Role::Bias | Role::Beta | Role::Mean => rng.between(-0.5, 0.5),
        Role::Gamma => rng.between(0.5, 1.5) * if rng.next() & 1 == 0 { 1.0 } else { -1.0 },
        Role::Variance => rng.between(0.3, 2.0),
    };
    (0..weight.size()).map(|_| number() as f32).collect()
}

/// A generator that is the same for the same name in every run (FNV-1a).
fn named(name: &str) -> Rng {
    let hash = |h: u64, b: u8| (h ^ u64::from(b)).wrapping_mul(0x0000_0100_0000_01b3);
    Rng::new(name.bytes().fold(0xcbf2_9ce4_8422_2325, hash))
}
