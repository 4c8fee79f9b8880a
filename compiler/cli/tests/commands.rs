//! The commands as a shell sees them: what they print, where, and their exit status.

mod support;

use serde_json::Value;
use support::{archc, command, folder, json_line, root, status, stderr, stdout};

#[test]
fn a_right_network_is_told_on_standard_output() {
    let out = archc(&["check", "archs/vgg16.arch"]);
    assert_eq!(status(&out), 0);
    assert_eq!(stdout(&out), "VGG16: 224x224x3 to 1x1x1000, 40 operations\n");
    assert_eq!(stderr(&out), "");
}

#[test]
fn a_wrong_network_is_told_on_standard_error_with_status_1() {
    let folder = folder();
    let path = folder.path().join("wrong.arch");
    std::fs::write(&path, "net Wrong {\n    input 8x8x3\n    conv 3x3 10 group=2\n}\n").unwrap();
    for command in ["check", "summary", "build", "bench", "dump"] {
        let out = archc(&[command, path.to_str().unwrap()]);
        assert_eq!(status(&out), 1, "{command}");
        assert_eq!(stdout(&out), "", "{command}");
        assert!(stderr(&out).starts_with("error[E0302]: "), "{command}: {}", stderr(&out));
        assert!(stderr(&out).contains("wrong.arch:3:"), "{command}: {}", stderr(&out));
        let json = archc(&[command, path.to_str().unwrap(), "--json"]);
        assert_eq!(status(&json), 1, "{command}");
        if command == "check" {
            let report = json_line(&json);
            assert_eq!(report["ok"], Value::Bool(false));
            assert_eq!(report["diagnostics"][0]["code"], "E0302");
            assert_eq!(report["diagnostics"][0]["line"], 3);
        } else {
            let first: Value = serde_json::from_str(stderr(&json).lines().next().unwrap()).unwrap();
            assert_eq!(first["code"], "E0302", "{command}");
        }
    }
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "nothing was written");
}

#[test]
fn a_wrong_command_line_has_status_2() {
    for arguments in [
        &["chek"][..],
        &["check"],
        &["check", "a.arch", "--nets"],
        &["bench", "zoo:lenet5", "--batch", "0"],
        &["bench", "zoo:lenet5", "--threads", "0"],
        &["bench", "zoo:lenet5", "--html", "page.html"],
        &["bench", "zoo:lenet5", "--sort", "time"],
        &["bench", "zoo:lenet5", "--profile", "--sort", "alphabet"],
    ] {
        let out = archc(arguments);
        assert_eq!(status(&out), 2, "{arguments:?}");
        assert_eq!(stdout(&out), "", "{arguments:?}");
    }
}

#[test]
fn every_command_has_help_with_an_example() {
    for command in ["check", "summary", "build", "run", "bench", "verify", "export", "dump", "explain"] {
        let out = archc(&[command, "--help"]);
        assert_eq!(status(&out), 0, "{command}");
        assert!(stdout(&out).contains("Example"), "{command}");
        assert!(stdout(&out).contains(&format!("  archc {command}")), "{command}");
    }
}

#[test]
fn a_summary_counts_as_keras_and_as_pytorch() {
    let report = json_line(&archc(&["summary", "zoo:resnet50", "--json"]));
    assert_eq!(report["parameters"], 25_636_712);
    assert_eq!(report["trained_parameters"], 25_583_592);
    let text = archc(&["summary", "zoo:resnet50"]);
    assert!(stdout(&text).contains("25,636,712"));
    assert!(stdout(&text).contains("stage.3.unit.2.bottleneck1.residual1.conv3"));
    // The mean and variance of an input are no parameters of a paper's; Keras shows them.
    let report = json_line(&archc(&["summary", "zoo:efficientnet_b0", "--json"]));
    assert_eq!((&report["parameters"], &report["input_statistics"]), (&5_330_564.into(), &7.into()));
    let text = stdout(&archc(&["summary", "zoo:efficientnet_b0"]));
    assert!(
        text.contains(
            "as PyTorch counts: 5,288,548; with its input's statistics, as Keras counts: 5,330,571"
        )
    );
}

