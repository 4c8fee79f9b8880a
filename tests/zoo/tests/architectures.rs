//! The files of the zoo: parameters exact, as the frameworks count them, and no longer than a paper's table.

use archc_core::expand::zoo;
use archc_core::ir::print::print;
use archc_core::ir::summary::summarize;
use archc_zoo_tests::{graph, graph_with, root};

/// Parameters, batch statistics included, which is how Keras counts.
const KERAS: [(&str, u64); 24] = [
    ("vgg16", 138_357_544),
    ("vgg19", 143_667_240),
    ("resnet50", 25_636_712),
    ("resnet101", 44_707_176),
    ("resnet152", 60_419_944),
    ("resnet50_v2", 25_613_800),
    ("resnet101_v2", 44_675_560),
    ("resnet152_v2", 60_380_648),
    ("inception_v3", 23_851_784),
    ("mobilenet", 4_253_864),
    ("xception", 22_910_480),
    ("mobilenet_v2", 3_538_984),
    ("mobilenet_v3_large", 5_507_432),
    ("mobilenet_v3_small", 2_554_968),
    ("efficientnet_b0", 5_330_564),
    ("efficientnet_b1", 7_856_232),
    ("efficientnet_b2", 9_177_562),
    ("efficientnet_b3", 12_320_528),
    ("efficientnet_b4", 19_466_816),
    ("efficientnet_b5", 30_562_520),
    ("efficientnet_b6", 43_265_136),
    ("efficientnet_b7", 66_658_680),
    ("vgg16_c", 133_638_952),
    ("vgg11_lrn", 132_863_336),
];

/// Parameters without batch statistics, which is how PyTorch counts.
const TORCH: [(&str, u64); 17] = [
    ("lenet5", 61_706),
    ("alexnet", 60_965_224),
    ("alexnet_torch", 61_100_840),
    ("vgg11", 132_863_336),
    ("vgg13", 133_047_848),
    ("vgg16_torch", 138_357_544),
    ("vgg19_torch", 143_667_240),
    ("resnet50_torch", 25_557_032),
    ("resnet101_torch", 44_549_160),
    ("resnet152_torch", 60_192_808),
    ("resnext50", 25_028_904),
    ("inception_v3_torch", 23_834_568),
    ("mobilenet_v2_torch", 3_504_872),
    ("mobilenet_v3_large_torch", 5_483_032),
    ("mobilenet_v3_small_torch", 2_542_856),
    ("efficientnet_b0_torch", 5_288_548),
    ("efficientnet_lite0", 4_652_008),
];

/// The most lines of a file: a family reads like its paper's table.
const LINES: [(&str, usize); 11] = [
    ("lenet5", 30),
    ("alexnet", 35),
    ("vgg16", 35),
    ("resnet50", 35),
    ("resnet50_v2", 35),
    ("inception_v3", 60),
    ("mobilenet", 30),
    ("xception", 30),
    ("mobilenet_v2", 30),
    ("mobilenet_v3", 50),
    ("efficientnet", 50),
];

/// As `zoo:` takes names: letter case and `_` do not matter.
fn plain(name: &str) -> String {
    name.chars().filter(|&c| c != '_').map(|c| c.to_ascii_lowercase()).collect()
}

#[test]
fn every_net_has_its_count_once() {
    let mut counted: Vec<String> = KERAS.iter().chain(&TORCH).map(|(name, _)| plain(name)).collect();
    let mut nets: Vec<String> = zoo::nets().map(|(_, net)| plain(net)).collect();
    counted.sort();
    nets.sort();
    assert_eq!(counted, nets);
}

#[test]
fn parameters_are_exact() {
    for (name, parameters) in KERAS {
        assert_eq!(summarize(&graph(name)).parameters, parameters, "{name}");
    }
    for (name, parameters) in TORCH {
        assert_eq!(summarize(&graph(name)).trained_parameters, parameters, "{name}");
    }
    // `MobileNet(alpha=width)` of Keras.
    for (width, parameters) in [("0.25", 475_544), ("0.5", 1_342_536), ("0.75", 2_601_976)] {
        assert_eq!(summarize(&graph_with("mobilenet", "width", width)).parameters, parameters, "{width}");
    }
}

/// `count_params()` of Keras's EfficientNets holds their input's mean, variance and count: 7 more, and nothing else does.
#[test]
fn keras_counts_the_statistics_of_an_input() {
    for (name, _) in KERAS {
        let expected = if name.starts_with("efficientnet") { 7 } else { 0 };
        assert_eq!(summarize(&graph(name)).input_statistics, expected, "{name}");
    }
    assert_eq!(archc_zoo_tests::Golden::load("keras/EfficientNetB4").params, 19_466_816 + 7);
}

#[test]
fn files_are_short() {
    assert_eq!(LINES.len(), zoo::names().count(), "every file is in the list");
    for (name, most) in LINES {
        let lines = lines(&format!("archs/{name}.arch"));
        assert!(lines <= most, "{name} has {lines} lines, and at most {most} are allowed");
    }
}

