//! Every pass keeps the interpreter's answer on random graphs: alone, behind those before it, and in any other order.

use archc_core::ir::Graph;
use archc_core::ir::verify::verify;
use archc_core::passes::{self, PASSES, Pass, Report};
use archc_interpreter::{Weights, run};
use archc_random_graphs::{Recipe, image, recipes, weights};
use proptest::prelude::*;
use std::collections::BTreeMap;

const STEPS: usize = 12;

/// A graph before any pass, and its answer.
struct Reference {
    graph: Graph,
    weights: BTreeMap<String, (Vec<usize>, Vec<f32>)>,
    answer: Vec<(String, Vec<f64>)>,
}

impl Reference {
    fn new(recipe: &Recipe) -> Self {
        let graph = recipe.graph();
        let weights = weights(&graph);
        let answer = answer(&graph, &weights);
        for (name, values) in &answer {
            assert!(values.iter().all(|v| v.abs() < 1e12), "the weights keep values in bounds: {name}");
        }
        Reference { graph, weights, answer }
    }

    /// Whether a rewritten graph has the same outputs, and asks for no other weights.
    fn check(&self, graph: &Graph) -> Result<(), TestCaseError> {
        prop_assert_eq!(verify(graph), Ok(()));
        for (name, tensor) in weights(graph) {
            prop_assert_eq!(self.weights.get(&name), Some(&tensor), "{}", name);
        }
        let found = answer(graph, &self.weights);
        prop_assert_eq!(found.len(), self.answer.len());
        for ((name, found), (expected_name, expected)) in found.iter().zip(&self.answer) {
            prop_assert_eq!(name, expected_name);
            prop_assert_eq!(found.len(), expected.len());
            let largest = expected.iter().fold(0.0f64, |m, v| m.max(v.abs()));
            for (f, e) in found.iter().zip(expected) {
                prop_assert!((f - e).abs() <= 1e-9 * largest, "{}: {} instead of {}", name, f, e);
            }
        }
        Ok(())
    }
}

/// The outputs by name.
fn answer(graph: &Graph, weights: &dyn Weights) -> Vec<(String, Vec<f64>)> {
    let values = run(graph, weights, &image(graph)).expect("the graph is valid and the weights are its own");
    graph.outputs.iter().zip(values).map(|(output, value)| (output.name.clone(), value.data)).collect()
}

/// What a pass changed.
fn apply(pass: &Pass, graph: &mut Graph) -> Result<Report, TestCaseError> {
    let mut report = Report::default();
    pass.run(graph, None, &mut report).map_err(|error| TestCaseError::fail(error.to_string()))?;
    Ok(report)
}

proptest! {
    #[test]
    fn a_pass_alone_keeps_the_answer(recipe in recipes(STEPS)) {
        let reference = Reference::new(&recipe);
        for pass in PASSES {
            let mut graph = reference.graph.clone();
            if !apply(pass, &mut graph)?.changes.is_empty() {
                reference.check(&graph)?;
                prop_assert_eq!(apply(pass, &mut graph)?.changes, [], "a second run");
            }
        }
    }

    #[test]
    fn the_passes_together_keep_the_answer(recipe in recipes(STEPS)) {
        let reference = Reference::new(&recipe);
        let mut graph = reference.graph.clone();
        passes::run(&mut graph, None).map_err(|error| TestCaseError::fail(error.to_string()))?;
        reference.check(&graph)?;
        let again = passes::run(&mut graph, None).map_err(|error| TestCaseError::fail(error.to_string()))?;
        prop_assert_eq!(again.changes, [], "a second run");
    }

    #[test]
    fn the_passes_keep_the_answer_in_any_order(
        recipe in recipes(STEPS),
        order in Just((0..PASSES.len()).collect::<Vec<_>>()).prop_shuffle(),
    ) {
        let reference = Reference::new(&recipe);
        let mut graph = reference.graph.clone();
        for i in order {
            apply(&PASSES[i], &mut graph)?;
        }
        reference.check(&graph)?;
    }

    #[test]
    fn a_limit_keeps_the_answer(recipe in recipes(STEPS), limit in 0..20usize) {
        let reference = Reference::new(&recipe);
        let mut graph = reference.graph.clone();
        let report = passes::run(&mut graph, Some(limit));
        let report = report.map_err(|error| TestCaseError::fail(error.to_string()))?;
        prop_assert!(report.changes.len() <= limit);
        reference.check(&graph)?;
    }
}

/// The tests above say little about a pass that random graphs give nothing to do.
#[test]
fn every_pass_has_work_on_many_random_graphs() {
    let mut graphs_changed: BTreeMap<&str, usize> = PASSES.iter().map(|pass| (pass.name, 0)).collect();
    for seed in 0..400 {
        let mut graph = Recipe::seeded(seed, STEPS).graph();
        for pass in PASSES {
            let report = apply(pass, &mut graph).expect("the pass keeps the invariants");
            *graphs_changed.entry(pass.name).or_default() += usize::from(!report.changes.is_empty());
        }
    }
    for (pass, graphs) in &graphs_changed {
        assert!(*graphs >= 40, "{pass}: {graphs_changed:?}");
    }
}
