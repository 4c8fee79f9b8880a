//! A golden's weights: seeded under the framework's names and in its layouts, then turned into archc's.

use crate::golden::Golden;
use archc_core::ir::Graph;
use archc_interpreter::Weights;
use archc_weights::{Mapping, Store, Tensor, map_names, maps};
use std::collections::BTreeMap;

/// Makes every tensor when it is asked for, so that VGG16 needs no 550 MB.
pub struct SeededWeights {
    mappings: BTreeMap<String, Mapping>,
    salt: String,
    gain: f64,
}

impl SeededWeights {
    /// The weights of a network under the golden's names.
    ///
    /// # Panics
    /// If the network's weights and the golden's do not match each other through the name map.
    pub fn new(golden: &Golden, graph: &Graph) -> Self {
        let framework = golden.framework();
        let (_, map) = maps(graph, framework).swap_remove(0);
        let mappings =
            map_names(graph, &map, framework, &golden.weights).unwrap_or_else(|errors| panic!("{errors}"));
        SeededWeights {
            mappings: mappings.into_iter().map(|m| (m.ours.name(), m)).collect(),
            salt: golden.salt.clone(),
            gain: golden.gain,
        }
    }

    /// All of them at once, under archc's names and in its layouts.
    pub fn store(&self) -> Store {
        self.mappings.iter().map(|(name, m)| (name.clone(), self.tensor(m))).collect()
    }

    fn tensor(&self, mapping: &Mapping) -> Tensor {
        Tensor { shape: mapping.ours.shape.clone(), data: mapping.seeded(&self.salt, self.gain) }
    }
}

impl Weights for SeededWeights {
    fn get(&self, name: &str) -> Option<archc_interpreter::Tensor<'_>> {
        let tensor = self.tensor(self.mappings.get(name)?);
        Some(archc_interpreter::Tensor { shape: tensor.shape.into(), data: tensor.data.into() })
    }

    fn shape(&self, name: &str) -> Option<Vec<usize>> {
        self.mappings.get(name).map(|m| m.ours.shape.clone())
    }
}