#[test]
fn a_summary_shows_memory_by_layer() {
    let report = json_line(&archc(&["summary", "zoo:mobilenet", "--json"]));
    let bytes = |value: &Value| value.as_u64().unwrap();
    let rows = report["rows"].as_array().unwrap();
    let sum = |key: &str| rows.iter().filter_map(|row| row[key].as_u64()).sum::<u64>();
    assert_eq!(sum("weight_bytes"), bytes(&report["weight_bytes"]));
    let peak = rows.iter().find(|row| row["name"] == report["peak"]["name"]).unwrap();
    assert_eq!(peak["alive_bytes"], report["peak"]["bytes"]);
    assert!(rows.iter().all(|row| row["alive_bytes"].as_u64() <= report["peak"]["bytes"].as_u64()));
    assert!(report["peak"]["bytes"].as_u64() <= report["arena_bytes"].as_u64());
    let text = stdout(&archc(&["summary", "zoo:mobilenet"]));
    let name = report["peak"]["name"].as_str().unwrap();
    assert!(text.contains(&format!("alive at once at `{name}`")), "{text}");
}

#[test]
fn a_net_over_its_budget_is_shown_and_not_built() {
    let folder = folder();
    let path = folder.path().join("over.arch");
    std::fs::write(&path, "net Over {\n    input 8x8x3\n    budget arena=1KiB\n    conv 3x3 64\n}\n")
        .unwrap();
    let path = path.to_str().unwrap();
    let out_folder = folder.path().join("crate");
    for arguments in [&["check", path][..], &["build", path, "-o", out_folder.to_str().unwrap()]] {
        let out = archc(arguments);
        assert_eq!((status(&out), stdout(&out).as_str()), (1, ""), "{arguments:?}");
        assert!(stderr(&out).starts_with("error[E0601]: the arena takes "), "{}", stderr(&out));
        assert!(stderr(&out).contains("over.arch:3:12"), "{}", stderr(&out));
    }
    assert!(!out_folder.exists());
    let out = archc(&["summary", path]);
    assert_eq!(status(&out), 1);
    assert!(stdout(&out).contains("conv1") && stdout(&out).contains("Budget      arena"), "{}", stdout(&out));
    assert!(stderr(&out).starts_with("error[E0601]: "), "{}", stderr(&out));
    let report = json_line(&archc(&["check", path, "--json"]));
    assert_eq!(report["diagnostics"][0]["code"], "E0601");
}

#[test]
fn settings_and_nets_are_chosen() {
    let report = json_line(&archc(&["summary", "zoo:resnet50", "--net", "ResNet152", "--json"]));
    assert_eq!(report["parameters"], 60_419_944);
    let out = archc(&["check", "zoo:vgg16", "--set", "classes=7", "--set", "input=64x64x3"]);
    assert!(stdout(&out).starts_with("VGG16: 64x64x3 to 1x1x7"), "{}", stdout(&out));
    let out = archc(&["check", "zoo:vgg16", "--set", "clases=7"]);
    assert_eq!(status(&out), 1);
    assert!(stderr(&out).contains("classes"), "{}", stderr(&out));
}

/// MobileNetV2 loses too many digits when operands are of two parts; the smaller network does not.
#[test]
fn a_mode_that_rounds_too_much_is_given_up_with_a_warning() {
    let module = |net: &str, mode: &str| {
        let out = archc(&["dump", net, "--stage", "rust", "--mode", mode]);
        assert_eq!(status(&out), 0, "{}", stderr(&out));
        (stdout(&out), stderr(&out))
    };
    for (net, kept) in [("zoo:lenet5", true), ("zoo:mobilenet_v2", false)] {
        let (text, warning) = module(net, "f32-fast");
        assert_eq!(text.contains("split: Split::Two,"), kept, "{net}");
        assert_eq!(text == module(net, "f32").0, !kept, "{net}");
        assert_eq!(warning.starts_with("warning[W0601]: `"), !kept, "{net}: {warning}");
        assert_eq!(warning.contains("is computed as in `f32`"), !kept, "{net}: {warning}");
        let (text, warning) = module(net, "bf16");
        assert!(text.contains("split: Split::One,") && !warning.contains("W0601"), "{net}");
    }
}

