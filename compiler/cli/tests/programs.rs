//! The programs that `run` and `bench` build with Cargo. One test, since its steps share a cache and build one after
//! another.

mod support;

use serde_json::Value;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use support::{command, folder, json_line, status, stderr, stdout};

/// The samples and the classes that their names tell.
const SAMPLES: [(&str, &str); 10] = [
    ("ankle_boot", "Ankle boot"),
    ("bag", "Bag"),
    ("coat", "Coat"),
    ("dress", "Dress"),
    ("pullover", "Pullover"),
    ("sandal", "Sandal"),
    ("shirt", "Shirt"),
    ("sneaker", "Sneaker"),
    ("t-shirt", "T-shirt/top"),
    ("trouser", "Trouser"),
];

#[test]
fn networks_run_as_programs() {
    // Below the target folder, so that a second run of the tests finds what the first one built.
    let cache = Path::new(env!("CARGO_TARGET_TMPDIR")).join("cache");
    let archc = |arguments: &[&str]| command(arguments).env("ARCHC_CACHE", &cache).output().unwrap();
    classifies(&archc);
    times(&archc);
    times_in_turns(&archc);
    profiles(&archc);
    tunes(&archc);
    explains_wrong_weights(&archc);
}

fn classifies(archc: &dyn Fn(&[&str]) -> Output) {
    let images: Vec<String> = SAMPLES.iter().map(|(name, _)| format!("samples/{name}.png")).collect();
    let mut arguments = vec![
        "run",
        "archs/lenet5.arch",
        "--weights",
        "archs/weights/lenet5.safetensors",
        "--json",
        "--image",
    ];
    arguments.extend(images.iter().map(String::as_str));
    let out = archc(&arguments);
    assert_eq!(status(&out), 0, "{}", stderr(&out));
    let answers: Vec<serde_json::Value> =
        stdout(&out).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(answers.len(), SAMPLES.len());
    for (answer, (name, label)) in answers.iter().zip(SAMPLES) {
        assert_eq!(answer["classes"][0]["label"], label, "{name}");
        assert!(answer["classes"][0]["probability"].as_f64().unwrap() > 0.5, "{name}");
        assert_eq!(answer["classes"].as_array().unwrap().len(), 5, "{name}");
    }
}

fn times(archc: &dyn Fn(&[&str]) -> Output) {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    for (threads, expected) in [(&[][..], 1..=cores), (&["--threads", "3"], 3..=3)] {
        let bench = ["bench", "archs/lenet5.arch", "--batch", "2", "--seconds", "0.1", "--json"];
        let out = archc(&[&bench[..], threads].concat());
        assert_eq!(status(&out), 0, "{}", stderr(&out));
        let measured = json_line(&out);
        let number = |key: &str| measured[key].as_f64().unwrap_or_else(|| panic!("{key} in {measured}"));
        assert!(number("min_ms") > 0.0 && number("median_ms") >= number("min_ms") && number("runs") >= 5.0);
        assert!(expected.contains(&(number("threads") as usize)), "{measured}");
    }
}

