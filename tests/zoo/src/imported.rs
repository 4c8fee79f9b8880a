//! A golden's weights, on the way that those of users take: written as the framework's file, imported, read as safetensors.

use crate::golden::Golden;
use archc_core::ir::Graph;
use archc_weights::{Match, MatchedBy, Options, Store, WeightsFile, match_tensors, write};
use std::path::PathBuf;
use tempfile::TempDir;

/// A file of safetensors with a golden's weights under archc's names; it is deleted with this value.
#[derive(Debug)]
pub struct ImportedWeights {
    folder: TempDir,
}

impl ImportedWeights {
    /// Writes and imports them. The framework's file is deleted again: the largest have half a gigabyte.
    ///
    /// # Panics
    /// If the network's weights and the golden's do not match each other by a map of the zoo.
    pub fn new(golden: &Golden, graph: &Graph) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let theirs = folder.path().join("theirs");
        golden.write_weights(&theirs);
        let file = WeightsFile::open(&theirs, golden.framework()).unwrap_or_else(|e| panic!("{e}"));
        let found = match_tensors(graph, golden.framework(), &file, &Options::default())
            .unwrap_or_else(|e| panic!("{e}"));
        let Match { by: MatchedBy::Map(_) | MatchedBy::SameNames, .. } = found else {
            panic!("{} has no map", graph.name)
        };
        let weights = ImportedWeights { folder };
        write(&file, &found, &graph.name, &weights.path()).unwrap_or_else(|e| panic!("{e}"));
        drop(file);
        std::fs::remove_file(theirs).expect("the file is deleted");
        weights
    }

    /// The file.
    pub fn path(&self) -> PathBuf {
        self.folder.path().join("weights.safetensors")
    }

    /// Its tensors.
    ///
    /// # Panics
    /// If it cannot be read.
    pub fn store(&self) -> Store {
        Store::load(&self.path()).unwrap_or_else(|e| panic!("{e}"))
    }
}
