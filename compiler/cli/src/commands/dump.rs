//! `archc dump`

use crate::diagnostics;
use crate::error::{Error, print};
use crate::network::{Network, numbers};
use archc_build::Disk;
use archc_core::diagnostic::Diagnostics;
use archc_core::lir::Number;
use archc_core::source::SourceMap;
use archc_core::{cuda, expand, ir, lir, plan, syntax};
use clap::ValueEnum;

/// Prints a network at one stage of the compiler
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  archc dump zoo:lenet5 --stage fused
  archc dump archs/resnet50.arch --stage rust | less")]
pub(crate) struct Arguments {
    #[command(flatten)]
    network: Network,
    /// Which stage
    #[arg(long, value_enum, default_value_t = Stage::Ir)]
    stage: Stage,
    /// What a GPU computes with; for the stage cuda
    #[arg(long = "type", value_name = "TYPE", default_value_t, value_parser = numbers())]
    number: Number,
    /// The text as one JSON object, with the stage's name
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Stage {
    /// The text as parsed
    Ast,
    /// The graph as written: one node for each operation
    Ir,
    /// The graph after the passes
    Fused,
    /// Kernel calls over buffers
    Lir,
    /// Addresses, lifetimes and functions
    Plan,
    /// The generated module
    Rust,
    /// The kernels for a GPU, and their launches
    Cuda,
}

pub(crate) fn run(arguments: &Arguments) -> Result<(), Error> {
    let text = match arguments.stage {
        Stage::Ast => ast(arguments)?,
        Stage::Ir => ir::print::print(&arguments.network.compile(arguments.json)?.graph),
        Stage::Fused => ir::print::print(&arguments.network.compile(arguments.json)?.fused),
        Stage::Lir => lir::print::print(&arguments.network.compile(arguments.json)?.program),
        Stage::Plan => {
            let compiled = arguments.network.compile(arguments.json)?;
            plan::print::print(&compiled.program, &compiled.plan)
        }
        Stage::Rust => arguments.network.compile(arguments.json)?.rust()?,
        Stage::Cuda => kernels(arguments)?,
    };
    if !arguments.json {
        return print(&text);
    }
    let stage = arguments.stage.to_possible_value().map(|v| v.get_name().to_owned());
    print(&format!("{}\n", serde_json::json!({ "stage": stage, "text": text })))
}

/// The main file's tree; it is there also where the network is wrong further on.
fn ast(arguments: &Arguments) -> Result<String, Error> {
    let (mut sources, mut found) = (SourceMap::default(), Diagnostics::default());
    let loaded = expand::load(&arguments.network.request(), &mut Disk::default(), &mut sources, &mut found);
    diagnostics::print(&sources, &found, arguments.json);
    let loaded = loaded.ok_or(Error::Reported)?;
    Ok(loaded.main().map(syntax::print::print).unwrap_or_default())
}

fn kernels(arguments: &Arguments) -> Result<String, Error> {
    let compiled = arguments.network.compile(arguments.json)?;
    let mut found = Diagnostics::default();
    let network = compiled.for_cuda(arguments.number, &mut found);
    diagnostics::print(&SourceMap::default(), &found, arguments.json);
    network.map(|n| cuda::print::print(&n.program, &n.module)).ok_or(Error::Reported)
}
