//! The files of the zoo: parameters exact, as the frameworks count them, and no longer than a paper's table.

use archc_core::ir::summary::summarize;
use archc_zoo_tests::{graph, root};

/// Parameters, batch statistics included (Keras's count; networks from PyTorch have none), and the most lines.
const NETWORKS: [(&str, u64, usize); 7] = [
    ("lenet5", 61_706, 30),
    ("alexnet", 60_965_224, 30),
    ("vgg16", 138_357_544, 25),
    ("resnet50", 25_636_712, 30),
    ("inception_v3", 23_851_784, 60),
    ("mobilenet", 4_253_864, 30),
    ("mobilenet_v2", 3_538_984, 30),
];

#[test]
fn parameters_are_exact() {
    for (name, parameters, _) in NETWORKS {
        assert_eq!(summarize(&graph(name)).parameters, parameters, "{name}");
    }
}

#[test]
fn files_are_short() {
    for (name, _, most) in NETWORKS {
        let lines = lines(&format!("archs/{name}.arch"));
        assert!(lines <= most, "{name} has {lines} lines, and at most {most} are allowed");
    }
}

/// Lines of a file and of those that it uses; comments, `preprocess` and `labels` aside.
fn lines(path: &str) -> usize {
    let text = std::fs::read_to_string(root().join(path)).expect("a file of the zoo");
    let (mut count, mut inside) = (0, false);
    for line in text.lines().map(|l| l.split("//").next().unwrap_or("").trim()) {
        if let Some(used) = line.strip_prefix("use ") {
            let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
            count += lines(&format!("{folder}/{}", used.trim().trim_matches('"')));
        }
        inside |= line.starts_with("preprocess");
        count += usize::from(!inside && !line.is_empty() && !line.starts_with("labels"));
        inside &= !line.ends_with('}');
    }
    count
}
