//! `archc gpu-predict`

use crate::diagnostics;
use crate::error::{Error, print};
use crate::network::Network;
use archc_core::cuda::predict::{H100, Prediction, predict};
use archc_core::diagnostic::Diagnostics;
use archc_core::lir::Number;
use archc_core::source::SourceMap;
use comfy_table::{CellAlignment, Table, presets};
use serde::Serialize;

/// Predicts a network's time on an H100, by its operations and bytes; nothing is measured
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:
  archc gpu-predict zoo:resnet50")]
pub(crate) struct Arguments {
    #[command(flatten)]
    network: Network,
    /// Images at a time
    #[arg(long, value_delimiter = ',', default_value = "1,32", value_parser = clap::value_parser!(u32).range(1..=65536))]
    batch: Vec<u32>,
    /// One JSON object on standard output
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Row {
    number: &'static str,
    batch: usize,
    nodes: usize,
    operations: f64,
    bytes: f64,
    least_bytes: f64,
    seconds: f64,
    roofline_seconds: f64,
}

pub(crate) fn run(arguments: &Arguments) -> Result<(), Error> {
    let compiled = arguments.network.compile(arguments.json)?;
    let mut rows = Vec::new();
    for number in Number::ALL {
        let mut found = Diagnostics::default();
        let network = compiled.for_cuda(number, &mut found);
        diagnostics::print(&SourceMap::default(), &found, arguments.json);
        let network = network.ok_or(Error::Reported)?;
        for &batch in &arguments.batch {
            let of = predict(&network.program, &network.module, &H100, batch as usize);
            let Prediction { nodes, operations, bytes, least_bytes, time, roofline } = of;
            let (number, batch) = (number.name(), batch as usize);
            rows.push(Row {
                number,
                batch,
                nodes,
                operations,
                bytes,
                least_bytes,
                seconds: time,
                roofline_seconds: roofline,
            });
        }
    }
    if arguments.json {
        let name = &compiled.graph.name;
        return print(&format!(
            "{}\n",
            serde_json::json!({ "net": name, "gpu": H100.name, "predicted": rows })
        ));
    }
    print(&format!("{}, predicted for {}, not measured\n{}", compiled.graph.name, H100.name, table(&rows)))
}

fn table(rows: &[Row]) -> String {
    let mut table = Table::new();
    table.load_style(presets::ASCII_MARKDOWN);
    table.set_header(["Type", "Batch", "Nodes", "GFLOP", "MB", "of the least", "us", "us at the roofline"]);
    for row in rows {
        table.add_row([
            row.number.to_owned(),
            row.batch.to_string(),
            row.nodes.to_string(),
            format!("{:.2}", row.operations / 1e9),
            format!("{:.1}", row.bytes / 1e6),
            format!("{:.2}", row.bytes / row.least_bytes),
            format!("{:.0}", row.seconds * 1e6),
            format!("{:.0}", row.roofline_seconds * 1e6),
        ]);
    }
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    format!("{table}\n")
}
