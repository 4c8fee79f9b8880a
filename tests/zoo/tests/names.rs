//! The name maps, beyond what the goldens need.

use archc_weights::{Framework, map_names};
use archc_zoo_tests::{Golden, graph, name_map};

/// Keras numbers layers without a name through all models that a process builds, and its older versions end names in
/// `:0`; the map fits all the same, and gives every tensor the same layer by rank.
#[test]
fn keras_may_have_built_other_networks_before() {
    let golden = Golden::load("keras/InceptionV3");
    let graph = graph("inception_v3");
    let map = name_map("InceptionV3", Framework::Keras);
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

/// torchvision's VGG16 by the indices of its layers.
#[test]
fn torch_vgg16() {
    let convs = [
        (0, 3, 64),
        (2, 64, 64),
        (5, 64, 128),
        (7, 128, 128),
        (10, 128, 256),
        (12, 256, 256),
        (14, 256, 256),
        (17, 256, 512),
        (19, 512, 512),
        (21, 512, 512),
        (24, 512, 512),
        (26, 512, 512),
        (28, 512, 512),
    ];
    let linears = [(0, 25088, 4096), (3, 4096, 4096), (6, 4096, 1000)];
    let mut theirs = Vec::new();
    for (i, inputs, outputs) in convs {
        theirs.push((format!("features.{i}.weight"), vec![outputs, inputs, 3, 3]));
        theirs.push((format!("features.{i}.bias"), vec![outputs]));
    }
    for (i, inputs, outputs) in linears {
        theirs.push((format!("classifier.{i}.weight"), vec![outputs, inputs]));
        theirs.push((format!("classifier.{i}.bias"), vec![outputs]));
    }
    let map = name_map("VGG16", Framework::Torch);
    let mappings = map_names(&graph("vgg16"), &map, Framework::Torch, &theirs).expect("all fit");
    let names: Vec<&str> = mappings.iter().map(|m| m.theirs.as_str()).collect();
    assert_eq!(names, theirs.iter().map(|(n, _)| n.as_str()).collect::<Vec<_>>());
}