/// Lines of a file and of those that it uses; comments, `preprocess` and `labels` aside.
fn lines(path: &str) -> usize {
    let text = std::fs::read_to_string(root().join(path)).expect("a file of the zoo");
    let (mut count, mut inside) = (0, false);
    for line in text.lines().map(|l| l.split("//").next().unwrap_or("").trim()) {
        if let Some(used) = line.strip_prefix("use ") {
            let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
            count += lines(&format!("{folder}/{}", used.trim().trim_matches('"')));
        }
        inside |= line.starts_with("preprocess");
        count += usize::from(!inside && !line.is_empty() && !line.starts_with("labels"));
        inside &= !line.ends_with('}');
    }
    count
}

/// `preprocess_input` of Keras's VGG and ResNet (`mode="caffe"` of its `imagenet_utils`), and how Caffe cropped.
const CAFFE: &str =
    "resize 256 bilinear, crop 224x224, bgr, normalize mean=[103.939, 116.779, 123.68] std=[1.0, 1.0, 1.0]";

/// `preprocess_input` of Keras's other networks (`mode="tf"`).
const TF: &str = "resize 256 bilinear, crop 224x224, scale 0.00784313725490196, normalize mean=[1.0, 1.0, 1.0] std=[1.0, 1.0, 1.0]";

/// `ImageClassification(crop_size=224)` of torchvision's `transforms`.
const TORCHVISION: &str = "resize 256 bilinear, crop 224x224, scale 0.00392156862745098, \
    normalize mean=[0.485, 0.456, 0.406] std=[0.229, 0.224, 0.225]";

/// The same for 299x299, which Keras resizes images to.
const TF_299: &str =
    "resize 299x299 bilinear, scale 0.00784313725490196, normalize mean=[1.0, 1.0, 1.0] std=[1.0, 1.0, 1.0]";

/// How an image becomes a network's input, by the convention of those who trained it.
const PREPROCESSING: [(&str, &str); 33] = [
    // Means by channel from the trained AlexNet of Caffe, in the paper's order of channels.
    (
        "alexnet",
        "resize 256 bilinear, crop 227x227, normalize mean=[123.68, 116.779, 103.939] std=[1.0, 1.0, 1.0]",
    ),
    ("alexnet_torch", TORCHVISION),
    ("vgg11", TORCHVISION),
    ("vgg11_lrn", CAFFE),
    ("vgg13", TORCHVISION),
    ("vgg16", CAFFE),
    ("vgg16_c", CAFFE),
    ("vgg16_torch", TORCHVISION),
    ("vgg19", CAFFE),
    ("vgg19_torch", TORCHVISION),
    ("resnet50", CAFFE),
    ("resnet101", CAFFE),
    ("resnet152", CAFFE),
    ("resnet50_torch", TORCHVISION),
    ("resnet101_torch", TORCHVISION),
    ("resnet152_torch", TORCHVISION),
    ("resnext50", TORCHVISION),
    ("resnet50_v2", TF),
    ("resnet101_v2", TF),
    ("resnet152_v2", TF),
    ("inception_v3", TF_299),
    // `ImageClassification(crop_size=299, resize_size=342)`, and then `transform_input`, which torchvision's builder sets
    // where it loads weights: ((x / 255 - m) / s) * (s / 0.5) + (m - 0.5) / 0.5 = x / 127.5 - 1.
    (
        "inception_v3_torch",
        "resize 342 bilinear, crop 299x299, scale 0.00784313725490196, normalize mean=[1.0, 1.0, 1.0] std=[1.0, 1.0, 1.0]",
    ),
    ("mobilenet", TF),
    ("mobilenet_v2", TF),
    ("mobilenet_v2_torch", TORCHVISION),
    // The networks rescale bytes.
    ("mobilenet_v3_large", "resize 256 bilinear, crop 224x224"),
    ("mobilenet_v3_small", "resize 256 bilinear, crop 224x224"),
    // `IMAGENET1K_V1`.
    ("mobilenet_v3_large_torch", TORCHVISION),
    ("xception", TF_299),
    // `preprocessing.py` of the authors' EfficientNet: the middle, without a margin of 16, bicubic. The network normalizes.
    ("efficientnet_b0", "resize 256 bicubic, crop 224x224"),
    ("efficientnet_b7", "resize 632 bicubic, crop 600x600"),
    (
        "efficientnet_b0_torch",
        "resize 256 bicubic, crop 224x224, scale 0.00392156862745098, \
            normalize mean=[0.485, 0.456, 0.406] std=[0.229, 0.224, 0.225]",
    ),
    (
        "efficientnet_lite0",
        "resize 256 bicubic, crop 224x224, scale 0.00784313725490196, normalize mean=[1.0, 1.0, 1.0] std=[1.0, 1.0, 1.0]",
    ),
];

#[test]
fn images_are_prepared_as_in_training() {
    for (name, expected) in PREPROCESSING {
        let text = print(&graph(name));
        let steps: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("preprocess ")).collect();
        assert_eq!(steps.join(", "), expected, "{name}");
        assert!(text.contains("\nlabels \"imagenet1k\"\n"), "{name}");
    }
}
