//! `archc export`

use crate::error::{Error, print};
use crate::network::Network;
use crate::progress::Progress;
use archc_build::stream_atomically;
use archc_core::ir::Graph;
use archc_core::readable::bytes;
use archc_runtime::weights::{LoadError, SafeTensors, Source};
use archc_weights::seeded;
use serde::Serialize;
use std::path::{Path, PathBuf};

/// Writes networks for other programs
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    format: Format,
}

const EXAMPLES: &str = "Examples:
  archc export onnx archs/lenet5.arch --weights archs/weights/lenet5.safetensors -o lenet5.onnx
  archc export onnx zoo:resnet50 --net ResNet152 --weights seeded -o resnet152.onnx";

#[derive(Debug, clap::Subcommand)]
enum Format {
    Onnx(Onnx),
}

/// Writes an ONNX model: operators of version 17 in f32, input [N, channels, rows, columns]
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
struct Onnx {
    #[command(flatten)]
    network: Network,
    /// A safetensors file, or `seeded` for made-up weights
    #[arg(long, value_name = "FILE")]
    weights: String,
    /// The model's file
    #[arg(short, long = "out", value_name = "FILE")]
    out: PathBuf,
    /// One JSON object: the file, the network, operators' version, nodes and bytes
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Report<'a> {
    file: String,
    network: &'a str,
    opset: i64,
    nodes: usize,
    bytes: u64,
}

pub(crate) fn run(arguments: &Arguments) -> Result<(), Error> {
    match &arguments.format {
        Format::Onnx(onnx) => export_onnx(onnx),
    }
}

fn export_onnx(arguments: &Onnx) -> Result<(), Error> {
    let compiled = arguments.network.compile(arguments.json)?;
    let graph = &compiled.graph;
    let progress = Progress::start(format!("Writing {}", graph.name));
    let weights = open(&arguments.weights, graph)?;
    let model = archc_onnx::export(graph, &*weights).map_err(explain)?;
    let file = arguments.out.display().to_string();
    stream_atomically(&arguments.out, |out| model.write(out)).map_err(|e| match e {
        archc_onnx::Error::Write(e) => Error::new(format!("cannot write {file}: {e}")),
        other => explain(other),
    })?;
    drop(progress);
    let report = Report {
        file,
        network: &graph.name,
        opset: archc_onnx::OPSET,
        nodes: model.nodes(),
        bytes: model.size(),
    };
    if arguments.json {
        let line = serde_json::to_string(&report).map_err(|e| Error::new(e.to_string()))?;
        return print(&format!("{line}\n"));
    }
    print(&format!(
        "Wrote {} ({}, {} nodes, {})\n",
        report.file,
        report.network,
        report.nodes,
        bytes(report.bytes)
    ))
}

fn open(weights: &str, graph: &Graph) -> Result<Box<dyn Source>, Error> {
    if weights == "seeded" {
        return Ok(Box::new(seeded::store(graph, "archc")));
    }
    match SafeTensors::open(Path::new(weights)) {
        Ok(file) => Ok(Box::new(file)),
        Err(e @ LoadError::Read { .. }) => Err(Error::new(e.to_string())),
        Err(e) => Err(Error::new(format!("{weights}: {e}"))),
    }
}

fn explain(error: archc_onnx::Error) -> Error {
    let message = error.to_string();
    match error {
        archc_onnx::Error::TooLarge { .. } => {
            Error::with_help(message, "export parts of the network: `--output` ends it earlier")
        }
        archc_onnx::Error::Graph(_) => {
            Error::with_help(message, "this is a mistake in archc; please report it with the .arch file")
        }
        archc_onnx::Error::Weights(_) | archc_onnx::Error::Write(_) => Error::new(message),
    }
}
