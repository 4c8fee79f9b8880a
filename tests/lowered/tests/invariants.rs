//! Lowering and planning keep their invariants on random graphs, as they come from the text and behind the passes.

use archc_core::lir::print::print as print_program;
use archc_core::plan::print::print as print_plan;
use archc_lowered::harness::{fused, planned};
use archc_random_graphs::{Recipe, recipes};
use proptest::prelude::*;

proptest! {
    // A failing case is printed as a graph, so that it need not be kept in a file.
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn graphs_as_written(recipe in recipes(12)) {
        planned(&recipe.graph()).map_err(TestCaseError::fail)?;
    }

    #[test]
    fn graphs_behind_the_passes(recipe in recipes(12)) {
        planned(&fused(recipe.graph())).map_err(TestCaseError::fail)?;
    }
}

#[test]
fn arenas_are_hardly_larger_than_their_peaks() {
    let mut worst: f64 = 1.0;
    let mut sum = 0.0;
    for seed in 0..300 {
        let (_, plan) = planned(&fused(Recipe::seeded(seed, 12).graph())).unwrap();
        let ratio = plan.arena_size as f64 / plan.peak_size as f64;
        worst = worst.max(ratio);
        sum += ratio;
    }
    assert!(worst <= 1.2 && sum / 300.0 <= 1.01, "worst {worst}, mean {}", sum / 300.0);
}

#[test]
fn lowering_and_planning_are_deterministic() {
    for seed in 0..50 {
        let text = || {
            let (program, plan) = planned(&fused(Recipe::seeded(seed, 12).graph())).unwrap();
            print_program(&program) + &print_plan(&program, &plan)
        };
        assert_eq!(text(), text());
    }
}
