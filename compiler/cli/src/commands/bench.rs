//! `archc bench`

use crate::error::{Error, print};
use crate::network::Network;
use crate::profile::{self, Order, Profile};
use crate::progress::Progress;
use crate::runner::Runner;
use crate::writable::{assert_writable, unwritable};
use archc_build::write_atomically;
use archc_core::compile::Compiled;
use serde::Deserialize;
use std::path::PathBuf;

/// Times inferences of the generated code, on made-up weights
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  archc bench zoo:mobilenet
  archc bench archs/vgg16.arch --batch 8 --threads 1 --json
  archc bench zoo:resnet50 --profile --html resnet50.html
  ARCHC_ISA=portable archc bench zoo:lenet5")]
pub(crate) struct Arguments {
    #[command(flatten)]
    network: Network,
    /// Images in one inference
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=1024))]
    batch: u16,
    /// Threads that compute [default: as many as there are cores that may be used]
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..=256))]
    threads: Option<u16>,
    /// How long to measure
    #[arg(long, default_value_t = 3.0, value_parser = seconds)]
    seconds: f64,
    /// Shows the time of each step, how it is computed, and its share of what the machine can do, which is measured too
    #[arg(long)]
    profile: bool,
    /// The profile also as a page with a chart
    #[arg(long, value_name = "FILE", requires = "profile")]
    html: Option<PathBuf>,
    /// In which order a profile shows the steps
    #[arg(long, value_name = "ORDER", default_value = "network", requires = "profile")]
    sort: Order,
    /// One line of JSON, with median_ms, min_ms and runs, and with the steps of a profile
    #[arg(long)]
    json: bool,
    /// Build the program that is timed and print its path; it is called PROGRAM bench BATCH THREADS SECONDS, and where the
    /// seconds are - it reads them, a measurement a line
    #[arg(long, conflicts_with_all = ["batch", "threads", "seconds", "profile"])]
    program: bool,
}

/// Reads how long to measure.
pub(crate) fn seconds(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(s) if s > 0.0 && s <= 3600.0 => Ok(s),
        _ => Err("expected seconds above 0 and up to 3600".to_owned()),
    }
}

#[derive(Deserialize)]
struct Measured {
    isa: String,
    threads: usize,
    median_ms: f64,
    min_ms: f64,
    runs: usize,
}

pub(crate) fn run(arguments: &Arguments) -> Result<(), Error> {
    if let Some(path) = &arguments.html {
        assert_writable(path, "--html")?;
    }
    let compiled = arguments.network.compile(arguments.json)?;
    let runner = Runner::build(&compiled)?;
    if arguments.program {
        return print(&format!("{}\n", runner.program().display()));
    }
    if arguments.profile {
        return profile(arguments, &compiled, &runner);
    }
    let progress = Progress::start(format!("Timing {}", compiled.graph.name));
    let line = runner.bench(arguments.batch, arguments.threads.unwrap_or(0), arguments.seconds)?;
    drop(progress);
    if arguments.json {
        return print(&line);
    }
    let measured: Measured = serde_json::from_str(&line)
        .map_err(|e| Error::new(format!("the network's program printed {line:?}: {e}")))?;
    print(&format!(
        "{}, batch {}, {} on {}: {:.3} ms median, {:.3} ms at best, {} runs\n",
        compiled.graph.name,
        arguments.batch,
        measured.isa,
        format_args!("{} thread{}", measured.threads, if measured.threads == 1 { "" } else { "s" }),
        measured.median_ms,
        measured.min_ms,
        measured.runs
    ))
}

fn profile(arguments: &Arguments, compiled: &Compiled, runner: &Runner) -> Result<(), Error> {
    let progress = Progress::start(format!("Timing the steps of {}", compiled.graph.name));
    let line = runner.profile(arguments.batch, arguments.threads.unwrap_or(0), arguments.seconds)?;
    drop(progress);
    let profile = Profile::new(compiled, &line)?;
    // First, so that what was measured is there even where the page cannot be written.
    if arguments.json {
        let line = serde_json::to_string(&profile).map_err(|e| Error::new(e.to_string()))?;
        print(&format!("{line}\n"))?;
    } else {
        print(&profile::table(&profile, arguments.sort))?;
    }
    match &arguments.html {
        Some(path) => {
            let page = profile::page(&profile);
            write_atomically(path, page.as_bytes()).map_err(|e| unwritable(path, "--html", &e.to_string()))
        }
        None => Ok(()),
    }
}
