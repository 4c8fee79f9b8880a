//! `archc tune`

use super::bench::seconds;
use crate::error::{Error, print};
use crate::network::{Choices, Network, Selection};
use crate::tuning::{self, Conditions};
use crate::writable::{assert_writable, unwritable};
use archc_build::write_atomically;
use archc_core::tune::{Tune, beside};
use std::path::{Path, PathBuf};

/// Measures which algorithms compute a network's convolutions fastest here, and keeps them beside its file
#[derive(Debug, clap::Args)]
#[command(
    after_help = "archc chooses by a model of times. This command builds the network once for each algorithm that its mode has, times every
layer, and writes the fastest choice to NET.tune beside the network's file, where all commands and build scripts find it. It
is best done with nothing else running. A file that does not fit the network any more is left out, with a warning.

Examples:
  archc tune archs/vgg16.arch --threads 1
  archc tune archs/resnet50.arch --net ResNet152 --mode f32-strict --seconds 10
  archc tune zoo:vgg16 -o vgg16.tune && archc bench zoo:vgg16 --tune vgg16.tune"
)]
pub(crate) struct Arguments {
    /// The network: a .arch file, or zoo:NAME for one that comes with archc
    #[arg(value_name = "FILE")]
    file: String,
    #[command(flatten)]
    selection: Selection,
    /// Images in one inference; the choice is that of all sizes
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=1024))]
    batch: u16,
    /// Threads that compute [default: as many as there are cores that may be used]
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..=256))]
    threads: Option<u16>,
    /// How long to measure each algorithm
    #[arg(long, default_value_t = 3.0, value_parser = seconds)]
    seconds: f64,
    /// The file that is written [default: NET.tune beside the network's file, in this folder for one of the zoo]
    #[arg(short, long = "out", value_name = "FILE")]
    out: Option<PathBuf>,
    /// One JSON object: the layers with their times by each algorithm, measured and by the model, and the file
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(arguments: &Arguments) -> Result<(), Error> {
    let network = Network {
        file: arguments.file.clone(),
        selection: arguments.selection.clone(),
        // What was measured before is of no account.
        choices: Choices { tune: None, no_tune: true },
    };
    let compiled = network.compile(arguments.json)?;
    let net = compiled.graph.name.clone();
    let path = arguments.out.clone().unwrap_or_else(|| {
        beside(&arguments.file, &net).map_or_else(|| PathBuf::from(format!("{net}.tune")), PathBuf::from)
    });
    let mut tune = there(&path)?;
    let conditions = Conditions {
        batch: arguments.batch,
        threads: arguments.threads.unwrap_or(0),
        seconds: arguments.seconds,
    };
    let mode = compiled.mode;
    let Some(tuning) = tuning::measure(compiled, &conditions)? else {
        let message =
            format!("no convolution of {net} has more than one algorithm in {mode}: nothing to tune");
        return match arguments.json {
            true => {
                print(&format!("{}\n", serde_json::json!({ "network": net, "layers": [], "file": null })))
            }
            false => print(&format!("{message}\n")),
        };
    };
    tune.set(mode, tuning.measurement());
    write_atomically(&path, tune.text(&net).as_bytes())
        .map_err(|e| unwritable(&path, "-o", &e.to_string()))?;
    if arguments.json {
        return print(&format!("{}\n", tuning.json(&path)));
    }
    print(&format!("{}\nWrote {}\n", tuning::table(&tuning), path.display()))?;
    match arguments.out.is_some() || arguments.file.starts_with("zoo:") {
        true => print(&format!("Other commands take it by --tune {}\n", path.display())),
        false => Ok(()),
    }
}

/// The file that is to be written, with what was measured in other modes; empty where there is none, or one that archc does
/// not understand. Another file than archc's is not written over.
fn there(path: &Path) -> Result<Tune, Error> {
    assert_writable(path, "-o")?;
    let Ok(bytes) = std::fs::read(path) else { return Ok(Tune::default()) };
    match std::str::from_utf8(&bytes).ok().and_then(|text| Tune::parse(text).ok()) {
        Some(tune) => Ok(tune),
        None if path.extension().is_some_and(|e| e == "tune") => Ok(Tune::default()),
        None => Err(unwritable(path, "-o", "it is there and no file of measured choices")),
    }
}