fn times_in_turns(archc: &dyn Fn(&[&str]) -> Output) {
    let out = archc(&["bench", "archs/lenet5.arch", "--program"]);
    assert_eq!(status(&out), 0, "{}", stderr(&out));
    let call = |input: &str| {
        let mut command = Command::new(stdout(&out).trim());
        command
            .args(["bench", "2", "1", "-"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        child.wait_with_output().unwrap()
    };
    let measured = call("0.01\n0.000001\n");
    assert_eq!(status(&measured), 0, "{}", stderr(&measured));
    let text = stdout(&measured);
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!((lines.len(), lines[0]), (3, "ready"));
    let runs = |line: &str| serde_json::from_str::<Value>(line).unwrap()["runs"].as_u64().unwrap();
    assert!(runs(lines[1]) > 1, "{}", lines[1]);
    assert_eq!(runs(lines[2]), 1, "{}", lines[2]);
    let wrong = call("soon\n");
    assert_eq!(status(&wrong), 1);
    assert!(stderr(&wrong).contains("seconds"), "{}", stderr(&wrong));
}

/// Each step of the program in its order, by the algorithm of the kernel that computed it.
fn profiles(archc: &dyn Fn(&[&str]) -> Output) {
    let folder = folder();
    let page = folder.path().join("profile.html");
    std::fs::write(&page, "an old page").unwrap();
    let bench = ["bench", "archs/lenet5.arch", "--batch", "2", "--seconds", "0.1", "--profile"];
    let out = archc(&[&bench[..], &["--json", "--html", page.to_str().unwrap()]].concat());
    assert_eq!(status(&out), 0, "{}", stderr(&out));
    let profile = json_line(&out);
    let number = |of: &Value, key: &str| of[key].as_f64().unwrap_or_else(|| panic!("{key} in {of}"));
    let steps = profile["steps"].as_array().unwrap();
    let kernels: Vec<(&str, &str)> = steps
        .iter()
        .map(|step| (step["name"].as_str().unwrap(), step["algorithm"].as_str().unwrap()))
        .filter(|(_, algorithm)| !["clear", "copy"].contains(algorithm))
        .collect();
    // The whole network in the order of its text; with two images a dense layer is a product of matrices.
    let network = [
        ("conv1", "direct"),
        ("avgpool1", "average pool"),
        ("conv2", "direct"),
        ("avgpool2", "average pool"),
        ("dense1", "GEMM"),
        ("dense2", "GEMM"),
        ("dense3", "GEMM"),
        ("softmax1", "softmax"),
    ];
    assert_eq!(kernels, network);
    // As archc summary counts them, for two images.
    let summary = json_line(&archc(&["summary", "archs/lenet5.arch", "--json"]));
    let macs: f64 = steps.iter().map(|step| number(step, "macs")).sum();
    assert_eq!(macs, 2.0 * number(&summary, "macs"));
    for step in steps {
        assert_eq!(step["macs"], step["products"], "nothing is computed by an algorithm with fewer: {step}");
        let (ms, roof) = (number(step, "ms"), number(step, "roof_ms"));
        assert!(ms > 0.0 && number(step, "median_ms") >= ms && roof > 0.0, "{step}");
        assert!((number(step, "of_roofline") - roof / ms).abs() < 1e-9, "{step}");
    }
    // The best times of the steps are about the best time of all, whatever else the machine does: clocks that are read between
    // steps of a microsecond add to them, and the best of each comes together seldom.
    let sum: f64 = steps.iter().map(|step| number(step, "ms")).sum();
    assert!((number(&profile, "steps_ms") - sum).abs() < 1e-9);
    let part = sum / number(&profile, "min_ms");
    assert!((0.3..3.0).contains(&part), "the steps take {part} of the whole");
    assert!((steps.iter().map(|step| number(step, "share")).sum::<f64>() - 1.0).abs() < 1e-9);
    let html = std::fs::read_to_string(&page).unwrap();
    assert!(
        html.starts_with("<!DOCTYPE html>") && html.ends_with("</html>"),
        "the new page is there, and whole"
    );
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "no temporary file is left");

    let out = archc(&[&bench[..], &["--sort", "time"]].concat());
    assert_eq!(status(&out), 0, "{}", stderr(&out));
    let text = stdout(&out);
    let rows = text.lines().skip_while(|line| !line.starts_with(" Name")).skip(1);
    let times: Vec<f64> = rows
        .take_while(|line| !line.is_empty())
        .map(|row| {
            // A number with four digits behind the point: the first is the time.
            let is_time = |word: &&str| word.split_once('.').is_some_and(|(_, digits)| digits.len() == 4);
            row.split_whitespace().find(is_time).unwrap_or_else(|| panic!("{row}")).parse().unwrap()
        })
        .collect();
    assert_eq!(times.len(), steps.len(), "{text}");
    assert!(times.is_sorted_by(|a, b| a >= b), "{text}");
    for word in ["softmax1", "GEMM", "Roofline", "The machine: "] {
        assert!(text.contains(word), "{word} is missing in\n{text}");
    }
}

fn explains_wrong_weights(archc: &dyn Fn(&[&str]) -> Output) {
    let folder = folder();
    let image = "samples/bag.png";
    let run = |weights: &Path| {
        archc(&["run", "archs/lenet5.arch", "--weights", weights.to_str().unwrap(), "--image", image])
    };
    let none = run(&folder.path().join("none.safetensors"));
    assert_eq!(status(&none), 1);
    assert!(stderr(&none).contains("none.safetensors"), "{}", stderr(&none));
    let path = folder.path().join("other.safetensors");
    let numbers = [0_u8; 24];
    let view = safetensors::tensor::TensorView::new(safetensors::Dtype::F32, vec![6], &numbers).unwrap();
    let tensors = [("conv1.bias", &view), ("conv9.bias", &view), ("dense1.bias", &view)];
    std::fs::write(&path, safetensors::serialize(tensors, None).unwrap()).unwrap();
    let other = run(&path);
    assert_eq!(status(&other), 1);
    for word in ["conv1.weight", "conv9.bias", "dense1.bias", "must be 120"] {
        assert!(stderr(&other).contains(word), "{word} is missing in\n{}", stderr(&other));
    }
    assert!(!stderr(&other).contains("panicked"));
}

/// The shapes that have a choice, with the times of each; and the file, which other commands take.
fn tunes(archc: &dyn Fn(&[&str]) -> Output) {
    let folder = folder();
    let (net, tune) = (folder.path().join("net.arch"), folder.path().join("Tiny.tune"));
    let text =
        "net Tiny { input 12x12x16  stack 2 { conv 3x3 16 relu }  conv 5x5 16  global_avgpool  dense 4 }\n";
    std::fs::write(&net, text).unwrap();
    let net = net.to_str().unwrap();
    // What was measured in another mode stays; in this one it is replaced.
    let old = |mode: &str| {
        format!(
            "[{mode}]\narchc = \"of old\"\nmachine = \"\"\nisa = \"\"\nthreads = 1\nbatch = 1\nmodel-ms = 1.0\nmeasured-ms = 1.0\nlayers = []\n"
        )
    };
    std::fs::write(&tune, format!("{}{}", old("bf16"), old("f32-strict"))).unwrap();
    let tuning = ["tune", net, "--mode", "f32-strict", "--threads", "1", "--seconds", "0.03"];
    let out = archc(&[&tuning[..], &["--json"]].concat());
    assert_eq!(status(&out), 0, "{}", stderr(&out));
    assert_eq!(stderr(&out), "", "what was measured before is of no account");
    let report = json_line(&out);
    assert_eq!(report["file"].as_str(), tune.to_str());
    let layers = report["layers"].as_array().unwrap();
    assert_eq!(layers.len(), 1, "a 5x5 kernel has no choice in this mode: {report}");
    assert_eq!((layers[0]["layer"].as_str(), layers[0]["alike"].as_u64()), (Some("stack1.0.conv1"), Some(2)));
    let times = layers[0]["times"].as_object().unwrap();
    assert_eq!(times.keys().collect::<Vec<_>>(), ["direct", "f2", "f2-packed"]);
    for (algorithm, time) in times {
        assert!(time["ms"].as_f64().unwrap() > 0.0 && time["predicted_ms"].as_f64().unwrap() > 0.0);
        let by = time["by"].as_str().unwrap();
        assert_eq!(by.starts_with("Winograd F2"), algorithm != "direct", "{by} for {algorithm}");
    }
    let file = std::fs::read_to_string(&tune).unwrap();
    assert!(file.contains(&old("bf16").replace("1.0", "1.0000").replace("[]", "[\n]")), "{file}");
    assert_eq!(file.matches("of old").count(), 1, "{file}");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2, "no temporary file is left");

    // The other commands read it without a word, and compute what it says.
    let dump = ["dump", net, "--mode", "f32-strict", "--stage", "lir"];
    for (chosen, kernels) in [("direct", 0), ("f2", 2)] {
        let word = layers[0]["algorithm"].as_str().unwrap();
        let say = format!("algorithm = \"{word}\"");
        std::fs::write(&tune, file.replace(&say, &format!("algorithm = \"{chosen}\""))).unwrap();
        let out = archc(&dump);
        assert_eq!((status(&out), stderr(&out)), (0, String::new()));
        assert_eq!(stdout(&out).matches("winograd 2 ").count(), kernels, "{}", stdout(&out));
    }

    let out = archc(&[&tuning[..], &["-o", folder.path().join("new/other.tune").to_str().unwrap()]].concat());
    assert_eq!(status(&out), 0, "{}", stderr(&out));
    for word in ["stack1.0.conv1", "f2-packed", "by the model", "Wrote ", "--tune "] {
        assert!(stdout(&out).contains(word), "{word} is missing in\n{}", stdout(&out));
    }
}
