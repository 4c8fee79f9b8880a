//! What planned programs compute equals the interpreter on random graphs: as written and behind the passes, by every
//! instruction set, for one image and for two, in memory full of NaN and in memory that another run has used.

use archc_core::ir::Graph;
use archc_core::lower::lower;
use archc_core::passes;
use archc_core::plan::plan;
use archc_interpreter::run as interpret;
use archc_lowered::Executable;
use archc_random_graphs::{Recipe, image, recipes, weights};
use archc_runtime::Isa;
use proptest::prelude::*;

/// The largest difference over the largest number, in f32 arithmetic through a deep graph.
const TOLERANCE: f64 = 1e-4;

fn check(graph: &Graph) -> Result<(), TestCaseError> {
    let weights = weights(graph);
    let first: Vec<f32> = image(graph).iter().map(|&x| x as f32).collect();
    let second: Vec<f32> = first.iter().rev().map(|x| 0.5 - x).collect();
    let expected = |image: &[f32]| -> Result<Vec<Vec<f64>>, TestCaseError> {
        let image: Vec<f64> = image.iter().map(|&x| f64::from(x)).collect();
        let values = interpret(graph, &weights, &image).map_err(|e| TestCaseError::fail(e.to_string()))?;
        Ok(values.into_iter().map(|v| v.data).collect())
    };
    let (of_first, of_second) = (expected(&first)?, expected(&second)?);
    let program = lower(graph);
    let plan = plan(&program);
    let executable = Executable::new(&program, &plan, &weights).map_err(|e| {
        TestCaseError::fail(format!("{e}\n{}", archc_core::plan::print::print(&program, &plan)))
    })?;
    for isa in Isa::available() {
        let mut arena = executable.arena(1);
        let one = executable.run(&mut arena, &first, isa);
        close(&one.outputs, &[&of_first], isa)?;
        // The memory of the run before must not show.
        let other = executable.run(&mut arena, &second, isa);
        close(&other.outputs, &[&of_second], isa)?;
        prop_assert_eq!(&executable.run(&mut arena, &first, isa), &one);
        let both = [first.as_slice(), second.as_slice()].concat();
        let batch = executable.run(&mut executable.arena(2), &both, isa);
        close(&batch.outputs, &[&of_first, &of_second], isa)?;
        // Outputs, and so the logits, are those of each image alone.
        let joined: Option<Vec<f32>> = one.logits.zip(other.logits).map(|(a, b)| [a, b].concat());
        if let Some((alone, together)) = joined.zip(batch.logits) {
            prop_assert!(alone.iter().zip(&together).all(|(a, b)| (a - b).abs() <= 1e-4 * a.abs().max(1.0)));
        }
    }
    Ok(())
}

/// Compares outputs, image after image, with the interpreter's.
fn close(found: &[Vec<f32>], expected: &[&Vec<Vec<f64>>], isa: Isa) -> Result<(), TestCaseError> {
    for (index, found) in found.iter().enumerate() {
        let expected: Vec<f64> = expected.iter().flat_map(|image| &image[index]).copied().collect();
        prop_assert_eq!(found.len(), expected.len());
        let largest = expected.iter().fold(1e-3_f64, |m, x| m.max(x.abs()));
        for (at, (&f, &e)) in found.iter().zip(&expected).enumerate() {
            let difference = (f64::from(f) - e).abs() / largest;
            prop_assert!(
                difference <= TOLERANCE,
                "output {index}, number {at}, {}: {f} instead of {e}, {difference:e} of the largest",
                isa.name()
            );
        }
    }
    Ok(())
}

proptest! {
    // A failing case is printed as a graph, so that it need not be kept in a file.
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn graphs_as_written(recipe in recipes(10)) {
        check(&recipe.graph())?;
    }

    #[test]
    fn graphs_behind_the_passes(recipe in recipes(10)) {
        let mut graph = recipe.graph();
        passes::run(&mut graph, None).expect("passes keep the invariants");
        check(&graph)?;
    }
}

#[test]
fn the_same_graphs_in_every_run() {
    for seed in 0..40 {
        let mut graph = Recipe::seeded(seed, 10).graph();
        check(&graph).unwrap();
        passes::run(&mut graph, None).unwrap();
        check(&graph).unwrap();
    }
}
