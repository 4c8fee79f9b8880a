//! What planned programs compute equals the interpreter on random graphs, as written and behind the passes.

use archc_lowered::harness::{check, check_taps, fused};
use archc_random_graphs::{Recipe, recipes};
use proptest::prelude::*;

proptest! {
    // A failing case is printed as a graph, so that it need not be kept in a file.
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn graphs_as_written(recipe in recipes(10)) {
        check(&recipe.graph()).map_err(TestCaseError::fail)?;
    }

    #[test]
    fn graphs_behind_the_passes(recipe in recipes(10)) {
        check(&fused(recipe.graph())).map_err(TestCaseError::fail)?;
    }

    #[test]
    fn taps_of_every_operation(recipe in recipes(10)) {
        check_taps(&recipe.graph()).map_err(TestCaseError::fail)?;
    }
}

#[test]
fn the_same_graphs_in_every_run() {
    for seed in 0..40 {
        let graph = Recipe::seeded(seed, 10).graph();
        check(&graph).unwrap();
        check_taps(&graph).unwrap();
        check(&fused(graph)).unwrap();
    }
}
