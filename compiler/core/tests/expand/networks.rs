//! Whole families have the parameters of Keras and torchvision, to the last one.

use archc_core::expand::{Request, zoo};
use archc_core::ir::summary::{Summary, summarize};

use crate::support::run_files;

const EFFICIENTNET: &str = include_str!("examples/efficientnet.arch");
const MOBILENET_V3: &str = include_str!("examples/mobilenet_v3_large.arch");
const RESNET_V2: &str = include_str!("examples/resnet_v2.arch");
const XCEPTION: &str = include_str!("examples/xception.arch");

#[track_caller]
fn summary(path: &str, text: &str, net: Option<&str>) -> Summary {
    let request = Request { net: net.map(str::to_owned), ..Request::new(path) };
    summarize(&run_files(&request, &[("main.arch", text)]).good())
}

#[test]
fn keras_has_as_many_parameters() {
    for (text, net, parameters) in [
        (EFFICIENTNET, "B0", 5_330_564),
        (EFFICIENTNET, "B1", 7_856_232),
        (EFFICIENTNET, "B2", 9_177_562),
        (EFFICIENTNET, "B3", 12_320_528),
        (EFFICIENTNET, "B4", 19_466_816),
        (EFFICIENTNET, "B5", 30_562_520),
        (EFFICIENTNET, "B6", 43_265_136),
        (EFFICIENTNET, "B7", 66_658_680),
        (MOBILENET_V3, "MobileNetV3Large", 5_507_432),
        (RESNET_V2, "ResNetV2", 25_613_800),
        (RESNET_V2, "ResNet101V2", 44_675_560),
        (RESNET_V2, "ResNet152V2", 60_380_648),
        (XCEPTION, "Xception", 22_910_480),
    ] {
        assert_eq!(summary("main.arch", text, Some(net)).parameters, parameters, "{net}");
    }
}

#[test]
fn the_zoo_has_as_many_parameters() {
    for (path, net, parameters) in [
        ("zoo:vgg16", None, 138_357_544),
        ("zoo:resnet50", None, 25_636_712),
        ("zoo:resnet50", Some("ResNet101"), 44_707_176),
        ("zoo:resnet50", Some("ResNet152"), 60_419_944),
        ("zoo:resnet101_torch", None, 44_654_504),
        ("zoo:inception_v3", None, 23_851_784),
        ("zoo:mobilenet", None, 4_253_864),
        ("zoo:mobilenet_v2", None, 3_538_984),
        ("zoo:lenet5", None, 61_706),
    ] {
        assert_eq!(summary(path, "", net).parameters, parameters, "{path}");
    }
}

#[test]
fn every_net_of_the_zoo_expands() {
    for name in zoo::names().chain(zoo::nets().map(|(_, net)| net)) {
        assert!(summary(&format!("zoo:{name}"), "", None).parameters > 0);
    }
}

#[test]
fn sums_are_those_of_the_tables() {
    let vgg = summary("zoo:vgg16", "", None);
    // 15.5 billion, as the tables of the papers have it.
    assert_eq!(vgg.macs, 15_470_264_320);
    assert_eq!(vgg.trained_parameters, vgg.parameters);
    assert_eq!(vgg.largest_value, 224 * 224 * 64);
    let resnet = summary("zoo:resnet50", "", None);
    // Keras calls the means and variances non-trainable.
    assert_eq!(resnet.parameters - resnet.trained_parameters, 53_120);
    assert_eq!(resnet.rows[1].name, "conv1");
    assert_eq!(resnet.rows[1].shape, [112, 112, 64]);
    assert_eq!(resnet.rows[1].parameters, 7 * 7 * 3 * 64 + 64);
}
