//! Which operations of a network a framework's layers are, by their names alone: for values of layers, which are not
//! tensors of weights.

use crate::framework::Framework;
use crate::mapping::weights;
use crate::maps::maps;
use crate::names::NameMap;
use archc_core::ir::{Graph, NodeId, Op};
use std::collections::{BTreeMap, BTreeSet};

/// The layers that were found in a network.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Layers {
    /// Whose names they are; `None` where they are archc's own.
    pub framework: Option<Framework>,
    /// By name, the operation whose value it is.
    pub operations: BTreeMap<String, NodeId>,
    /// What is left out since it cannot be told apart: a stem of names that the framework numbered by itself, how many there
    /// are, and how many the network has.
    pub incomplete: Vec<(String, usize, usize)>,
}

/// Finds the operations of layers that have these names: archc's own, those of the network's outputs and `logits`, or those of
/// a framework through a map, one that is given or one that archc has for the network, whichever finds most.
pub fn match_layers(graph: &Graph, given: Vec<(Framework, NameMap)>, names: &[&str]) -> Layers {
    let own = own(graph, names);
    let known = [Framework::Keras, Framework::Torch];
    let known = known.into_iter().flat_map(|f| maps(graph, f).into_iter().map(move |(_, map)| (f, map)));
    let mut best = own.clone();
    for (framework, map) in given.into_iter().chain(known) {
        let mut found = mapped(graph, &map, names);
        // An operation that no line names is called the same there.
        for (name, &id) in &own.operations {
            found.operations.entry(name.clone()).or_insert(id);
        }
        if found.operations.len() > best.operations.len() {
            best = Layers { framework: Some(framework), ..found };
        }
    }
    best
}

/// By the names of operations, and of what leaves the network.
fn own(graph: &Graph, names: &[&str]) -> Layers {
    let wanted: BTreeSet<&str> = names.iter().copied().collect();
    let output = graph.outputs.first().map(|o| o.node);
    let logits = output.filter(|&id| matches!(graph.node(id).op, Op::Softmax(_)));
    let logits = logits.and_then(|id| graph.inputs(id).first().copied());
    let leaving = graph.outputs.iter().map(|o| (o.name.clone(), o.node));
    let all = graph.ids().map(|id| (graph.path(id), id)).chain(leaving);
    let mut operations = BTreeMap::new();
    for (name, id) in all.chain(logits.map(|id| ("logits".to_owned(), id))) {
        if wanted.contains(name.as_str()) {
            operations.entry(name).or_insert(id);
        }
    }
    Layers { operations, ..Layers::default() }
}

fn mapped(graph: &Graph, map: &NameMap, names: &[&str]) -> Layers {
    let with_weights: Vec<String> = weights(graph).into_iter().map(|(_, w)| w.owner).collect();
    let there = map.apply(&with_weights, names.iter().copied());
    let nowhere = map.apply(&with_weights, []);
    let wanted: BTreeSet<&str> = names.iter().copied().collect();
    let mut operations = BTreeMap::new();
    // By stem of those that are found by their rank: the ranks that the network has, and the names with that stem.
    let mut ranked: BTreeMap<String, (BTreeSet<String>, BTreeSet<String>)> = BTreeMap::new();
    for id in graph.ids() {
        let path = graph.path(id);
        let ([(_, layer)], [(_, plain)]) = (&there.layers(&path)[..], &nowhere.layers(&path)[..]) else {
            continue;
        };
        if let Some((stem, rank)) = plain.split_once('#') {
            let (ranks, found) = ranked.entry(stem.to_owned()).or_default();
            ranks.insert(rank.to_owned());
            found.insert(layer.clone());
        }
        if wanted.contains(layer.as_str()) {
            // A layer of two operations, as a separable convolution, gives what the second does.
            operations.insert(layer.clone(), id);
        }
    }
    let mut incomplete = Vec::new();
    for (stem, (ranks, found)) in ranked {
        let is_numbered = |name: &&str| {
            let rest = name.strip_prefix(stem.as_str());
            rest.is_some_and(|r| {
                r.is_empty() || r.strip_prefix('_').is_some_and(|n| n.parse::<u64>().is_ok())
            })
        };
        let there = names.iter().filter(|name| is_numbered(name)).count();
        if there != ranks.len() {
            operations.retain(|name, _| !found.contains(name));
            if there > 0 {
                incomplete.push((stem, there, ranks.len()));
            }
        }
    }
    Layers { framework: None, operations, incomplete }
}

