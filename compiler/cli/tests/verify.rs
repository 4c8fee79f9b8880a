//! `archc verify`: a small network against what the interpreter says of it, written as NumPy's files.

mod support;

use archc_build::Disk;
use archc_core::diagnostic::Diagnostics;
use archc_core::expand::{Request, expand, load};
use archc_core::ir::{Graph, Shape};
use archc_core::source::SourceMap;
use archc_weights::{Tensor, seeded};
use serde_json::Value;
use std::collections::BTreeMap;
use std::io::{Cursor, Write as _};
use std::path::{Path, PathBuf};
use std::process::Output;
use support::{command, json_line, status, stderr, stdout};

const TEXT: &str = "
net Small {
    input 9x8x3
    stem: conv 3x3 20 bn relu
    maxpool 2
    residual relu { conv 3x3 20 bn relu  conv 3x3 20 bn }
    inception { branch { conv 1x1 6 swish }  branch { maxpool 3 stride=1 pad=1 } }
    flatten dropout 0.5
    dense 7 softmax
}
";

/// The network's files, and what the interpreter says of each operation.
struct Case {
    folder: tempfile::TempDir,
    graph: Graph,
    values: BTreeMap<String, (Shape, Vec<f64>)>,
}

/// An array: its dimensions and its numbers.
type Array = (Vec<usize>, Vec<f64>);

