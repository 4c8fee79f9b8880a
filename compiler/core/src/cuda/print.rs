//! Kernels and launches as text: what `archc dump --stage cuda` prints, and what golden files hold.
//!
//! The launches stand behind the kernels, as comments: the whole is CUDA C.
//!
//! ```text
//! // conv_0 <<<(13 * images / 64, 1, 1), 256>>> (arena 0, weights 0, arena 784)            // conv1: conv 5x5 6, tanh
//! ```

use super::{Argument, Grid, Launch, Module, THREADS};
use crate::lir::Program;
use std::fmt::Write as _;

/// The text of a program's kernels and launches.
pub fn print(program: &Program, module: &Module) -> String {
    let mut text = module.source.clone();
    let (launches, kernels) = (module.launches.len(), module.kernels.len());
    let _ =
        writeln!(text, "\n// {launches} launches of {kernels} kernels; fractions of a block are one more:");
    for launch in &module.launches {
        let comment = program.steps.get(launch.step.index()).map_or("", |step| step.comment.as_str());
        let _ = writeln!(text, "// {:<78} // {comment}", launched(module, launch));
    }
    text
}

fn launched(module: &Module, launch: &Launch) -> String {
    let name = module.kernels.get(launch.kernel).map_or("?", String::as_str);
    let arguments: Vec<String> = launch.arguments.iter().map(place).collect();
    format!("{name} <<<{}, {THREADS}>>> ({})", blocks(&launch.grid), arguments.join(", "))
}

/// Blocks for any number of images.
fn blocks(grid: &Grid) -> String {
    let [y, z] = grid.others;
    let images = if grid.items == 1 { "images".to_owned() } else { format!("{} * images", grid.items) };
    match grid.of_block {
        1 => format!("({images}, {y}, {z})"),
        items => format!("({images} / {items}, {y}, {z})"),
    }
}

fn place(argument: &Argument) -> String {
    match argument {
        Argument::Arena(at) => format!("arena {at}"),
        Argument::Weights(at) => format!("weights {at}"),
        Argument::Matrix(at) => format!("matrix {at}"),
        Argument::Workspace => "workspace".to_owned(),
    }
}
