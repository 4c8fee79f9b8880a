//! The runtime and a generated module without the standard library: `tests/no-std` is built, once for packed weights and once
//! for a safetensors file, and computes the bits that a program with the standard library does.

#![cfg(unix)]

use archc_runtime::Isa;
use archc_zoo_tests::root;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

archc_runtime::include_model!(lenet5);

/// Three images: one of Fashion-MNIST, one of noise, one of denormal numbers.
fn images() -> Vec<f32> {
    let samples = std::fs::read(root().join("tests/data/lenet5/images.bin")).expect("the images");
    let sample = samples[..784].iter().map(|&byte| f32::from(byte) / 255.0);
    let noise = (0..784_u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 8) as f32 / 8_388_608.0 - 1.0);
    sample.chain(noise).chain((0..784).map(|i| i as f32 * 1e-42)).collect()
}

/// What the program of [`lenet5`] gives for the images, by the portable kernels that it has as well.
fn expected(model: &archc_runtime::Model, images: &[f32]) -> Vec<f32> {
    let mut session = model.clone().with_isa(Isa::PORTABLE).session(1);
    let logits = |image: &[f32]| {
        session.input_mut().copy_from_slice(image);
        session.run();
        session.logits().to_vec()
    };
    images.chunks(784).flat_map(logits).collect()
}

#[test]
fn lenet5_computes_the_same_bits_without_the_standard_library() {
    // Below the target folder, so that a second run of the tests finds what the first one built.
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("no-std");
    copy(&root().join("tests/no-std"), &folder);
    let safetensors = root().join("archs/weights/lenet5.safetensors");
    let model = archc_runtime::Model::load(&lenet5::NETWORK, &safetensors).unwrap();
    let packed = folder.join("lenet5.packed");
    model.save_packed(&packed).unwrap();
    let images = images();
    let bytes: Vec<u8> = images.iter().flat_map(|x| x.to_le_bytes()).collect();
    for feature in [None, Some("safetensors")] {
        let program = build(&folder, feature, &packed, &safetensors);
        let out = run(&program, &bytes);
        let logits: Vec<f32> = out.as_chunks().0.iter().map(|b| f32::from_le_bytes(*b)).collect();
        let bits = |numbers: &[f32]| numbers.iter().map(|x| x.to_bits()).collect::<Vec<_>>();
        assert_eq!(bits(&logits), bits(&expected(&model, &images)), "{feature:?}: {logits:?}");
    }
}

/// The program's sources, with the place of the runtime, and the versions of the workspace, which are there.
fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to.join("src")).unwrap();
    let write = |to: PathBuf, text: &str| {
        // What is as it was is left alone, so that it is not built again.
        if std::fs::read_to_string(&to).ok().as_deref() != Some(text) {
            std::fs::write(to, text).unwrap();
        }
    };
    let manifest = std::fs::read_to_string(from.join("Cargo.toml")).unwrap();
    let runtime = root().join("runtime").canonicalize().unwrap();
    assert!(manifest.contains("\"../../runtime\""));
    let place = format!("{:?}", runtime.to_str().expect("a path in Unicode"));
    write(to.join("Cargo.toml"), &manifest.replace("\"../../runtime\"", &place));
    let lock = std::fs::read_to_string(root().join("Cargo.lock")).unwrap();
    std::fs::write(to.join("Cargo.lock"), lock).unwrap();
    for entry in std::fs::read_dir(from.join("src")).unwrap() {
        let path = entry.unwrap().path();
        write(to.join("src").join(path.file_name().unwrap()), &std::fs::read_to_string(&path).unwrap());
    }
}

fn build(folder: &Path, feature: Option<&str>, packed: &Path, safetensors: &Path) -> PathBuf {
    let out = Command::new(env!("CARGO"))
        .args(["build", "--release", "--quiet", "--offline", "--features", feature.unwrap_or_default()])
        .arg("--target-dir")
        .arg(folder.join("target"))
        .current_dir(folder)
        .env("ARCHC_NETWORKS", env!("OUT_DIR"))
        .env("ARCHC_PACKED", packed)
        .env("ARCHC_SAFETENSORS", safetensors)
        .output()
        .unwrap();
    let words = String::from_utf8_lossy(&out.stderr);
    assert!(out.status.success(), "{words}");
    folder.join("target/release/archc-no-std")
}

fn run(program: &Path, input: &[u8]) -> Vec<u8> {
    let mut child =
        Command::new(program).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("it starts");
    child.stdin.take().unwrap().write_all(input).unwrap();
    let out = child.wait_with_output().unwrap();
    assert!(out.status.success(), "{}: {}", out.status, String::from_utf8_lossy(&out.stdout));
    out.stdout
}