impl Case {
    fn new() -> Case {
        let folder = support::folder();
        let arch = folder.path().join("small.arch");
        std::fs::write(&arch, TEXT).unwrap();
        let (mut sources, mut diagnostics) = (SourceMap::default(), Diagnostics::default());
        let request = Request::new(arch.to_str().unwrap());
        let loaded = load(&request, &mut Disk::default(), &mut sources, &mut diagnostics).unwrap();
        let graph = expand(&loaded, &request, &mut diagnostics).unwrap();
        let store = seeded::store(&graph, "small");
        store.save(&folder.path().join("small.safetensors")).unwrap();
        let shape = Shape::new(9, 8, 3);
        let image = seeded::image("small", shape, 0.0);
        let mut values = BTreeMap::new();
        let wide: Vec<f64> = image.iter().map(|&x| f64::from(x)).collect();
        archc_interpreter::observe(&graph, &store, &wide, &mut |id, value| {
            values.insert(graph.path(id), (value.shape, value.data.clone()));
        })
        .unwrap();
        Case { folder, graph, values }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A value as an array of a batch, channels last or first.
    fn array(&self, name: &str, channels_first: bool) -> Array {
        let (Shape { height, width, channels }, data) = &self.values[name];
        if !channels_first {
            return (vec![1, *height, *width, *channels], data.clone());
        }
        let plane = height * width;
        let numbers = (0..*channels).flat_map(|c| (0..plane).map(move |pixel| data[pixel * channels + c]));
        (vec![1, *channels, *height, *width], numbers.collect())
    }

    /// Every operation's value under its own name.
    fn layers(&self, channels_first: bool) -> Vec<(String, Array)> {
        let array = |name: &str| match name {
            // A flattened plane has the plane's order.
            "flatten1" | "dropout1" => (vec![1, 416], self.array("inception1", channels_first).1),
            name => self.array(name, channels_first),
        };
        self.values.keys().map(|name| (name.clone(), array(name))).collect()
    }

    fn write_npz(&self, name: &str, layers: &[(String, Array)]) {
        let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
        for (name, array) in layers {
            zip.start_file(format!("{name}.npy"), zip::write::SimpleFileOptions::default()).unwrap();
            zip.write_all(&npy(array)).unwrap();
        }
        std::fs::write(self.path(name), zip.finish().unwrap().into_inner()).unwrap();
    }

    fn write_npy(&self, name: &str, array: &Array) {
        std::fs::write(self.path(name), npy(array)).unwrap();
    }

    /// `archc verify small.arch` with what follows; words that end in a file's ending are files of the case.
    fn verify(&self, arguments: &[&str]) -> Output {
        // That of `programs`, below the target folder: what the first run of the tests built, a second finds.
        let cache = Path::new(env!("CARGO_TARGET_TMPDIR")).join("cache");
        let is_file =
            |word: &str| [".npy", ".npz", ".safetensors", ".keras"].iter().any(|end| word.ends_with(end));
        let full = |word: &str| match is_file(word) {
            true => self.path(word).to_str().unwrap().to_owned(),
            false => word.to_owned(),
        };
        let arch = self.path("small.arch");
        let mut all = vec!["verify".to_owned(), arch.to_str().unwrap().to_owned()];
        all.extend(arguments.iter().map(|word| full(word)));
        let all: Vec<&str> = all.iter().map(String::as_str).collect();
        command(&all).env("ARCHC_CACHE", &cache).output().unwrap()
    }

    /// The same with the usual weights and input.
    fn usual(&self, arguments: &[&str]) -> Output {
        self.verify(&[&["--weights", "small.safetensors", "--input", "x.npy"], arguments].concat())
    }
}

/// The bytes of an .npy file of doubles.
fn npy((shape, numbers): &Array) -> Vec<u8> {
    let shape: String = shape.iter().map(|n| format!("{n}, ")).collect();
    let header = format!("{{'descr': '<f8', 'fortran_order': False, 'shape': ({shape}), }}\n");
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend((header.len() as u16).to_le_bytes());
    bytes.extend(header.as_bytes());
    bytes.extend(numbers.iter().flat_map(|x| x.to_le_bytes()));
    bytes
}

fn results(report: &Value) -> BTreeMap<&str, &str> {
    let layers = report["layers"].as_array().unwrap().iter();
    layers.map(|l| (l["reference"].as_str().unwrap(), l["result"].as_str().unwrap())).collect()
}

#[test]
fn layers_are_compared() {
    let case = Case::new();
    case.write_npy("x.npy", &case.array("input", false));
    equal_layers(&case);
    changed_weights(&case);
    frameworks_names(&case);
    wrong_files(&case);
}

fn equal_layers(case: &Case) {
    for channels_first in [false, true] {
        case.write_npz("layers.npz", &case.layers(channels_first));
        case.write_npy("x.npy", &case.array("input", channels_first));
        for with in ["generated", "interpreter"] {
            let out = case.usual(&["--expect", "layers.npz", "--with", with, "--json"]);
            assert_eq!(status(&out), 0, "{}{}", stdout(&out), stderr(&out));
            let report = json_line(&out);
            assert_eq!(report["equal"], true);
            let rows = report["layers"].as_array().unwrap();
            let names: Vec<&str> = rows.iter().map(|row| row["reference"].as_str().unwrap()).collect();
            let order: Vec<String> = case.graph.ids().map(|id| case.graph.path(id)).collect();
            assert_eq!(names, order, "in the network's order");
            // Where an activation alone stands between a value and the one that is kept, that is compared.
            let found = results(&report);
            let inside: Vec<&str> = found.iter().filter(|(_, r)| **r != "equal").map(|(n, _)| *n).collect();
            let fused = ["residual1.bn2", "residual1.conv1", "residual1.conv2", "stem"];
            assert_eq!(inside, if with == "generated" { &fused[..] } else { &[] }, "{report}");
        }
    }
    let text = stdout(&case.usual(&["--expect", "layers.npz"]));
    assert!(text.starts_with("Small, generated code, against layers.npz\n"), "{text}");
    assert!(text.contains("inside `relu2`") && text.contains("bn1 (behind relu)"), "{text}");
    assert!(text.contains("\n16 layers are equal to 1e-4"), "{text}");
}

/// A weight that is another one makes the first layer behind it differ.
fn changed_weights(case: &Case) {
    let mut store = seeded::store(&case.graph, "small");
    let Tensor { shape, mut data } = store.get("residual1.conv2.weight").unwrap().clone();
    // Row 1, column 1, input 3, output 5.
    data[((3 + 1) * 20 + 3) * 20 + 5] += 0.5;
    store.insert("residual1.conv2.weight", Tensor { shape, data });
    store.save(&case.path("changed.safetensors")).unwrap();
    case.write_npz("layers.npz", &case.layers(false));
    let changed = ["--weights", "changed.safetensors", "--input", "x.npy", "--expect", "layers.npz"];
    for (with, first) in [("generated", "relu2"), ("interpreter", "residual1.conv2")] {
        let out = case.verify(&[&changed[..], &["--with", with]].concat());
        assert_eq!(status(&out), 1);
        let error = stderr(&out);
        assert!(error.starts_with(&format!("error: `{first}` is the first layer that differs")), "{error}");
        assert!(error.contains("  --> row ") && error.contains(", channel 5: "), "{error}");
        assert!(error.contains("the last of them `residual1.relu1`"), "{error}");
        if with == "interpreter" {
            assert!(
                error.contains("the weights (`residual1.conv2.weight`, `residual1.conv2.bias`)"),
                "{error}"
            );
        } else {
            assert!(error.contains("`residual1.conv2.bias`, `residual1.bn2.gamma`"), "{error}");
        }
        assert!(stdout(&out).contains("differs") && stdout(&out).contains("equal"), "{}", stdout(&out));
        let json = json_line(&case.verify(&[&changed[..], &["--with", with, "--json"]].concat()));
        assert_eq!((&json["equal"], &json["first_difference"]), (&Value::Bool(false), &first.into()));
        let at = json["layers"].as_array().unwrap().iter().find(|row| row["name"] == first).unwrap();
        let ours = at["first"]["ours"].as_f64().unwrap();
        let expected = at["first"]["expected"].as_f64().unwrap();
        assert!((ours - expected).abs() > 1e-4, "{at}");
    }
    // A tolerance that takes it.
    let out = case.verify(&[&changed[..], &["--tolerance", "1e9"]].concat());
    assert_eq!(status(&out), 0, "{}", stderr(&out));
}

/// Layers as Keras and PyTorch call and write them: with the activation inside, or overwritten in place.
fn frameworks_names(case: &Case) {
    std::fs::write(case.path("Small.keras"), "stem = block_1\nbn1 = block_1_bn\ndense1 = predictions\n")
        .unwrap();
    let layers = |channels_first| {
        vec![
            ("input_1".to_owned(), case.array("input", channels_first)),
            ("block_1_bn".to_owned(), case.array("relu1", channels_first)),
            ("predictions".to_owned(), case.array("softmax1", channels_first)),
        ]
    };
    case.write_npz("keras.npz", &layers(false));
    for with in ["generated", "interpreter"] {
        let out = case.usual(&["--expect", "keras.npz", "--with", with, "--json"]);
        assert_eq!(status(&out), 0, "{}{}", stdout(&out), stderr(&out));
        let report = json_line(&out);
        assert_eq!(report["unknown"], serde_json::json!(["input_1"]));
        let names: Vec<&str> =
            report["layers"].as_array().unwrap().iter().map(|l| l["name"].as_str().unwrap()).collect();
        assert_eq!(names, ["relu1", "softmax1"]);
    }
    let text = stdout(&case.usual(&["--expect", "keras.npz"]));
    assert!(text.contains("1 array belongs to no operation: `input_1`"), "{text}");
    std::fs::remove_file(case.path("Small.keras")).unwrap();
    let none = case.usual(&["--expect", "keras.npz"]);
    assert_eq!(status(&none), 1);
    assert!(
        stderr(&none).contains("no array of") && stderr(&none).contains("`stem`, `bn1`"),
        "{}",
        stderr(&none)
    );
}

fn wrong_files(case: &Case) {
    let error = |arguments: &[&str]| {
        let out = case.usual(arguments);
        assert_eq!((status(&out), stdout(&out).as_str()), (1, ""), "{arguments:?}: {}", stdout(&out));
        assert!(!stderr(&out).contains("panicked"), "{}", stderr(&out));
        stderr(&out)
    };
    let whole = std::fs::read(case.path("layers.npz")).unwrap();
    std::fs::write(case.path("cut.npz"), &whole[..whole.len() / 2]).unwrap();
    let cut = error(&["--expect", "cut.npz"]);
    assert!(cut.contains("cut.npz: it is no .npz file") && cut.contains("help: "), "{cut}");
    let whole = npy(&case.array("softmax1", false));
    std::fs::write(case.path("cut.npy"), &whole[..whole.len() - 5]).unwrap();
    assert!(error(&["--expect", "cut.npy"]).contains("cut.npy: it is cut short: 56 bytes"));
    std::fs::write(case.path("text.npy"), "0.1 0.2 0.3").unwrap();
    assert!(error(&["--expect", "text.npy"]).contains("does not begin as"));
    assert!(error(&["--expect", "none.npz"]).contains("none.npz"));

    case.write_npy("many.npy", &(vec![2, 7], vec![0.5; 14]));
    assert!(error(&["--expect", "many.npy"]).contains("holds 2 images"));
    case.write_npy("long.npy", &(vec![1, 1000], vec![0.5; 1000]));
    let long = error(&["--expect", "long.npy"]);
    assert!(long.contains("is (1, 1000), and the network's output is 1x1x7"), "{long}");

    // An array of another shape is a difference, and the first one.
    let mut layers = case.layers(false);
    layers
        .iter_mut()
        .filter(|(name, _)| name == "maxpool1")
        .for_each(|(_, array)| array.0 = vec![1, 4, 2, 40]);
    case.write_npz("shapes.npz", &layers);
    let out = case.usual(&["--expect", "shapes.npz"]);
    assert_eq!(status(&out), 1);
    let said = stderr(&out);
    assert!(
        said.starts_with("error: `maxpool1` is the first layer that differs: it is 4x4x20, and"),
        "{said}"
    );
    assert!(said.contains("(1, 4, 2, 40)"), "{said}");
}

/// The network's output as an .npy.
#[test]
fn outputs_are_compared() {
    let case = Case::new();
    case.write_npy("x.npy", &case.array("input", false));
    for (name, note, step) in [("softmax1", "probabilities", 5e-4), ("dense1", "the logits", 0.1)] {
        let (_, numbers) = case.array(name, false);
        case.write_npy("y.npy", &(vec![1, 7], numbers.clone()));
        for with in ["generated", "interpreter"] {
            let out = case.usual(&["--expect", "y.npy", "--with", with]);
            assert_eq!(status(&out), 0, "{}{}", stdout(&out), stderr(&out));
            assert!(stdout(&out).contains(note), "{}", stdout(&out));
        }
        let mut other = numbers;
        other[3] += step;
        case.write_npy("y.npy", &(vec![7], other));
        let out = case.usual(&["--expect", "y.npy"]);
        assert_eq!(status(&out), 1);
        let error = stderr(&out);
        assert!(error.starts_with(&format!("error: `{name}` differs from y.npy: ")), "{error}");
        assert!(error.contains("row 0, column 0, channel 3: "), "{error}");
    }
}

/// Three equal sizes: only the user knows.
#[test]
fn ambiguous_layouts_are_asked_for() {
    let folder = support::folder();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    std::fs::write(path("cube.arch"), "net Cube { input 3x3x3  softmax  relu  flatten }").unwrap();
    let image: Vec<f64> = (0..27).map(|i| f64::from(i * i % 11) / 4.0).collect();
    let verify = |more: &[&str]| {
        let (net, x, y) = (path("cube.arch"), path("x.npy"), path("y.npz"));
        let all =
            ["verify", &net, "--weights", "seeded", "--input", &x, "--expect", &y, "--with", "interpreter"];
        support::archc(&[&all[..], more].concat())
    };
    // The channels of a pixel lie side by side, or a plane apart.
    for (step, layout, other) in [(1, "nhwc", "nchw"), (9, "nchw", "nhwc")] {
        let first = |i: usize| if step == 1 { i / 3 * 3 } else { i % 9 };
        let sum = |i: usize| (0..3).map(|c| image[first(i) + c * step].exp()).sum::<f64>();
        let shares: Vec<f64> = (0..27).map(|i| image[i].exp() / sum(i)).collect();
        std::fs::write(path("x.npy"), npy(&(vec![1, 3, 3, 3], image.clone()))).unwrap();
        let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
        for (name, shape) in [("relu1", vec![1, 3, 3, 3]), ("flatten1", vec![27])] {
            zip.start_file(format!("{name}.npy"), zip::write::SimpleFileOptions::default()).unwrap();
            zip.write_all(&npy(&(shape, shares.clone()))).unwrap();
        }
        std::fs::write(path("y.npz"), zip.finish().unwrap().into_inner()).unwrap();
        let asked = verify(&[]);
        assert_eq!(status(&asked), 1);
        let error = stderr(&asked);
        assert!(error.contains("does not tell") && error.contains("--layout nchw"), "{error}");
        assert_eq!(status(&verify(&["--layout", layout])), 0, "{}", stderr(&verify(&["--layout", layout])));
        assert_eq!(status(&verify(&["--layout", other])), 1);
    }
}
