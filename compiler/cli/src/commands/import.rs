//! `archc import`

use crate::error::{Error, print};
use crate::name_map::{beside, read_map};
use crate::network::Network;
use crate::progress::Progress;
use archc_build::{create_atomically, stream_atomically};
use archc_core::expand::zoo;
use archc_core::ir::Graph;
use archc_core::readable::thousands;
use archc_weights::{
    Framework, Match, MatchError, MatchedBy, Options, ReadError, WeightsFile, WriteError, match_tensors,
    write,
};
use clap::ValueEnum;
use serde::Serialize;
use std::fmt::Write;
use std::path::{Path, PathBuf};

/// Turns a framework's weights into a network's, as safetensors
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Every tensor of the network and of the file must find its place; a name map tells which is which. Those of the
zoo travel with archc; for a network of your own, write NET.keras or NET.torch beside it, or give one by --map.

Examples:
  archc import keras resnet50_weights.h5 zoo:resnet50 -o resnet50.safetensors
  archc import torch resnet50-0676ba61.pth zoo:resnet50_torch -o resnet50.safetensors
  archc import torch mine.pth nets/mine.arch -o mine.safetensors --write-map nets/Mine.torch"
)]
pub(crate) struct Arguments {
    /// The framework that wrote the file
    #[arg(value_enum, value_name = "FRAMEWORK")]
    framework: Kind,
    /// keras: .h5, .weights.h5, .keras; torch: .pth, .safetensors
    #[arg(value_name = "WEIGHTS")]
    weights: PathBuf,
    #[command(flatten)]
    network: Network,
    /// The file to write
    #[arg(short, long = "out", value_name = "FILE")]
    out: PathBuf,
    /// A name map: lines `OURS = THEIRS`
    #[arg(long, value_name = "FILE")]
    map: Option<PathBuf>,
    /// Without a map: matches layers by their order, as was shown before
    #[arg(long)]
    accept_order: bool,
    /// Without a map: writes the match by order as one, to be checked and edited
    #[arg(long, value_name = "FILE", conflicts_with = "map")]
    write_map: Option<PathBuf>,
    /// Takes the weights although the network pads or preprocesses as another framework does
    #[arg(long)]
    any_framework: bool,
    /// One JSON object
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Kind {
    Keras,
    Torch,
}

#[derive(Serialize)]
struct Report<'a> {
    tensors: usize,
    numbers: usize,
    by: String,
    notes: &'a [String],
    out: String,
}

pub(crate) fn run(arguments: &Arguments) -> Result<(), Error> {
    let framework = match arguments.framework {
        Kind::Keras => Framework::Keras,
        Kind::Torch => Framework::Torch,
    };
    let graph = arguments.network.compile(arguments.json)?.graph;
    let map = arguments.map.as_deref().map(read_map).transpose()?;
    let beside = match map {
        Some(_) => Vec::new(),
        None => beside(&arguments.network, &graph, framework)?,
    };
    let failed = |e: ReadError| in_file(&arguments.weights, e);
    let file = WeightsFile::open(&arguments.weights, framework).map_err(failed)?;
    let options = Options { map, beside, accept_order: arguments.accept_order };
    let found = match match_tensors(&graph, framework, &file, &options) {
        Err(MatchError::Unconfirmed(lines)) if arguments.write_map.is_some() => {
            return write_map(arguments, framework, &graph, &lines);
        }
        other => other.map_err(|e| mismatch(arguments, e))?,
    };
    let other = counterpart(&graph.name, framework);
    let mut notes = notes(&file, &found);
    if let (Some(other), MatchedBy::ZooMap(map), false) = (&other, &found.by, arguments.any_framework) {
        if !has_both(map) {
            return Err(other_framework(arguments, &graph, other));
        }
        notes.push(format!(
            "timm's names do not tell its tf_ networks, which pad as zoo:{} does, from its others, which pad as zoo:{other}",
            graph.name,
        ));
    }
    let progress = Progress::start(format!("Importing {}", arguments.weights.display()));
    let out = arguments.out.display().to_string();
    stream_atomically(&arguments.out, |to| write(&file, &found, &graph.name, to)).map_err(|e| match e {
        WriteError::Read(e) => failed(e),
        WriteError::Write(e) => Error::new(format!("cannot write {out}: {e}")),
    })?;
    drop(progress);
    let by = match &found.by {
        MatchedBy::GivenMap => "the map given".to_owned(),
        MatchedBy::MapBeside(path) => path.clone(),
        MatchedBy::ZooMap(file) => format!("archs/names/{file}"),
        MatchedBy::SameNames => "the same names".to_owned(),
        MatchedBy::Order(_) => "the order of the layers".to_owned(),
    };
    let report = Report {
        tensors: found.mappings.len(),
        numbers: found.mappings.iter().map(|m| m.ours.size()).sum(),
        by,
        notes: &notes,
        out,
    };
    if arguments.json {
        let line = serde_json::to_string(&report).map_err(|e| Error::new(e.to_string()))?;
        return print(&format!("{line}\n"));
    }
    let notes: String = report.notes.iter().map(|note| format!("  {note}\n")).collect();
    let numbers = thousands(report.numbers as u64);
    print(&format!(
        "Wrote {}: {} tensors, {numbers} numbers, by {}\n{notes}",
        report.out, report.tensors, report.by
    ))
}

