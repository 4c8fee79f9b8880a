//! `archc import` as a command, on files that the frameworks have written (`compiler/weights/tests/files`).

mod support;

use std::path::Path;
use support::{archc, folder, json_line, root, status, stderr, stdout};

const FILES: &str = "compiler/weights/tests/files";

/// The network whose state dict `state.pth` is, with names of its own.
const NETWORK: &str = "
net Tiny {
    input 4x4x3
    stem: conv (1, 2) 2 pad=valid
    norm: bn
    global_avgpool
    head: dense 5
}";

fn write(folder: &Path, name: &str, text: &str) -> String {
    let path = folder.join(name);
    std::fs::create_dir_all(folder).unwrap();
    std::fs::write(&path, text).unwrap();
    path.to_str().unwrap().to_owned()
}

fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    let mut names: Vec<String> = entries.map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn without_a_map_the_order_is_shown_and_must_be_accepted() {
    let folder = folder();
    let network = write(folder.path(), "tiny.arch", NETWORK);
    let out = folder.path().join("out.safetensors");
    let state = format!("{FILES}/state.pth");
    let import = |more: &[&str]| {
        archc(&[&["import", "torch", &state, &network, "-o", out.to_str().unwrap()], more].concat())
    };

    let refused = import(&[]);
    assert_eq!(status(&refused), 1);
    for line in ["stem = stem", "norm = bn", "head = fc", "--accept-order"] {
        assert!(stderr(&refused).contains(line), "{}", stderr(&refused));
    }
    assert_eq!(names(folder.path()), ["tiny.arch"]);

    let accepted = import(&["--accept-order"]);
    assert_eq!(status(&accepted), 0, "{}", stderr(&accepted));
    assert!(stdout(&accepted).contains("8 tensors, 37 numbers"), "{}", stdout(&accepted));
    let by_order = std::fs::read(&out).unwrap();
    std::fs::remove_file(&out).unwrap();

    // The same as a map, which is found beside the network.
    let map = folder.path().join("Tiny.torch");
    let written = import(&["--write-map", map.to_str().unwrap()]);
    assert_eq!(status(&written), 0, "{}", stderr(&written));
    assert_eq!(names(folder.path()), ["Tiny.torch", "tiny.arch"]);
    let permissions = |path: &Path| std::fs::metadata(path).unwrap().permissions();
    assert_eq!(permissions(&map), permissions(Path::new(&network)), "others may read it too");
    let report = json_line(&import(&["--json"]));
    assert_eq!((&report["tensors"], &report["numbers"]), (&8.into(), &37.into()), "{report}");
    assert_eq!(std::fs::read(&out).unwrap(), by_order);

    // What somebody may have edited is not written over.
    std::fs::write(&map, "stem = stm").unwrap();
    let network = write(&folder.path().join("other"), "tiny.arch", NETWORK);
    let write_map = ["--write-map", map.to_str().unwrap()];
    let refused = archc(
        &[&["import", "torch", &state, &network, "-o", out.to_str().unwrap()], &write_map[..]].concat(),
    );
    assert_eq!(status(&refused), 1, "{}", stdout(&refused));
    assert!(stderr(&refused).contains("cannot write") && stderr(&refused).contains("Tiny.torch"));
    assert_eq!(std::fs::read_to_string(&map).unwrap(), "stem = stm");
}

