//! The networks of `archs/`, read from disk and expanded.

use archc_core::diagnostic::{Diagnostics, render};
use archc_core::expand::{Files, ReadError, Request, expand, load};
use archc_core::ir::Graph;
use archc_core::source::SourceMap;
use archc_weights::{Framework, NameMap};
use std::path::{Path, PathBuf};

/// The repository's root.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The files on disk, relative to the repository's root.
struct Disk;

impl Files for Disk {
    fn read(&mut self, path: &str) -> Result<Vec<u8>, ReadError> {
        Ok(std::fs::read(root().join(path))?)
    }
}

/// The first net of `archs/NAME.arch`, as expanded, before any pass.
///
/// # Panics
/// With the rendered diagnostics, if the file has errors.
pub fn graph(name: &str) -> Graph {
    let mut sources = SourceMap::default();
    let mut diagnostics = Diagnostics::default();
    let request = Request::new(format!("archs/{name}.arch"));
    let graph = load(&request, &mut Disk, &mut sources, &mut diagnostics)
        .and_then(|loaded| expand(&loaded, &request, &mut diagnostics));
    match graph {
        Some(graph) => graph,
        None => panic!("{}", render::render(&sources, &diagnostics, render::Style::Plain)),
    }
}

/// The map of a network's names: `archs/names/NET.keras`.
///
/// # Panics
/// If there is none, or it has wrong lines.
pub fn name_map(net: &str, framework: Framework) -> NameMap {
    let path = root().join("archs/names").join(format!("{net}.{}", framework.extension()));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    NameMap::parse(&text).unwrap_or_else(|errors| {
        let lines: Vec<String> = errors.iter().map(ToString::to_string).collect();
        panic!("{}:\n{}", path.display(), lines.join("\n"))
    })
}
