//! The name maps, beyond what the goldens need.

use archc_weights::{Framework, Mapping, NameMap, map_names, maps};
use archc_zoo_tests::{Golden, graph};

type Tensors = [(String, Vec<usize>)];

/// What every tensor of a network is made of: which of `theirs` by its place there, and how.
fn mapped(arch: &str, map: &NameMap, framework: Framework, theirs: &Tensors) -> Vec<(usize, Mapping)> {
    let found = map_names(&graph(arch), map, framework, theirs).unwrap_or_else(|e| panic!("{arch}: {e}"));
    let placed = |mut m: Mapping| {
        let name = m.theirs.take().expect("it is made of one of theirs");
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
        assert_eq!((&a.ours, a.theirs.as_deref().map(later)), (&b.ours, b.theirs.clone()));
    }
}

/// A name in the file that Keras itself loads, given Keras's present one.
type Older = fn(&str) -> String;

/// The files that `weights="imagenet"` fetches are older than the names that Keras gives layers today, and it loads them by
/// order. VGG's are of Keras 1 (`block1_conv1_W_1:0`), ResNet's end in `probs`, MobileNetV2's blocks are `mobl1_conv_1_expand`
/// and `bn1_conv_1_bn_expand`. In Keras 2, MobileNetV3's layers are called `expanded_conv_1/expand/BatchNorm`.
#[test]
fn keras_own_files_have_older_names() {
    let vgg: Older = |name| {
        let (layer, weight) = name.split_once('/').expect("a layer and a weight");
        format!("{layer}/{layer}_{}_1:0", if weight == "kernel" { "W" } else { "b" })
    };
    let resnet: Older = |name| name.replace("predictions/", "probs/");
    let mobilenet_v2: Older = |name| {
        let (layer, weight) = name.split_once('/').expect("a layer and a weight");
        let block = layer.strip_prefix("block_").and_then(|rest| rest.split_once('_'));
        let layer = match block.or(layer.strip_prefix("expanded_conv_").map(|part| ("0", part))) {
            _ if layer == "predictions" => "Logits".to_owned(),
            None => layer.to_owned(),
            Some((n, part)) => match part.strip_suffix("_BN") {
                Some(part) => format!("bn{n}_conv_{n}_bn_{part}"),
                None => format!("mobl{n}_conv_{n}_{part}"),
            },
        };
        format!("{layer}/{weight}")
    };
    let mobilenet_v3: Older = |name| {
        let (layer, weight) = name.split_once('/').expect("a layer and a weight");
        let (layer, norm) = layer.strip_suffix("_bn").map_or((layer, ""), |layer| (layer, "/BatchNorm"));
        let parts = ["expand", "depthwise", "squeeze_excite", "project"];
        let layer = parts
            .iter()
            .fold(layer.to_owned(), |l, part| l.replace(&format!("_{part}"), &format!("/{part}")));
        let layer = layer.replace("_excite_conv", "_excite/Conv");
        let layer = layer.strip_prefix("conv").map_or(layer.clone(), |rest| format!("Conv{rest}"));
        format!("{}{norm}/{weight}", layer.replace("logits", "Logits"))
    };
    for (arch, golden, older) in [
        ("vgg19", "keras/VGG19", vgg),
        ("resnet101", "keras/ResNet101", resnet),
        ("resnet50_v2", "keras/ResNet50V2", resnet),
        ("mobilenet_v2", "keras/MobileNetV2", mobilenet_v2),
        ("mobilenet_v3_large", "keras/MobileNetV3Large", mobilenet_v3),
        ("mobilenet_v3_small", "keras/MobileNetV3Small", mobilenet_v3),
    ] {
        let golden = Golden::load(golden);
        let theirs: Vec<_> =
            golden.weights.iter().map(|(name, shape)| (older(name), shape.clone())).collect();
        let (_, map) = maps(&graph(arch), Framework::Keras).swap_remove(0);
        let today = mapped(arch, &map, Framework::Keras, &golden.weights);
        assert_eq!(mapped(arch, &map, Framework::Keras, &theirs), today, "{arch}");
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

/// The layers of timm's MobileNets and EfficientNets in the order of their state dict, as its `_efficientnet_blocks.py` and
/// `_efficientnet_builder.py` make them: of how many blocks each stage is, the first's without an expansion, and which
/// have squeeze and excite.
fn timm_layers(stages: &[usize], excite: impl Fn(usize) -> bool) -> Vec<String> {
    let mut layers: Vec<String> = ["conv_stem", "bn1"].map(str::to_owned).to_vec();
    for (stage, &blocks) in stages.iter().enumerate() {
        let parts: &[&str] = match stage {
            0 => &["conv_dw", "bn1", "se.conv_reduce", "se.conv_expand", "conv_pw", "bn2"],
            _ => &["conv_pw", "bn1", "conv_dw", "bn2", "se.conv_reduce", "se.conv_expand", "conv_pwl", "bn3"],
        };
        let parts = || parts.iter().filter(|part| excite(stage) || !part.starts_with("se."));
        layers
            .extend((0..blocks).flat_map(|i| parts().map(move |part| format!("blocks.{stage}.{i}.{part}"))));
    }
    layers
}

/// timm's networks differ in names from torchvision's, whose layers come in the same order.
#[test]
fn timm_counts_blocks_in_stages() {
    let without_excite = |_| false;
    let v3 =
        |last: usize| [format!("blocks.{last}.0.conv"), format!("blocks.{last}.0.bn1"), "conv_head".into()];
    let head = ["conv_head", "bn2"].map(str::to_owned);
    let layers = [
        ("mobilenet_v2_torch", [timm_layers(&[1, 2, 3, 4, 3, 3, 1], without_excite), head.to_vec()].concat()),
        ("efficientnet_b0_torch", [timm_layers(&[1, 2, 2, 3, 3, 4, 1], |_| true), head.to_vec()].concat()),
        (
            "mobilenet_v3_large_torch",
            [timm_layers(&[1, 2, 3, 4, 2, 3], |stage| ![0, 1, 3].contains(&stage)), v3(6).to_vec()].concat(),
        ),
    ];
    for (arch, mut layers) in layers {
        let golden = Golden::load(&format!("torch/{}", arch.trim_end_matches("_torch")));
        layers.push("classifier".into());
        let mut layers = layers.iter();
        let mut before = "";
        let mut timm = Vec::new();
        let mut layer = "";
        for (name, shape) in &golden.weights {
            let (theirs, suffix) = name.rsplit_once('.').expect("a layer and a suffix");
            if theirs != before {
                (before, layer) = (theirs, layers.next().expect("timm has as many layers"));
            }
            // Its head is a convolution, of a plane of 1x1.
            let shape = match (layer, &shape[..]) {
                ("conv_head", &[outputs, inputs]) => vec![outputs, inputs, 1, 1],
                _ => shape.clone(),
            };
            timm.push((format!("{layer}.{suffix}"), shape));
        }
        assert_eq!(layers.next(), None, "{arch}");
        let maps = maps(&graph(arch), Framework::Torch);
        let [(_, torch), (_, other)] = &maps[..] else { panic!("two maps") };
        let theirs = mapped(arch, torch, Framework::Torch, &golden.weights);
        assert_eq!(theirs, mapped(arch, other, Framework::Torch, &timm), "{arch}");
    }
}