/// What the user should know: what the reader has to say, and what the file has not.
fn notes(file: &WeightsFile, found: &Match) -> Vec<String> {
    let constant = found.mappings.iter().filter(|m| m.theirs.is_none());
    let notes = constant.map(|m| format!("{} as the map has it: the file has no such tensor", m.ours.name()));
    file.notes().iter().cloned().chain(notes).collect()
}

/// The net of the zoo that is as this framework has it, where this one is as another has it: their weights have the same
/// names and shapes, and the answers would be wrong. What PyTorch has otherwise than Keras ends in `Torch`.
fn counterpart(net: &str, framework: Framework) -> Option<String> {
    let other = match framework {
        Framework::Keras => net.strip_suffix("Torch")?.to_owned(),
        Framework::Torch => format!("{net}Torch"),
    };
    zoo::nets().any(|(_, name)| name == other).then_some(other)
}

/// Whether the names that a map has are those of networks which pad as Keras's do and of others which pad as PyTorch's: timm
/// has some both ways.
fn has_both(map: &str) -> bool {
    let ported = ["EfficientNetB0.", "MobileNetV3Large.", "MobileNetV3Small."];
    map.ends_with(".timm") && ported.iter().any(|net| map.starts_with(net))
}

fn other_framework(arguments: &Arguments, graph: &Graph, other: &str) -> Error {
    let theirs = match arguments.framework {
        Kind::Keras => "Keras",
        Kind::Torch => "PyTorch",
    };
    Error::with_help(
        format!(
            "{}: {} takes these tensors, but it pads or preprocesses otherwise than {theirs} does",
            arguments.weights.display(),
            graph.name,
        ),
        format!("{theirs}'s network is zoo:{other}; --any-framework imports them all the same"),
    )
}

fn in_file(path: &Path, error: ReadError) -> Error {
    Error::Message { message: format!("{}: {}", path.display(), error.message), help: error.help }
}

fn mismatch(arguments: &Arguments, error: MatchError) -> Error {
    let name = arguments.weights.display();
    match error {
        MatchError::Map { map, errors } => {
            let by = map.unwrap_or_else(|| "the map".to_owned());
            Error::with_help(
                format!("{name}: by {by}, {errors}"),
                "is it the right network, and the right of its file's nets? Tensors that it does not need are left out by lines `- PATTERN` of a map",
            )
        }
        MatchError::Order(_) => Error::with_help(
            format!("{name}: {error}"),
            "write a map, with lines `OURS = THEIRS`, and give it by --map",
        ),
        MatchError::Unconfirmed(ref lines) => {
            let mut message = format!("{name}: {error}; by their order it would be");
            for line in lines {
                let _ = write!(message, "\n  {line}");
            }
            Error::with_help(
                message,
                "check it, then add --accept-order; --write-map FILE keeps it as a map. Nothing was written",
            )
        }
    }
}

/// Keeps the match by order as a map's file.
fn write_map(
    arguments: &Arguments,
    framework: Framework,
    graph: &Graph,
    lines: &[String],
) -> Result<(), Error> {
    let Some(path) = &arguments.write_map else { return Ok(()) };
    let weights = arguments.weights.file_name().unwrap_or_default().display();
    let text = format!(
        "// {}, by the order of the layers of {weights}: to be checked.\n{}\n",
        graph.name,
        lines.join("\n")
    );
    create_atomically(path, text.as_bytes())
        .map_err(|e| Error::new(format!("cannot write {}: {e}", path.display())))?;
    let [extension, ..] = framework.extensions() else { return Ok(()) };
    print(&format!(
        "Wrote {}. Once checked, it is used by --map, or beside the network as {}.{extension}\n",
        path.display(),
        graph.name,
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timm_has_some_networks_both_ways() {
        for (map, both) in [
            ("EfficientNetB0.timm", true),
            ("MobileNetV3Small.timm", true),
            ("MobileNetV2.timm", false),
            ("VGG16.timm", false),
            ("EfficientNetB0.torch", false),
        ] {
            assert_eq!(has_both(map), both, "{map}");
        }
    }
}