#[test]
fn modes_decide_which_algorithms_there_are() {
    let algorithms = |mode: &[&str]| {
        let out = archc(&[&["dump", "zoo:resnet50", "--stage", "lir"][..], mode].concat());
        assert_eq!(status(&out), 0, "{}", stderr(&out));
        ["winograd 2", "winograd 4"].map(|algorithm| stdout(&out).contains(algorithm))
    };
    assert_eq!(algorithms(&[]), [false, true]);
    assert_eq!(algorithms(&["--mode", "f32"]), [false, true]);
    assert_eq!(algorithms(&["--mode", "f32-strict"]), [true, false]);
    let out = archc(&["check", "zoo:lenet5", "--mode", "f64"]);
    assert_eq!(status(&out), 2);
    assert!(stderr(&out).contains("possible values: f32-strict, f32"), "{}", stderr(&out));
}

#[test]
fn every_stage_is_dumped_the_same_in_every_run() {
    for stage in ["ast", "ir", "fused", "lir", "plan", "rust", "cuda"] {
        let one = archc(&["dump", "zoo:inception_v3", "--stage", stage]);
        assert_eq!(status(&one), 0, "{stage}: {}", stderr(&one));
        assert!(stdout(&one).lines().count() > 50, "{stage}");
        assert_eq!(stdout(&one), stdout(&archc(&["dump", "zoo:inception_v3", "--stage", stage])), "{stage}");
        let json = json_line(&archc(&["dump", "zoo:inception_v3", "--stage", stage, "--json"]));
        assert_eq!(json["text"], stdout(&one).as_str(), "{stage}");
    }
}

#[test]
fn codes_are_explained() {
    let out = archc(&["explain", "e0302"]);
    assert!(stdout(&out).starts_with("E0302: "));
    assert!(stdout(&archc(&["explain"])).lines().count() >= 40);
    assert_eq!(status(&archc(&["explain", "E9999"])), 1);
}

#[test]
fn builds_in_different_folders_are_the_same_bytes() {
    let (one, two) = (folder(), folder());
    for folder in [&one, &two] {
        let target = folder.path().join("vision");
        let report = json_line(&archc(&[
            "build",
            "archs/lenet5.arch",
            "zoo:mobilenet",
            "-o",
            target.to_str().unwrap(),
            "--json",
        ]));
        assert_eq!(report["modules"], serde_json::json!(["lenet5", "mobilenet"]));
    }
    let (one, two) = (files(one.path()), files(two.path()));
    assert!(one.iter().any(|(name, _)| name == "vision/runtime/src/lib.rs"));
    assert_eq!(one, two);
    for (name, bytes) in &one {
        let text = String::from_utf8_lossy(bytes);
        assert!(!text.contains(root().to_str().unwrap()), "{name} has a path of this machine");
    }
}

/// Every file below a folder, by its path from there.
fn files(folder: &std::path::Path) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    let mut waiting = vec![folder.to_owned()];
    while let Some(next) = waiting.pop() {
        for entry in std::fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                waiting.push(path);
            } else {
                let name = path.strip_prefix(folder).unwrap().to_string_lossy().replace('\\', "/");
                found.push((name, std::fs::read(&path).unwrap()));
            }
        }
    }
    found.sort();
    found
}