#[cfg(test)]
mod tests {
    use super::*;
    use archc_core::diagnostic::Diagnostics;
    use archc_core::expand::{Files, ReadError, Request, expand, load};
    use archc_core::source::SourceMap;

    struct Text(&'static str);

    impl Files for Text {
        fn read(&mut self, _: &str) -> Result<Vec<u8>, ReadError> {
            Ok(self.0.as_bytes().to_vec())
        }
    }

    fn graph(path: &str, text: &'static str) -> Graph {
        let (mut sources, mut diagnostics) = (SourceMap::default(), Diagnostics::default());
        let request = Request::new(path);
        let loaded = load(&request, &mut Text(text), &mut sources, &mut diagnostics).expect("it is read");
        expand(&loaded, &request, &mut diagnostics).expect("it is right")
    }

    fn found(graph: &Graph, layers: &Layers) -> Vec<(String, String)> {
        layers.operations.iter().map(|(name, &id)| (name.clone(), graph.path(id))).collect()
    }

    fn pairs(all: &[(&str, &str)]) -> Vec<(String, String)> {
        all.iter().map(|&(a, b)| (a.to_owned(), b.to_owned())).collect()
    }

    #[test]
    fn layers_of_keras_and_of_torch_and_our_own() {
        let net = graph("zoo:resnet50", "");
        let layers = match_layers(
            &net,
            Vec::new(),
            &["conv1_conv", "conv2_block1_0_bn", "predictions", "conv5_block9_1_conv"],
        );
        assert_eq!(layers.framework, Some(Framework::Keras));
        let block = "stage.0.unit.0.bottleneck1.residual1";
        assert_eq!(
            found(&net, &layers),
            pairs(&[
                ("conv1_conv", "conv1"),
                ("conv2_block1_0_bn", &format!("{block}.shortcut.bn1")),
                ("predictions", "dense1"),
            ])
        );
        // Keras's names of layers without weights; it has a layer for each of these operations.
        let goldens = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/goldens/keras/ResNet50.json");
        let golden: serde_json::Value =
            serde_json::from_slice(&std::fs::read(goldens).expect("a golden")).expect("a golden");
        let layers = golden["layers"].as_array().expect("layers").iter();
        let names: Vec<&str> = layers.filter_map(|layer| layer[0].as_str()).collect();
        let all = match_layers(&net, Vec::new(), &names);
        let missing: Vec<&&str> = names.iter().filter(|name| !all.operations.contains_key(**name)).collect();
        assert!(
            missing.iter().all(|name| name.ends_with("_pad") || name.starts_with("input")),
            "{missing:?}"
        );
        let torch = match_layers(&net, Vec::new(), &["conv1", "layer1.0.conv2"]);
        assert_eq!(torch.framework, Some(Framework::Torch));
        let second = format!("{block}.conv2");
        assert_eq!(found(&net, &torch), pairs(&[("conv1", "conv1"), ("layer1.0.conv2", &second)]));
        let own = match_layers(&net, Vec::new(), &["bn1", &second, "logits", "output", "fc9"]);
        assert_eq!(own.framework, None);
        let expected = [("bn1", "bn1"), ("logits", "dense1"), ("output", "softmax1"), (&*second, &*second)];
        assert_eq!(found(&net, &own), pairs(&expected));
    }

    #[test]
    fn numbered_layers_are_all_there_or_none_is() {
        let net = graph("zoo:inception_v3", "");
        let convolutions: Vec<String> = (94..188).map(|n| format!("conv2d_{n}")).collect();
        let mut names: Vec<&str> = convolutions.iter().map(String::as_str).collect();
        let all = match_layers(&net, Vec::new(), &names);
        assert_eq!((all.operations.len(), all.incomplete.len()), (94, 0));
        assert_eq!(net.path(all.operations["conv2d_94"]), "conv1");
        names.remove(40);
        names.push("predictions");
        let some = match_layers(&net, Vec::new(), &names);
        assert_eq!(found(&net, &some), pairs(&[("predictions", "dense1")]));
        assert_eq!(some.incomplete, [("conv2d".to_owned(), 93, 94)]);
    }
}
