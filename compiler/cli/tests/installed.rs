//! An installed archc, as users have it: outside of the repository, without the network, and without the variables of
//! the Cargo that runs this test. It writes a crate of two networks, and a program that uses both is built and run.

mod support;

use archc_core::compile::compile;
use archc_core::diagnostic::Diagnostics;
use archc_core::expand::Request;
use archc_core::source::SourceMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use support::{folder, root, stderr, stdout};

/// A block in a file of its own, and a network that uses it.
const BLOCKS: &str = "block unit(width, stride=1) {
    residual relu {
        conv 3x3 width stride=stride pad=1 bn relu
        conv 3x3 width bn
    } shortcut {
        if stride > 1 or channels != width { conv 1x1 width stride=stride bn }
    }
}
";
const NETWORK: &str = "use \"blocks/unit.arch\"
net Shapes(classes=5) {
    input 24x20x3
    budget arena=1MiB
    conv 3x3 12 bn relu
    unit(12)
    unit(24, stride=2)
    inception { branch { maxpool 3 stride=1 pad=same } branch { depthwise 3x3 conv 1x1 9 relu6 } }
    global_avgpool
    dense classes softmax
}
";

/// The program: it takes the path of LeNet-5's weights, and that of an image.
const MAIN: &str = "use vision::{lenet5, shapes};

// What a network takes is known when a program is compiled.
const _: () = assert!(shapes::Model::ARENA_BYTES <= 1 << 20 && shapes::Model::MACS < 10_000_000);
static SCRATCH: [u8; shapes::Model::WEIGHT_BYTES] = [0; shapes::Model::WEIGHT_BYTES];

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let model = lenet5::Model::load(&arguments[1]).unwrap();
    let mut session = model.session();
    let best = session.classify(&arguments[2]).unwrap()[0];
    println!(\"{} {}\", best.name(), best.score);
    let (image, one) = (*session.input_mut(), *session.output());
    assert_eq!(session.infer(&image), &one);

    // Two images at a time, of which the second is another one.
    let mut pair = model.session_of::<2>();
    pair.load_image(0, &arguments[2]).unwrap();
    pair.run();
    assert_eq!(pair.output()[0], one);
    assert_ne!(pair.output()[1], one);

    let model = shapes::Model::seeded(\"installed\").unwrap();
    let mut session = model.session();
    for (i, x) in session.input_mut().iter_mut().enumerate() {
        *x = (i % 17) as f32 / 8.0 - 1.0;
    }
    session.run();
    for logit in session.logits() {
        println!(\"{logit}\");
    }
    assert!(SCRATCH.iter().all(|&byte| byte == 0));
}
";

/// A command without the variables that Cargo has set for this test.
fn clean(program: impl AsRef<std::ffi::OsStr>) -> Command {
    let mut command = Command::new(program);
    for (name, _) in std::env::vars_os() {
        let name = name.to_string_lossy().into_owned();
        if name != "CARGO_HOME" && (name.starts_with("CARGO") || name.starts_with("ARCHC_")) {
            command.env_remove(name);
        }
    }
    command.env("CARGO_NET_OFFLINE", "true");
    command
}

/// Installs archc into a folder, from what the tests have compiled already.
fn install(into: &Path) -> PathBuf {
    let out = clean(env!("CARGO"))
        .args(["install", "--debug", "--locked", "--no-track", "--force", "--path"])
        .arg(root().join("compiler/cli"))
        .arg("--root")
        .arg(into)
        .env("CARGO_TARGET_DIR", Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap())
        .output()
        .unwrap();
    assert!(out.status.success(), "{}", stderr(&out));
    into.join("bin").join(format!("archc{}", std::env::consts::EXE_SUFFIX))
}

/// The logits of the network in a folder, by the reference interpreter.
fn expected(network: &Path) -> Vec<f64> {
    let (mut sources, mut diagnostics) = (SourceMap::default(), Diagnostics::default());
    let mut request = Request::new(network.to_str().unwrap());
    request.outputs.push("dense1".to_owned());
    let compiled = compile(&request, &mut archc_build::Disk::default(), &mut sources, &mut diagnostics);
    let graph = compiled.expect("a right network").graph;
    let weights = archc_weights::seeded::store(&graph, "installed");
    let size = graph.node(graph.input().unwrap()).shape.size();
    let image: Vec<f64> = (0..size).map(|i| (i % 17) as f64 / 8.0 - 1.0).collect();
    archc_interpreter::run(&graph, &weights, &image).unwrap().remove(0).data
}

#[test]
fn two_networks_in_one_program() {
    let home = folder();
    let archc = install(&home.path().join("installed"));
    let user = home.path().join("user");
    let write = |name: &str, bytes: &[u8]| {
        let path = user.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    };
    write("nets/blocks/unit.arch", BLOCKS.as_bytes());
    write("nets/shapes.arch", NETWORK.as_bytes());
    let out = clean(&archc)
        .args(["build", "zoo:lenet5", "nets/shapes.arch", "-o", "vision"])
        .current_dir(&user)
        .output()
        .unwrap();
    assert!(out.status.success(), "{}", stderr(&out));
    assert_eq!(stdout(&out), "Wrote vision (lenet5, shapes)\n");

    write(
        "Cargo.toml",
        b"[package]\nname = \"program\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n\
          [dependencies]\nvision = { path = \"vision\", features = [\"image\"] }\n",
    );
    write("src/main.rs", MAIN.as_bytes());
    let out = clean(env!("CARGO"))
        .args(["run", "--quiet", "--target-dir"])
        .arg(Path::new(env!("CARGO_TARGET_TMPDIR")).join("installed"))
        .arg("--")
        .arg(root().join("archs/weights/lenet5.safetensors"))
        .arg(root().join("samples/ankle_boot.png"))
        .current_dir(&user)
        .output()
        .unwrap();
    assert!(out.status.success(), "{}", stderr(&out));
    assert_eq!(stderr(&out), "", "generated code compiles without a warning");

    let text = stdout(&out);
    let mut lines = text.lines();
    let (label, probability) = lines.next().unwrap().rsplit_once(' ').unwrap();
    assert_eq!(label, "Ankle boot");
    // PyTorch's for this image is 0.99966.
    assert!((probability.parse::<f64>().unwrap() - 0.99966).abs() < 1e-4, "{text}");
    let logits: Vec<f64> = lines.map(|line| line.parse().unwrap()).collect();
    let expected = expected(&user.join("nets/shapes.arch"));
    assert_eq!(logits.len(), expected.len());
    let largest = expected.iter().fold(0.0, |most: f64, x| most.max(x.abs()));
    for (found, right) in logits.iter().zip(&expected) {
        assert!((found - right).abs() <= 1e-5 * largest, "{logits:?} should be {expected:?}");
    }
}