/// Beside a network both of PyTorch's maps may lie, and weights may have the network's own names already.
#[test]
fn every_map_beside_the_network_is_tried() {
    let folder = folder();
    let network = write(folder.path(), "tiny.arch", NETWORK);
    write(folder.path(), "Tiny.torch", "stem = conv\nnorm = norm1\nhead = last");
    let timm = write(folder.path(), "Tiny.timm", "norm = bn\nhead = fc");
    let out = folder.path().join("out.safetensors");
    let import = |weights: &str| {
        let json = archc(&["import", "torch", weights, &network, "-o", out.to_str().unwrap(), "--json"]);
        json_line(&json)["by"].as_str().unwrap().to_owned()
    };
    assert_eq!(import(&format!("{FILES}/state.pth")), timm);
    let own = folder.path().join("own.safetensors");
    let shapes: [(&str, &[usize]); 8] = [
        ("stem.weight", &[2, 3, 1, 2]),
        ("stem.bias", &[2]),
        ("norm.weight", &[2]),
        ("norm.bias", &[2]),
        ("norm.running_mean", &[2]),
        ("norm.running_var", &[2]),
        ("head.weight", &[5, 2]),
        ("head.bias", &[5]),
    ];
    let tensors = shapes.map(|(name, shape)| {
        let data = vec![0.5; shape.iter().product()];
        (name.to_owned(), archc_weights::Tensor { shape: shape.to_vec(), data })
    });
    tensors.into_iter().collect::<archc_weights::Store>().save(&own).unwrap();
    // A map that would take them as well comes behind.
    write(folder.path(), "Tiny.torch", "stem = stem");
    assert_eq!(import(own.to_str().unwrap()), "the same names");
    // Of maps that do not fit, the closest is told.
    write(folder.path(), "Tiny.torch", "norm = bn\nhead = last");
    write(folder.path(), "Tiny.timm", "stem = conv\nnorm = norm1\nhead = last");
    let state = format!("{FILES}/state.pth");
    let refused = archc(&["import", "torch", &state, &network, "-o", out.to_str().unwrap()]);
    assert_eq!(status(&refused), 1);
    assert!(stderr(&refused).contains("Tiny.torch, 4 tensors do not fit"), "{}", stderr(&refused));
}

#[test]
fn what_was_unwrapped_is_told() {
    let folder = folder();
    let network = write(folder.path(), "tiny.arch", NETWORK);
    let out = folder.path().join("out.safetensors");
    let checkpoint = format!("{FILES}/checkpoint.pth");
    let report =
        archc(&["import", "torch", &checkpoint, &network, "-o", out.to_str().unwrap(), "--accept-order"]);
    assert_eq!(status(&report), 0, "{}", stderr(&report));
    for note in ["`state_dict`", "`module.`"] {
        assert!(stdout(&report).contains(note), "{}", stdout(&report));
    }
}

#[test]
fn every_tensor_without_a_place_is_told() {
    let folder = folder();
    let network = write(folder.path(), "tiny.arch", NETWORK);
    let map = write(folder.path(), "map", "stem = stm\nnorm = bn\n");
    let out = folder.path().join("out.safetensors");
    let state = format!("{FILES}/state.pth");
    let refused = archc(&["import", "torch", &state, &network, "-o", out.to_str().unwrap(), "--map", &map]);
    assert_eq!(status(&refused), 1);
    for part in [
        "state.pth: by the map, 8 tensors do not fit:",
        "`stem.weight` [1, 2, 3, 2] is missing: there is no `stm.weight`; did you mean `stem.weight`?",
        "`head.bias` [5] is missing",
        "`fc.weight` [5, 2] belongs to nothing",
    ] {
        assert!(stderr(&refused).contains(part), "{}", stderr(&refused));
    }
    assert!(!out.exists());
}

#[test]
fn a_file_that_cannot_be_read_or_written_is_told() {
    let folder = folder();
    let network = write(folder.path(), "tiny.arch", NETWORK);
    let out = folder.path().join("out.safetensors");
    let out = out.to_str().unwrap();
    for (framework, file, expected) in [
        ("torch", format!("{FILES}/module.pth"), "__main__.Tiny"),
        ("torch", format!("{FILES}/keras3.h5"), "archc import keras"),
        ("keras", format!("{FILES}/hostile_loop.h5"), "groups"),
        ("torch", "none.pth".to_owned(), "none.pth"),
        ("torch", FILES.to_owned(), "not a file"),
    ] {
        let refused = archc(&["import", framework, &file, &network, "-o", out]);
        assert_eq!(status(&refused), 1);
        assert!(stderr(&refused).contains(expected), "{}", stderr(&refused));
    }
    // What is no file is left as it is: a device would be replaced.
    let state = format!("{FILES}/state.pth");
    let place = folder.path().to_str().unwrap();
    let refused = archc(&["import", "torch", &state, &network, "--accept-order", "-o", place]);
    assert_eq!(status(&refused), 1);
    assert!(stderr(&refused).contains("cannot write") && stderr(&refused).contains("not a file"));
    assert_eq!(names(folder.path()), ["tiny.arch"]);
}

