//! Lowering and planning keep their invariants on random graphs, as they come from the text and behind the passes.

use archc_core::ir::Graph;
use archc_core::lir::Program;
use archc_core::lir::print::print as print_program;
use archc_core::lir::verify::verify_program;
use archc_core::lower::lower;
use archc_core::passes;
use archc_core::plan::print::print as print_plan;
use archc_core::plan::verify::verify_plan;
use archc_core::plan::{Plan, plan};
use archc_random_graphs::{Recipe, recipes};
use proptest::prelude::*;

fn planned(graph: &Graph) -> Result<(Program, Plan), String> {
    let program = lower(graph);
    let text = |lines: Vec<String>| format!("{}\n{}", lines.join("\n"), print_program(&program));
    verify_program(&program).map_err(|e| text(e.iter().map(ToString::to_string).collect()))?;
    let plan = plan(&program);
    verify_plan(&program, &plan).map_err(text)?;
    Ok((program, plan))
}

fn fused(recipe: &Recipe) -> Graph {
    let mut graph = recipe.graph();
    passes::run(&mut graph, None).expect("passes keep the invariants");
    graph
}

proptest! {
    // A failing case is printed as a graph, so that it need not be kept in a file.
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn graphs_as_written(recipe in recipes(12)) {
        planned(&recipe.graph()).map_err(TestCaseError::fail)?;
    }

    #[test]
    fn graphs_behind_the_passes(recipe in recipes(12)) {
        planned(&fused(&recipe)).map_err(TestCaseError::fail)?;
    }
}

#[test]
fn arenas_are_hardly_larger_than_their_peaks() {
    let mut worst: f64 = 1.0;
    let mut sum = 0.0;
    for seed in 0..300 {
        let (_, plan) = planned(&fused(&Recipe::seeded(seed, 12))).unwrap();
        let ratio = plan.arena_size as f64 / plan.peak_size as f64;
        worst = worst.max(ratio);
        sum += ratio;
    }
    assert!(worst <= 1.25 && sum / 300.0 <= 1.02, "worst {worst}, mean {}", sum / 300.0);
}

#[test]
fn lowering_and_planning_are_deterministic() {
    for seed in 0..50 {
        let text = || {
            let (program, plan) = planned(&fused(&Recipe::seeded(seed, 12))).unwrap();
            print_program(&program) + &print_plan(&program, &plan)
        };
        assert_eq!(text(), text());
    }
}
