//! The weights: where they come from, and how an operator asks for its own.

use crate::error::WeightProblem;
use archc_core::ir::op::{Role, Weight};
use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};

/// A tensor of weights in archc's layout (see [`Role`]), row-major.
#[derive(Clone, Debug, PartialEq)]
pub struct Tensor<'a> {
    /// Its shape.
    pub shape: Cow<'a, [usize]>,
    /// Its numbers; as many as the shape says.
    pub data: Cow<'a, [f32]>,
}

/// A source of weights. It is asked once for every tensor, right before the operator runs, so that it may make
/// tensors up as they are asked for.
pub trait Weights {
    /// The tensor of a full name such as `layer1.0.conv2.weight`.
    fn get(&self, name: &str) -> Option<Tensor<'_>>;

    /// The shape of a tensor, where that is known without its numbers.
    fn shape(&self, name: &str) -> Option<Vec<usize>> {
        self.get(name).map(|t| t.shape.into_owned())
    }
}

/// Shape and numbers by name.
impl Weights for BTreeMap<String, (Vec<usize>, Vec<f32>)> {
    fn get(&self, name: &str) -> Option<Tensor<'_>> {
        let (shape, data) = BTreeMap::get(self, name)?;
        Some(Tensor { shape: shape.into(), data: data.into() })
    }
}

/// The tensors of one operator, found and checked.
pub(crate) struct Tensors<'a> {
    tensors: HashMap<String, Cow<'a, [f32]>>,
}

impl<'a> Tensors<'a> {
    /// Asks for every one of `wanted`.
    pub(crate) fn find(wanted: &[Weight], weights: &'a dyn Weights) -> Result<Self, Vec<WeightProblem>> {
        let mut tensors = HashMap::new();
        let mut problems = Vec::new();
        for weight in wanted {
            let name = weight.name();
            match weights.get(&name) {
                None => problems.push(WeightProblem::Missing { name, shape: weight.shape.clone() }),
                Some(t) if *t.shape != *weight.shape || t.data.len() != weight.size() => {
                    problems.push(WeightProblem::Shape {
                        name,
                        expected: weight.shape.clone(),
                        found: t.shape.into_owned(),
                        numbers: t.data.len(),
                    });
                }
                Some(t) => {
                    tensors.insert(name, t.data);
                }
            }
        }
        if problems.is_empty() { Ok(Tensors { tensors }) } else { Err(problems) }
    }

    /// The numbers of a tensor; empty where the operator has none of that role.
    pub(crate) fn get(&self, owner: &str, role: Role) -> &[f32] {
        self.tensors.get(&format!("{owner}.{}", role.as_str())).map_or(&[], |t| t)
    }

    /// The same in f64; for the small ones.
    pub(crate) fn wide(&self, owner: &str, role: Role) -> Vec<f64> {
        self.get(owner, role).iter().map(|&w| f64::from(w)).collect()
    }
}

/// What is missing or wrongly shaped among `wanted`, without reading any numbers.
pub(crate) fn check(wanted: &[Weight], weights: &dyn Weights) -> Vec<WeightProblem> {
    let mut problems = Vec::new();
    for weight in wanted {
        let name = weight.name();
        match weights.shape(&name) {
            None => problems.push(WeightProblem::Missing { name, shape: weight.shape.clone() }),
            Some(found) if found != weight.shape => {
                let numbers = found.iter().product();
                problems.push(WeightProblem::Shape { name, expected: weight.shape.clone(), found, numbers });
            }
            Some(_) => {}
        }
    }
    problems
}