/// timm's MobileNetV2 has names of its own and pads as torchvision's does.
#[test]
fn timms_weights_of_another_framework_are_told_as_well() {
    let folder = folder();
    let (theirs, out) = (folder.path().join("theirs.safetensors"), folder.path().join("out.safetensors"));
    let golden = std::fs::read_to_string(root().join("tests/goldens/torch/mobilenet_v2.json")).unwrap();
    let golden: serde_json::Value = serde_json::from_str(&golden).unwrap();
    // timm's layers come in the order of torchvision's.
    let mut layers = vec!["conv_stem".to_owned(), "bn1".to_owned()];
    for (stage, blocks) in [1, 2, 3, 4, 3, 3, 1].into_iter().enumerate() {
        let parts = ["conv_pw", "bn1", "conv_dw", "bn2", "conv_pwl", "bn3"];
        let first = ["conv_dw", "bn1", "conv_pw", "bn2"];
        let parts = if stage == 0 { &first[..] } else { &parts };
        layers.extend((0..blocks).flat_map(|i| parts.iter().map(move |p| format!("blocks.{stage}.{i}.{p}"))));
    }
    layers.extend(["conv_head", "bn2", "classifier"].map(str::to_owned));
    let mut layers = layers.into_iter();
    let (mut before, mut layer) = (String::new(), String::new());
    let tensors = golden["weights"].as_array().unwrap().iter().map(|weight| {
        let (torchvisions, suffix) = weight[0].as_str().unwrap().rsplit_once('.').unwrap();
        if torchvisions != before {
            (before, layer) = (torchvisions.to_owned(), layers.next().unwrap());
        }
        let shape: Vec<usize> = serde_json::from_value(weight[1].clone()).unwrap();
        let data = vec![0.5; shape.iter().product()];
        (format!("{layer}.{suffix}"), archc_weights::Tensor { shape, data })
    });
    tensors.collect::<archc_weights::Store>().save(&theirs).unwrap();
    let import =
        |net: &str| archc(&["import", "torch", theirs.to_str().unwrap(), net, "-o", out.to_str().unwrap()]);
    let refused = import("zoo:mobilenet_v2");
    assert_eq!(status(&refused), 1, "{}", stdout(&refused));
    assert!(stderr(&refused).contains("zoo:MobileNetV2Torch"), "{}", stderr(&refused));
    assert!(!out.exists());
    let taken = import("zoo:mobilenet_v2_torch");
    assert_eq!(status(&taken), 0, "{}", stderr(&taken));
    assert!(stdout(&taken).contains("MobileNetV2.timm"), "{}", stdout(&taken));
}

#[test]
fn weights_of_another_framework_are_not_taken_for_the_networks_own() {
    let folder = folder();
    let (theirs, out) = (folder.path().join("theirs.safetensors"), folder.path().join("out.safetensors"));
    let golden = std::fs::read_to_string(root().join("tests/goldens/torch/mobilenet_v2.json")).unwrap();
    let golden: serde_json::Value = serde_json::from_str(&golden).unwrap();
    let tensors = golden["weights"].as_array().unwrap().iter().map(|weight| {
        let shape: Vec<usize> = serde_json::from_value(weight[1].clone()).unwrap();
        let data = vec![0.5; shape.iter().product()];
        (weight[0].as_str().unwrap().to_owned(), archc_weights::Tensor { shape, data })
    });
    tensors.collect::<archc_weights::Store>().save(&theirs).unwrap();
    let import = |net: &str, more: &[&str]| {
        let (theirs, out) = (theirs.to_str().unwrap(), out.to_str().unwrap());
        archc(&[&["import", "torch", theirs, net, "-o", out], more].concat())
    };
    let refused = import("zoo:mobilenet_v2", &[]);
    assert_eq!(status(&refused), 1);
    for word in ["zoo:MobileNetV2Torch", "--any-framework"] {
        assert!(stderr(&refused).contains(word), "{}", stderr(&refused));
    }
    assert!(!out.exists());
    assert_eq!(status(&import("zoo:mobilenet_v2_torch", &[])), 0);
    assert_eq!(status(&import("zoo:mobilenet_v2", &["--any-framework"])), 0);
}