#[test]
fn taps_are_built_on_demand_only() {
    let folder = folder();
    let crate_folder = folder.path().join("looked_at");
    let module = |more: &[&str]| {
        let build = ["build", "zoo:lenet5", "-o", crate_folder.to_str().unwrap()];
        let out = archc(&[&build[..], more].concat());
        assert_eq!(status(&out), 0, "{}", stderr(&out));
        std::fs::read_to_string(crate_folder.join("src/lenet5.rs")).unwrap()
    };
    let (plain, tapped) = (module(&[]), module(&["--taps"]));
    assert!(!plain.contains("TAPS") && !plain.contains("taps"));
    assert!(tapped.contains("pub static TAPS: [Tap; ") && tapped.contains("pub fn taps(&self)"));
    // Values are read where they lie.
    let kernels = |text: &str| text.lines().filter(|l| l.trim_start().starts_with("run.")).count();
    assert_eq!(kernels(&plain), kernels(&tapped));
}

#[test]
fn a_folder_of_somebody_else_is_left_alone() {
    let folder = folder();
    std::fs::write(folder.path().join("thesis.tex"), "years of work").unwrap();
    let out = archc(&["build", "zoo:lenet5", "-o", folder.path().to_str().unwrap()]);
    assert_eq!(status(&out), 1);
    assert!(stderr(&out).contains("help:"), "{}", stderr(&out));
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn a_workspace_around_the_crate_is_told() {
    let folder = folder();
    let manifest = folder.path().join("Cargo.toml");
    let crate_folder = folder.path().join("nets/small");
    let build = |more: &[&str]| {
        let mut arguments = vec!["build", "zoo:lenet5", "-o", crate_folder.to_str().unwrap()];
        arguments.extend(more);
        let out = archc(&arguments);
        assert_eq!(status(&out), 0, "{}", stderr(&out));
        out
    };
    std::fs::write(&manifest, "[workspace]\nmembers = []\n").unwrap();
    let advice = "exclude = [\"nets/small\"]";
    assert!(stdout(&build(&[])).contains(advice));
    assert_eq!(json_line(&build(&["--json"]))["workspace"]["member"], "nets/small");
    assert!(!stdout(&build(&["--standalone"])).contains("exclude"));
    // What it says is enough for Cargo.
    let cargo = || {
        let mut command = std::process::Command::new(env!("CARGO"));
        command.args(["metadata", "--no-deps", "--offline", "--format-version=1"]).current_dir(&crate_folder);
        command.output().unwrap()
    };
    build(&[]);
    assert!(stderr(&cargo()).contains("believes it's in a workspace when it's not"));
    std::fs::write(&manifest, format!("[workspace]\nmembers = []\n{advice}\n")).unwrap();
    assert!(!stdout(&build(&[])).contains("exclude"));
    let out = cargo();
    assert!(out.status.success(), "{}", stderr(&out));
}

#[test]
fn a_page_that_cannot_be_written_costs_no_build() {
    let folder = folder();
    let file = folder.path().join("file");
    std::fs::write(&file, "kept").unwrap();
    let cache = folder.path().join("cache");
    for path in [folder.path(), &file.join("page.html")] {
        let mut command = command(&["bench", "zoo:lenet5", "--profile", "--html", path.to_str().unwrap()]);
        let out = command.env("ARCHC_CACHE", &cache).output().unwrap();
        assert_eq!((status(&out), stdout(&out).as_str()), (1, ""));
        assert!(stderr(&out).starts_with("error: cannot write "), "{}", stderr(&out));
        assert!(stderr(&out).contains("help: give --html another file"), "{}", stderr(&out));
    }
    assert!(!cache.exists(), "it was looked at before anything was built");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "kept");
}

#[test]
fn a_missing_image_costs_no_build() {
    let out = archc(&["run", "zoo:lenet5", "--weights", "seeded", "--image", "no/such.png"]);
    assert_eq!(status(&out), 1);
    assert!(stderr(&out).contains("no/such.png"), "{}", stderr(&out));
}
