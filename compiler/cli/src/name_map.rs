//! Name maps of the user's own, as files.

use crate::error::Error;
use crate::network::Network;
use archc_core::ir::Graph;
use archc_weights::{Framework, NameMap};
use std::path::Path;

/// The maps beside a network's file, with their paths: of each kind that the framework has the one with the net's name, or
/// else with that of the nearest which it is an alias of.
///
/// # Errors
/// Where one cannot be read.
pub(crate) fn beside(
    network: &Network,
    graph: &Graph,
    framework: Framework,
) -> Result<Vec<(String, NameMap)>, Error> {
    let folder = Path::new(&network.file).parent().filter(|_| !network.file.starts_with("zoo:"));
    let Some(folder) = folder else { return Ok(Vec::new()) };
    let nearest = |extension: &&str| {
        let mut nets = std::iter::once(&graph.name).chain(&graph.stands_for);
        nets.find_map(|net| Some(folder.join(format!("{net}.{extension}"))).filter(|path| path.is_file()))
    };
    let paths = framework.extensions().iter().filter_map(nearest);
    paths.map(|path| Ok((path.display().to_string(), read_map(&path)?))).collect()
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
