//! Random valid graphs for property tests: every operator, blocks as networks have them (residuals, branches, gates,
//! normalizations and activations in all places), shared values, dead ones and several outputs; small planes of odd
//! sizes, and channels below, at and above the width of a vector.
//!
//! ```
//! use archc_random_graphs::{Recipe, image, weights};
//! let graph = Recipe::seeded(1, 8).graph();
//! let (weights, image) = (weights(&graph), image(&graph));
//! assert_eq!(image.len(), graph.node(graph.input().unwrap()).shape.size());
//! # assert!(weights.values().all(|(shape, data)| shape.iter().product::<usize>() == data.len()));
//! ```
//!
//! A failing test prints the graph of the smallest recipe that fails, in the form of `archc dump --stage ir`.

mod blocks;
mod builder;
mod choices;
mod op;
mod tensors;

pub use tensors::{image, weights};

use archc_core::ir::Graph;
use builder::Builder;
use choices::{Choices, Rng};
use proptest::prelude::Strategy;
use std::fmt;

/// What a random graph is made from. Every recipe makes a valid graph, and a shorter one a smaller graph.
#[derive(Clone, PartialEq)]
pub struct Recipe {
    input: Vec<u8>,
    steps: Vec<Vec<u8>>,
    outputs: Vec<u8>,
}

/// Choices that a step may make; those beyond are 0.
const CHOICES: usize = 48;

/// Recipes of up to so many steps; a step adds up to about ten nodes.
pub fn recipes(steps: usize) -> impl Strategy<Value = Recipe> {
    let step = || proptest::collection::vec(proptest::num::u8::ANY, CHOICES);
    (step(), proptest::collection::vec(step(), 1..=steps.max(1)), step())
        .prop_map(|(input, steps, outputs)| Recipe { input, steps, outputs })
}

impl Recipe {
    /// The recipe of a number, with so many steps: for tests that need the same graphs in every run.
    pub fn seeded(seed: u64, steps: usize) -> Self {
        let mut rng = Rng::new(seed);
        let mut step = || (0..CHOICES).map(|_| (rng.next() >> 56) as u8).collect();
        Recipe { input: step(), steps: (0..steps).map(|_| step()).collect(), outputs: step() }
    }

    /// The graph.
    pub fn graph(&self) -> Graph {
        let mut builder = Builder::new(&mut Choices::new(&self.input));
        for step in &self.steps {
            // A step that does not fit the values that are there, as a window larger than its plane, adds less.
            let _ = blocks::step(&mut builder, &mut Choices::new(step));
        }
        builder.finish(&mut Choices::new(&self.outputs))
    }
}

impl fmt::Debug for Recipe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "recipe of the graph\n{}", archc_core::ir::print::print(&self.graph()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use archc_core::ir::verify::verify;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    proptest! {
        #[test]
        fn every_recipe_makes_a_valid_graph(recipe in recipes(12)) {
            prop_assert_eq!(verify(&recipe.graph()), Ok(()));
        }
    }

    #[test]
    fn seeds_make_the_same_graph_again_and_different_ones_differ() {
        let text = |seed| format!("{:?}", Recipe::seeded(seed, 6));
        assert_eq!(text(1), text(1));
        assert_ne!(text(1), text(2));
    }

    #[test]
    fn every_operator_is_common() {
        const WORDS: [&str; 30] = [
            "input",
            "conv",
            "dense",
            "maxpool",
            "avgpool",
            "global_maxpool",
            "global_avgpool",
            "bn",
            "normalize",
            "lrn",
            "rescale",
            "relu",
            "relu6",
            "leaky_relu",
            "tanh",
            "sigmoid",
            "swish",
            "gelu",
            "hard_swish",
            "hard_sigmoid",
            "softmax",
            "dropout",
            "flatten",
            "zeropad",
            "shuffle",
            "upsample",
            "add",
            "concat",
            "gate",
            "output",
        ];
        let mut graphs_with: BTreeMap<&str, usize> = BTreeMap::new();
        for seed in 0..400 {
            let graph = Recipe::seeded(seed, 12).graph();
            for word in WORDS {
                let there = match word {
                    "output" => graph.outputs.len() > 1,
                    word => graph.ids().any(|id| graph.node(id).op.word() == word),
                };
                *graphs_with.entry(word).or_default() += usize::from(there);
            }
        }
        for word in WORDS {
            assert!(graphs_with[word] >= 40, "{word}: {graphs_with:?}");
        }
    }
}
