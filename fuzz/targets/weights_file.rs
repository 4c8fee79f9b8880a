//! Any bytes as a file of weights: opening it and reading its tensors end, without a panic, and give as many numbers as they
//! said. A tensor that could be large is left unread: how much memory one takes is for whoever wants it.

use crate::network::GRAPH;
use archc_weights::{Framework, Options, WeightsFile, match_tensors};
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::LazyLock;

static PATH: LazyLock<PathBuf> =
    LazyLock::new(|| std::env::temp_dir().join(format!("archc-fuzz-{}", std::process::id())));

pub fn check(bytes: &[u8], framework: Framework) {
    std::fs::write(&*PATH, bytes).expect("the file is written");
    let file = match WeightsFile::open(&PATH, framework) {
        Ok(file) => file,
        Err(error) => return assert!(!error.to_string().is_empty()),
    };
    assert!(!file.tensors().is_empty());
    for (i, tensor) in file.tensors().iter().enumerate() {
        let size: usize = tensor.shape.iter().product();
        if size > 1 << 22 {
            continue;
        }
        match file.read(i) {
            Ok(numbers) => assert_eq!(numbers.len(), size),
            Err(error) => assert!(error.to_string().contains(&tensor.name)),
        }
    }
    let options = Options { accept_order: true, ..Options::default() };
    if let Ok(found) = match_tensors(&GRAPH, framework, &file, &options) {
        let used: Vec<&str> = found.mappings.iter().filter_map(|m| m.theirs.as_deref()).collect();
        assert_eq!(used.iter().collect::<BTreeSet<_>>().len(), used.len());
    }
}
