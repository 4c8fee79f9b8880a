//! `archc export`: what it writes, and what it leaves alone.

mod support;

use support::{archc, folder, json_line, status, stderr, stdout};

fn lenet(weights: &str, out: &std::path::Path, more: &[&str]) -> std::process::Output {
    let mut arguments = vec!["export", "onnx", "zoo:lenet5", "--weights", weights, "-o"];
    arguments.push(out.to_str().unwrap());
    arguments.extend(more);
    archc(&arguments)
}

#[test]
fn a_model_is_the_same_bytes_each_time() {
    let folder = folder();
    let (one, two) = (folder.path().join("one.onnx"), folder.path().join("deeper/two.onnx"));
    let out = lenet("archs/weights/lenet5.safetensors", &one, &[]);
    assert_eq!((status(&out), stderr(&out).as_str()), (0, ""));
    assert!(
        stdout(&out).starts_with(&format!("Wrote {} (LeNet5, 13 nodes, ", one.display())),
        "{}",
        stdout(&out)
    );
    let report = json_line(&lenet("archs/weights/lenet5.safetensors", &two, &["--json"]));
    let bytes = std::fs::read(&one).unwrap();
    assert_eq!(bytes, std::fs::read(&two).unwrap());
    assert_eq!(report["bytes"], bytes.len());
    assert_eq!((&report["network"], &report["opset"]), (&"LeNet5".into(), &17.into()));
    // Trained weights are others than seeded ones, of the same sizes.
    let seeded = lenet("seeded", &two, &[]);
    assert_eq!(status(&seeded), 0, "{}", stderr(&seeded));
    let other = std::fs::read(&two).unwrap();
    assert_ne!(bytes, other);
    assert_eq!(bytes.len(), other.len());
}

#[test]
fn an_error_leaves_the_old_file() {
    let folder = folder();
    let path = folder.path().join("lenet5.onnx");
    std::fs::write(&path, "old").unwrap();
    let no_weights = folder.path().join("text.safetensors");
    std::fs::write(&no_weights, "no tensors here").unwrap();
    let no_weights = no_weights.to_str().unwrap();
    for (weights, more, words) in [
        ("no/such.safetensors", &[][..], "no/such.safetensors"),
        (no_weights, &[], "text.safetensors: not a safetensors file"),
        (
            "archs/weights/lenet5.safetensors",
            &["--set", "classes=7"],
            "dense3.weight is 84x10, and must be 84x7",
        ),
        ("seeded", &["--set", "clases=7"], "classes"),
    ] {
        let out = lenet(weights, &path, more);
        assert_eq!((status(&out), stdout(&out).as_str()), (1, ""), "{weights}");
        assert!(stderr(&out).contains(words), "{weights}: {}", stderr(&out));
        assert_eq!(std::fs::read(&path).unwrap(), b"old", "{weights}");
    }
    let out = lenet("seeded", folder.path(), &[]);
    assert_eq!(status(&out), 1);
    assert!(stderr(&out).contains("not a file"), "{}", stderr(&out));
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2, "no temporary file stays");
}
