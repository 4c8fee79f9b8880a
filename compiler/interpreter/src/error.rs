//! Why a graph cannot be run.

use archc_core::ir::Shape;
use std::fmt;

/// Why a graph cannot be run.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Error {
    /// The image has the wrong size.
    #[error("the input holds {found} numbers, and the network takes {expected} ({expected_shape})")]
    Input {
        /// How many numbers the network takes.
        expected: usize,
        /// The same as a shape.
        expected_shape: Shape,
        /// How many there are.
        found: usize,
    },
    /// Tensors are missing or have other shapes than the network's; all of them together.
    #[error("{} of the weights do not fit:\n{}", .0.len(), lines(.0))]
    Weights(Vec<WeightProblem>),
    /// The graph breaks an invariant that the verifier checks.
    #[error("the graph is broken: {0}")]
    Graph(String),
}

/// What is wrong with one tensor.
#[derive(Clone, Debug, PartialEq)]
pub enum WeightProblem {
    /// There is none of that name.
    Missing {
        /// Its full name.
        name: String,
        /// The shape that it should have.
        shape: Vec<usize>,
    },
    /// It has another shape, or another count of numbers than its shape says.
    Shape {
        /// Its full name.
        name: String,
        /// The shape that it should have.
        expected: Vec<usize>,
        /// The shape that it has.
        found: Vec<usize>,
        /// How many numbers it holds.
        numbers: usize,
    },
}

impl fmt::Display for WeightProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            WeightProblem::Missing { name, shape } => write!(f, "`{name}` {shape:?} is missing"),
            WeightProblem::Shape { name, expected, found, numbers } => {
                write!(f, "`{name}` is {found:?} and holds {numbers} numbers, but should be {expected:?}")
            }
        }
    }
}

fn lines(problems: &[WeightProblem]) -> String {
    problems.iter().map(|p| format!("  {p}")).collect::<Vec<_>>().join("\n")
}
