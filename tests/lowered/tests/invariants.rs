//! Lowering and planning keep their invariants on random graphs, as they come from the text and behind the passes.

use archc_core::lir::print::print as print_program;
use archc_core::plan::print::print as print_plan;
use archc_lowered::harness::{fused, planned, written};
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

/// What the largest graph that the language allows takes; a hostile text must not hang the compiler.
#[test]
fn long_and_wide_networks_are_planned_in_seconds() {
    let start = std::time::Instant::now();
    let long = format!("net N() {{ input 4x4x3  {} }}", "relu softmax ".repeat(9_900));
    let layer = |i: usize| format!("conv 1x1 9 relu  softmax  concat x{i}  let x{} ", i + 1);
    let wide: String = (0..4_000).map(layer).collect();
    let wide = format!("net N() {{ input 1x1x3  let x0  {wide} }}");
    let large = "net N() { input 1x1x2000000  relu  tanh  softmax }";
    let crossed = "net N() { input 1x1x1  relu  let x  conv 1x1 1 pad=(2000000000, 0, 0, 0) stride=1000000000  global_avgpool
        let a  from x  conv 1x1 1 pad=(0, 0, 2000000000, 0) stride=1000000000  global_avgpool  add a }";
    for text in [&long, &wide, large, crossed] {
        planned(&fused(written(text))).unwrap();
    }
    assert!(start.elapsed().as_secs() < 60);
}
