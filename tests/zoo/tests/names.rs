//! The name maps, beyond what the goldens need.

use archc_weights::{Framework, Mapping, NameMap, map_names, maps};
use archc_zoo_tests::{Golden, graph};

type Tensors = [(String, Vec<usize>)];

/// What every tensor of a network is made of: which of `theirs` by its place there, and how.
fn mapped(arch: &str, map: &NameMap, framework: Framework, theirs: &Tensors) -> Vec<(usize, Mapping)> {
    let found = map_names(&graph(arch), map, framework, theirs).unwrap_or_else(|e| panic!("{arch}: {e}"));
    let placed = |mut m: Mapping| {
        let name = std::mem::take(&mut m.theirs);
        (theirs.iter().position(|(theirs, _)| *theirs == name).expect("it is one of theirs"), m)
    };
    found.into_iter().map(placed).collect()
}

/// Keras numbers layers without a name through all models that a process builds, and its older versions end names in
/// `:0`; the map fits all the same, and gives every tensor the same layer by rank.
#[test]
fn keras_may_have_built_other_networks_before() {
    let golden = Golden::load("keras/InceptionV3");
    let graph = graph("inception_v3");
    let (_, map) = maps(&graph, Framework::Keras).swap_remove(0);
    let later = |name: &str| {
        let (layer, suffix) = name.split_once('/').expect("a layer and a suffix");
        let stem = ["conv2d", "batch_normalization"].into_iter().find(|s| layer.starts_with(s));
        let layer = match stem {
            None => layer.to_owned(),
            Some(stem) => {
                let number: usize = layer[stem.len()..].trim_start_matches('_').parse().unwrap_or(0);
                format!("{stem}_{}", number + 94)
            }
        };
        format!("{layer}/{suffix}:0")
    };
    let names: Vec<_> = golden.weights.iter().map(|(n, s)| (later(n), s.clone())).collect();
    let first = map_names(&graph, &map, Framework::Keras, &golden.weights).expect("all fit");
    let second = map_names(&graph, &map, Framework::Keras, &names).expect("all fit");
    assert_eq!(first.len(), 378);
    for (a, b) in first.iter().zip(&second) {
        assert_eq!((&a.ours, later(&a.theirs)), (&b.ours, b.theirs.clone()));
    }
}

/// timm loads torchvision's weights into its own VGG by these names and shapes (`_filter_fn` in its `vgg.py`), where the
/// dense layers are convolutions of 7x7 and 1x1. The networks differ in nothing else.
#[test]
fn timm_calls_vggs_dense_layers_otherwise() {
    for (arch, golden) in [("vgg11", "torch/vgg11"), ("vgg16_torch", "torch/vgg16")] {
        let golden = Golden::load(golden);
        let timm: Vec<_> = golden
            .weights
            .iter()
            .map(|(name, shape)| {
                let name = name
                    .replace("classifier.0", "pre_logits.fc1")
                    .replace("classifier.3", "pre_logits.fc2")
                    .replace("classifier.6", "head.fc");
                let shape = match name.as_str() {
                    "pre_logits.fc1.weight" => vec![4096, 512, 7, 7],
                    "pre_logits.fc2.weight" => vec![4096, 4096, 1, 1],
                    _ => shape.clone(),
                };
                (name, shape)
            })
            .collect();
        let maps = maps(&graph(arch), Framework::Torch);
        let [(_, torch), (_, other)] = &maps[..] else { panic!("two maps") };
        let theirs = mapped(arch, torch, Framework::Torch, &golden.weights);
        assert_eq!(theirs, mapped(arch, other, Framework::Torch, &timm), "{arch}");
    }
}

/// timm's InceptionV3 has torchvision's names; with an auxiliary head in its file or without.
#[test]
fn inception_v3_may_have_an_auxiliary_head() {
    let golden = Golden::load("torch/inception_v3");
    let (head, body): (Vec<_>, Vec<_>) =
        golden.weights.iter().cloned().partition(|(name, _)| name.starts_with("AuxLogits."));
    assert_eq!(head.len(), 12);
    let arch = "inception_v3_torch";
    let (_, map) = maps(&graph(arch), Framework::Torch).swap_remove(0);
    let all: Vec<_> = body.iter().cloned().chain(head).collect();
    assert_eq!(mapped(arch, &map, Framework::Torch, &body), mapped(arch, &map, Framework::Torch, &all));
}
