//! The command line of archc. Results go to standard output, errors to standard error; the exit status is 0, 1 where
//! the input is wrong or what was asked for cannot be had here, or 2 where the command line is wrong.

mod cache;
mod commands;
mod comparison;
mod crate_folder;
mod cuda;
mod diagnostics;
mod error;
mod image_input;
mod name_map;
mod network;
mod profile;
mod progress;
mod runner;
mod runtime_source;
mod tuning;
mod workspace;
mod writable;

use clap::{Parser, Subcommand};
use std::process::ExitCode;

/// Compiles convolutional networks, written as in their paper's table, to Rust.
#[derive(Debug, Parser)]
#[command(
    name = "archc",
    version,
    arg_required_else_help = true,
    after_help = "Examples:
  archc check archs/vgg16.arch
  archc summary zoo:resnet50
  archc build archs/vgg16.arch archs/lenet5.arch -o out/vision
  archc run archs/lenet5.arch --weights archs/weights/lenet5.safetensors --image samples/ankle_boot.png
  archc bench zoo:mobilenet"
)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Check(commands::check::Arguments),
    Summary(commands::summary::Arguments),
    Build(commands::build::Arguments),
    Run(commands::run::Arguments),
    Import(commands::import::Arguments),
    Bench(commands::bench::Arguments),
    Tune(commands::tune::Arguments),
    Export(commands::export::Arguments),
    Verify(commands::verify::Arguments),
    Dump(commands::dump::Arguments),
    GpuPredict(commands::gpu_predict::Arguments),
    Explain(commands::explain::Arguments),
}

fn main() -> ExitCode {
    let result = match Arguments::parse().command {
        Command::Check(arguments) => commands::check::run(&arguments),
        Command::Summary(arguments) => commands::summary::run(&arguments),
        Command::Build(arguments) => commands::build::run(&arguments),
        Command::Run(arguments) => commands::run::run(&arguments),
        Command::Import(arguments) => commands::import::run(&arguments),
        Command::Bench(arguments) => commands::bench::run(&arguments),
        Command::Tune(arguments) => commands::tune::run(&arguments),
        Command::Export(arguments) => commands::export::run(&arguments),
        Command::Verify(arguments) => commands::verify::run(&arguments),
        Command::Dump(arguments) => commands::dump::run(&arguments),
        Command::GpuPredict(arguments) => commands::gpu_predict::run(&arguments),
        Command::Explain(arguments) => commands::explain::run(&arguments),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            error.report();
            ExitCode::from(1)
        }
    }
}
