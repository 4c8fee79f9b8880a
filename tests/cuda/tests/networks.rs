//! Networks of the zoo: small ones from the graph to the numbers of their CUDA kernels, and all as far as kernels.

use archc_core::cuda::module;
use archc_core::cuda::predict::{H100, predict};
use archc_core::lir::Number;
use archc_cuda_tests::{check, errors, planned};
use archc_lowered::harness::zoo;

#[test]
fn lenet5() {
    check(&zoo("lenet5", "LeNet5", &[]), 1).unwrap();
}

#[test]
fn mobilenets() {
    let small = [("input", "64x64x3"), ("width", "0.25")];
    check(&zoo("mobilenet", "MobileNet", &small), 2).unwrap();
    check(&zoo("mobilenet_v2", "MobileNetV2", &small), 3).unwrap();
}

/// Every network has a kernel for each step; NVRTC takes them in the tests above and in those of random graphs.
#[test]
fn every_network_has_kernels() {
    for (file, net) in [
        ("alexnet", "AlexNet"),
        ("alexnet", "AlexNetTorch"),
        ("efficientnet", "EfficientNetB0"),
        ("efficientnet", "EfficientNetB7"),
        ("efficientnet", "EfficientNetLite0"),
        ("inception_v3", "InceptionV3"),
        ("inception_v3", "InceptionV3Torch"),
        ("lenet5", "LeNet5"),
        ("mobilenet", "MobileNet"),
        ("mobilenet_v2", "MobileNetV2"),
        ("mobilenet_v3", "MobileNetV3Large"),
        ("mobilenet_v3", "MobileNetV3Small"),
        ("resnet50", "ResNet50"),
        ("resnet50", "ResNet152"),
        ("resnet50", "ResNeXt50"),
        ("resnet50_v2", "ResNet50V2"),
        ("vgg16", "VGG11LRN"),
        ("vgg16", "VGG16"),
        ("vgg16", "VGG19"),
        ("xception", "Xception"),
    ] {
        let (program, plan) =
            planned(&zoo(file, net, &[]), Number::F32).unwrap_or_else(|e| panic!("{net}: {e}"));
        let module = module(&program, &plan);
        assert_eq!(module.launches.len(), program.steps.len(), "{net}");
        // At one image a node of a graph costs more than its operations.
        let most = match net {
            "ResNet50" => 60,
            "VGG16" => 22,
            _ => usize::MAX,
        };
        assert!(module.launches.len() <= most, "{net}: {} launches", module.launches.len());
        eprintln!("{net}: {} launches, {} kernels", module.launches.len(), module.kernels.len());
    }
}

/// Types with less digits lose no more than rounding costs in any case.
#[test]
fn rounding_costs_what_it_must() {
    let small = [("input", "64x64x3"), ("width", "0.5")];
    for (file, net, set) in [
        ("lenet5", "LeNet5", &[][..]),
        ("mobilenet", "MobileNet", &small),
        ("mobilenet_v2", "MobileNetV2", &small),
        ("resnet50", "ResNet50", &[("input", "32x32x3")]),
    ] {
        for number in [Number::Bf16, Number::F16, Number::Tf32] {
            let [ours, rounded] = errors(&zoo(file, net, set), number, 1).unwrap();
            eprintln!("{net}, {number:?}: {ours:.2e} {rounded:.2e}");
            assert!(ours <= 1.5 * rounded + 1e-4, "{net}, {number:?}: {ours} instead of {rounded}");
        }
    }
}

/// What launches move is what they must, but for zeros that matrices are filled up with.
#[test]
fn launches_move_little_more_than_they_must() {
    for (file, net) in [("resnet50", "ResNet50"), ("vgg16", "VGG16"), ("mobilenet_v2", "MobileNetV2")] {
        for number in Number::ALL {
            let (program, plan) = planned(&zoo(file, net, &[]), number).unwrap();
            let predicted = predict(&program, &module(&program, &plan), &H100, 1);
            let more = predicted.bytes / predicted.least_bytes;
            assert!(more <= 1.3, "{net} in {number}: {more} of the least");
            assert!(predicted.time >= predicted.roofline, "{net} in {number}: {predicted:?}");
        }
    }
}
