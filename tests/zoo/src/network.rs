//! The networks of `archs/`, read from disk and expanded.

use archc_core::diagnostic::{Diagnostics, render};
use archc_core::expand::{Files, ReadError, Request, expand, load};
use archc_core::ir::Graph;
use archc_core::source::SourceMap;
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

/// The net that `zoo:NAME` means, as expanded, before any pass.
///
/// # Panics
/// With the rendered diagnostics, if the file has errors.
pub fn graph(name: &str) -> Graph {
    graph_of(&format!("zoo:{name}"))
}

/// The same with another value for one of its parameters, as `--set` gives it.
///
/// # Panics
/// As [`graph`].
pub fn graph_with(name: &str, parameter: &str, value: &str) -> Graph {
    let set = vec![(parameter.to_owned(), value.to_owned())];
    expanded(&Request { set, ..Request::new(format!("zoo:{name}")) })
}

/// The net of a file, given by its path from the repository's root or as `zoo:NAME`.
///
/// # Panics
/// As [`graph`].
pub fn graph_of(path: &str) -> Graph {
    expanded(&Request::new(path))
}

fn expanded(request: &Request) -> Graph {
    let mut sources = SourceMap::default();
    let mut diagnostics = Diagnostics::default();
    let graph = load(request, &mut Disk, &mut sources, &mut diagnostics)
        .and_then(|loaded| expand(&loaded, request, &mut diagnostics));
    match graph {
        Some(graph) => graph,
        None => panic!("{}", render::render(&sources, &diagnostics, render::Style::Plain)),
    }
}
