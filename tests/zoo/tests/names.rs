//! The name maps, beyond what the goldens need.

use archc_weights::{Framework, map_names, maps};
use archc_zoo_tests::{Golden, graph};

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
