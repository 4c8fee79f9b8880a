//! The zoo's networks: how many functions and calls they have, how large their arenas are, and what they compute.

use archc_core::plan::Plan;
use archc_core::plan::print::plain_peak;
use archc_lowered::harness::{check, check_taps, planned, zoo, zoo_as_written};

fn plan(file: &str, net: &str) -> Plan {
    planned(&zoo(file, net, &[])).unwrap().1
}

#[test]
fn a_network_three_times_as_deep_has_no_more_functions_and_calls() {
    let (shallow, deep) = (plan("resnet50", "ResNet50"), plan("resnet50", "ResNet152"));
    assert_eq!((shallow.functions.len(), shallow.calls.len()), (10, 10));
    assert_eq!((deep.functions.len(), deep.calls.len()), (10, 10));
    let counts = |plan: &Plan| plan.calls.iter().map(|c| c.count).collect::<Vec<_>>();
    assert_eq!(counts(&deep), [1, 1, 2, 1, 7, 1, 35, 1, 2, 1]);
    let names: Vec<&str> = deep.functions.iter().map(|f| f.name.as_str()).collect();
    assert_eq!(names[..3], ["stem", "bottleneck_1", "bottleneck_2"]);
    assert_eq!(names[9], "head");
    let pattern = (deep.calls[6].prefix.as_str(), deep.calls[6].number);
    assert_eq!(pattern, ("stage.2.unit.{}.bottleneck1", 1));
    assert_eq!(shallow.arena_size, deep.arena_size);
}

/// Algorithms that are faster take more memory for weights, within bounds.
#[test]
fn packed_weights_grow_within_bounds() {
    let growth = |size: usize, tensors: &[archc_core::lir::Tensor]| {
        let numbers: usize = tensors.iter().map(|t| t.shape.iter().product::<usize>()).sum();
        size as f64 / numbers as f64
    };
    for (file, net, most, by_winograd) in [
        ("alexnet", "AlexNet", 1.35, true),
        ("vgg16", "VGG16", 1.35, true),
        ("vgg16", "VGG19", 1.35, true),
        ("resnet50", "ResNet50", 1.35, true),
        ("resnet50", "ResNet152", 1.35, true),
        ("inception_v3", "InceptionV3", 1.35, true),
        ("mobilenet", "MobileNet", 1.05, false),
        ("xception", "Xception", 1.05, true),
    ] {
        let (program, plan) = planned(&zoo(file, net, &[])).unwrap();
        let growth = growth(plan.weights_size, &program.tensors);
        assert!(growth <= most, "{net}: {growth}");
        assert_eq!(plan.scratch_size > 0, by_winograd, "{net}");
    }
}

/// Halos and padding lanes cost little, and addresses nothing.
#[test]
fn arenas_are_as_small_as_their_peaks() {
    for (file, net, functions, calls) in [
        ("alexnet", "AlexNet", 1, 1),
        ("vgg16", "VGG16", 8, 8),
        ("resnet50", "ResNet50", 10, 10),
        ("inception_v3", "InceptionV3", 12, 13),
        ("mobilenet", "MobileNet", 12, 12),
        ("mobilenet_v2", "MobileNetV2", 14, 14),
        ("xception", "Xception", 7, 7),
        ("mobilenet_v3", "MobileNetV3Large", 14, 14),
        ("mobilenet_v3", "MobileNetV3Small", 11, 11),
        ("efficientnet", "EfficientNetB0", 14, 14),
        ("efficientnet", "EfficientNetB7", 16, 16),
        ("efficientnet", "EfficientNetLite0", 14, 14),
    ] {
        let (program, plan) = planned(&zoo(file, net, &[])).unwrap();
        // Placing values one by one leaves a gap here and there.
        assert!(
            plan.arena_size * 100 <= plan.peak_size * 102,
            "{net}: {} of {}",
            plan.arena_size,
            plan.peak_size
        );
        let plain = plain_peak(&program, &plan);
        assert!(plan.arena_size * 100 <= plain * 103, "{net}: {} of {plain}", plan.arena_size);
        assert_eq!((plan.functions.len(), plan.calls.len()), (functions, calls), "{net}");
        let longest = plan.functions.iter().map(|f| f.steps.len()).max();
        assert!(longest <= Some(60), "{net}: {longest:?} steps in a function");
    }
}

/// Repeated blocks, concatenations in place, residual sums and depthwise convolutions, as real networks have them.
#[test]
fn small_images_give_what_the_interpreter_gives() {
    for (file, net, set) in [
        ("lenet5", "LeNet5", &[][..]),
        ("resnet50", "ResNet50", &[("input", "48x48x3"), ("depths", "[2, 4, 3, 1]"), ("classes", "17")]),
        ("inception_v3", "InceptionV3", &[("input", "79x83x3"), ("classes", "10")]),
        ("mobilenet", "MobileNet", &[("input", "45x64x3"), ("width", "0.3"), ("classes", "10")]),
        ("mobilenet_v2", "MobileNetV2", &[("input", "41x33x3"), ("width", "0.35"), ("classes", "10")]),
        ("xception", "Xception", &[("input", "43x38x3"), ("classes", "10")]),
        ("mobilenet_v3", "MobileNetV3Small", &[("input", "41x33x3"), ("classes", "10")]),
        ("mobilenet_v3", "MobileNetV3LargeTorch", &[("input", "34x37x3"), ("classes", "10")]),
        ("efficientnet", "EfficientNetB1", &[("input", "37x33x3"), ("width", "0.5"), ("classes", "10")]),
        ("efficientnet", "EfficientNetLite0", &[("input", "32x39x3"), ("width", "0.4"), ("classes", "10")]),
    ] {
        let taps = check_taps(&zoo_as_written(file, net, set));
        if let Err(message) = taps.and_then(|()| check(&zoo(file, net, set))) {
            panic!("{net}: {message}");
        }
    }
}
