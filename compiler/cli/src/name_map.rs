//! Name maps of the user's own, as files.

use crate::error::Error;
use crate::network::Network;
use archc_core::ir::Graph;
use archc_weights::{Framework, NameMap};
use std::path::{Path, PathBuf};

/// The map beside a network's file that has the net's name, or that of one which it is an alias of.
pub(crate) fn beside(network: &Network, graph: &Graph, framework: Framework) -> Option<PathBuf> {
    if network.file.starts_with("zoo:") {
        return None;
    }
    let folder = Path::new(&network.file).parent()?;
    let nets = std::iter::once(&graph.name).chain(&graph.stands_for);
    let files = nets.flat_map(|net| framework.extensions().iter().map(move |e| format!("{net}.{e}")));
    files.map(|file| folder.join(file)).find(|path| path.is_file())
}

/// Reads a map.
pub(crate) fn read_map(path: &Path) -> Result<NameMap, Error> {
    let failed = |e: String| Error::new(format!("{}: {e}", path.display()));
    let text = std::fs::read_to_string(path).map_err(|e| failed(e.to_string()))?;
    NameMap::parse(&text).map_err(|errors| {
        let lines: Vec<String> = errors.iter().map(ToString::to_string).collect();
        failed(lines.join("\n  "))
    })
}
