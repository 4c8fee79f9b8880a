//! `archc summary`

use crate::error::{Error, print};
use crate::network::Network;
use archc_core::compile::Compiled;
use archc_core::ir::summary::{Summary, summarize};
use comfy_table::{CellAlignment, Table, presets};
use serde::Serialize;

/// Shows layers, shapes, parameters, multiplications and memory
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  archc summary zoo:vgg16
  archc summary archs/resnet50.arch --net ResNet152 --json")]
pub(crate) struct Arguments {
    #[command(flatten)]
    network: Network,
    /// One JSON object
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Report<'a> {
    #[serde(flatten)]
    summary: &'a Summary,
    arena_bytes: usize,
    weight_bytes: usize,
}

pub(crate) fn run(arguments: &Arguments) -> Result<(), Error> {
    let compiled = arguments.network.compile(arguments.json)?;
    let summary = summarize(&compiled.graph);
    let (arena_bytes, weight_bytes) = (compiled.plan.arena_size * 4, compiled.plan.weights_size * 4);
    if arguments.json {
        let report = Report { summary: &summary, arena_bytes, weight_bytes };
        let line = serde_json::to_string(&report).map_err(|e| Error::new(e.to_string()))?;
        return print(&format!("{line}\n"));
    }
    print(&table(&compiled, &summary))
}

fn table(compiled: &Compiled, summary: &Summary) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_header(["Name", "Operation", "Output", "Parameters", "MACs"]);
    for row in &summary.rows {
        let [height, width, channels] = row.shape;
        let shape = format!("{height}x{width}x{channels}");
        table.add_row([
            row.name.clone(),
            row.op.to_owned(),
            shape,
            blank_zero(row.parameters),
            blank_zero(row.macs),
        ]);
    }
    for column in table.column_iter_mut().skip(2) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    let plan = &compiled.plan;
    let (parameters, trained) = (thousands(summary.parameters), thousands(summary.trained_parameters));
    let mib = |numbers: usize| format!("{:.1} MiB", (numbers * 4) as f64 / f64::from(1 << 20));
    let rows: String = table.lines().map(|line| format!("{}\n", line.trim_end())).collect();
    format!(
        "{}\n\n{rows}\nParameters  {parameters} (without batch statistics, as PyTorch counts: {trained})\n\
         MACs        {} for one image\nMemory      {} of activations for one image, {} of packed weights\n",
        summary.name,
        thousands(summary.macs),
        mib(plan.arena_size),
        mib(plan.weights_size),
    )
}

fn blank_zero(n: u64) -> String {
    if n == 0 { String::new() } else { thousands(n) }
}

/// `25,636,712`
fn thousands(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_grouped_by_three() {
        assert_eq!(thousands(0), "0");
        assert_eq!(thousands(999), "999");
        assert_eq!(thousands(25_636_712), "25,636,712");
        assert_eq!(thousands(138_357_544), "138,357,544");
    }
}
