//! `archc check`

use crate::diagnostics;
use crate::error::{Error, print};
use crate::network::Network;
use archc_build::Disk;
use archc_core::compile::compile;
use archc_core::diagnostic::{Diagnostics, json};
use archc_core::source::SourceMap;
use serde::Serialize;

/// Checks networks: syntax, names and every shape
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  archc check archs/vgg16.arch
  archc check archs/resnet50.arch --net ResNet152 --set classes=10
  archc check --json archs/vgg16.arch")]
pub(crate) struct Arguments {
    #[command(flatten)]
    network: Network,
    /// One JSON object on standard output: ok, and the diagnostics
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Report<'a> {
    ok: bool,
    diagnostics: Vec<json::Record<'a>>,
}

pub(crate) fn run(arguments: &Arguments) -> Result<(), Error> {
    let (mut sources, mut found) = (SourceMap::default(), Diagnostics::default());
    let compiled = compile(&arguments.network.request(), &mut Disk::default(), &mut sources, &mut found);
    if arguments.json {
        let report = Report { ok: compiled.is_some(), diagnostics: json::records(&sources, &found) };
        let line = serde_json::to_string(&report).map_err(|e| Error::new(e.to_string()))?;
        print(&format!("{line}\n"))?;
    } else {
        diagnostics::print(&sources, &found, false);
    }
    let compiled = compiled.ok_or(Error::Reported)?;
    if arguments.json {
        return Ok(());
    }
    let shape = |id| compiled.graph.node(id).shape;
    let input = compiled.graph.input().map(|id| shape(id).to_string()).unwrap_or_default();
    let outputs: Vec<String> = compiled.graph.outputs.iter().map(|o| shape(o.node).to_string()).collect();
    print(&format!(
        "{}: {input} to {}, {} operations\n",
        compiled.graph.name,
        outputs.join(", "),
        compiled.graph.len() - 1
    ))
}
