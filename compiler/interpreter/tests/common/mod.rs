//! Graphs of one operator, and numbers to feed them.
#![allow(dead_code, reason = "each test file uses a part of it")]

use archc_core::ir::op::{Input, Op};
use archc_core::ir::{Graph, NodeId, Origin, Output, Scopes, Shape};
use archc_interpreter::run;
use std::collections::BTreeMap;

pub(crate) type Store = BTreeMap<String, (Vec<usize>, Vec<f32>)>;

/// Adds a node to the root scope.
pub(crate) fn add(graph: &mut Graph, op: Op, inputs: &[NodeId], name: &str) -> NodeId {
    graph.add(op, inputs, Scopes::ROOT, name, Origin::default()).expect("the shapes fit")
}

/// A graph that begins with an input of this shape.
pub(crate) fn graph(shape: Shape) -> (Graph, NodeId) {
    let mut graph = Graph::new("test");
    let input = add(&mut graph, Op::Input(Input { shape }), &[], "input");
    (graph, input)
}

/// Makes a node the only output.
pub(crate) fn output(graph: &mut Graph, node: NodeId) {
    graph.outputs = vec![Output { name: "output".into(), node }];
}

/// The value of one operator, called `op`, on an input.
pub(crate) fn apply(op: Op, shape: Shape, x: &[f64], weights: &Store) -> Vec<f64> {
    let (mut graph, input) = graph(shape);
    let node = add(&mut graph, op, &[input], "op");
    output(&mut graph, node);
    run(&graph, weights, x).expect("it runs").remove(0).data
}

/// Small whole numbers, so that sums are exact in any order, by a fixed sequence that differs for every `seed`.
pub(crate) fn integers(count: usize, seed: u64) -> Vec<f64> {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    (0..count)
        .map(|_| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            ((state >> 33) % 15) as f64 - 7.0
        })
        .collect()
}

/// Weights for every tensor that the graph reads: small whole numbers, variances positive.
pub(crate) fn weights(graph: &Graph) -> Store {
    let mut store = Store::new();
    for id in graph.ids() {
        let shapes: Vec<Shape> = graph.inputs(id).iter().map(|&i| graph.node(i).shape).collect();
        for (seed, w) in graph.node(id).op.weights(&graph.path(id), &shapes).into_iter().enumerate() {
            let mut data: Vec<f32> =
                integers(w.size(), seed as u64 + 17).into_iter().map(|v| v as f32).collect();
            if w.role == archc_core::ir::op::Role::Variance {
                data.iter_mut().for_each(|v| *v = v.abs() + 1.0);
            }
            store.insert(w.name(), (w.shape, data));
        }
    }
    store
}

/// Asserts that two lists of numbers agree to a share of the largest.
pub(crate) fn assert_close(found: &[f64], expected: &[f64], tolerance: f64) {
    assert_eq!(found.len(), expected.len());
    let largest = expected.iter().fold(1e-300, |m: f64, v| m.max(v.abs()));
    for (i, (f, e)) in found.iter().zip(expected).enumerate() {
        assert!((f - e).abs() <= tolerance * largest, "number {i} is {f}, not {e}");
    }
}
