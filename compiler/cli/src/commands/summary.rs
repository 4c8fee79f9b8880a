//! `archc summary`

use crate::diagnostics;
use crate::error::{Error, print};
use crate::network::Network;
use archc_build::Disk;
use archc_core::compile::{Compiled, compile_over_budget};
use archc_core::diagnostic::Diagnostics;
use archc_core::ir::Graph;
use archc_core::ir::budget::Quantity;
use archc_core::ir::summary::{Row, Summary, summarize};
use archc_core::plan::memory::{Layer, Memory, measure};
use archc_core::readable::{bytes, thousands};
use archc_core::source::SourceMap;
use comfy_table::{CellAlignment, Table, presets};
use serde::Serialize;

/// Shows layers, shapes, parameters, multiplications and memory
#[derive(Debug, clap::Args)]
#[command(after_help = "Columns of memory, for one image:
  Weights  what the layer's packed weights take
  Value    what its value takes, zeros around it and between its channels included
  Alive    all that is alive while it runs; the most of it is the least that an arena can be
An operation without them is computed inside of another.

Examples:
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
    name: &'a str,
    rows: Vec<RowReport<'a>>,
    parameters: u64,
    trained_parameters: u64,
    input_statistics: u64,
    macs: u64,
    largest_value: u64,
    arena_bytes: u64,
    weight_bytes: u64,
    peak: Peak<'a>,
    budgets: Vec<BudgetReport>,
}

#[derive(Serialize)]
struct RowReport<'a> {
    #[serde(flatten)]
    row: &'a Row,
    weight_bytes: Option<u64>,
    value_bytes: Option<u64>,
    alive_bytes: Option<u64>,
}

/// The most that is alive at once.
#[derive(Serialize)]
struct Peak<'a> {
    /// The layer that runs then.
    name: Option<&'a str>,
    bytes: u64,
    /// The same without zeros around values and between their channels.
    plain_bytes: u64,
}

#[derive(Serialize)]
struct BudgetReport {
    quantity: &'static str,
    limit: u64,
    taken: u64,
}

pub(crate) fn run(arguments: &Arguments) -> Result<(), Error> {
    let (mut sources, mut found) = (SourceMap::default(), Diagnostics::default());
    let request = arguments.network.request();
    let compiled = compile_over_budget(&request, &mut Disk::default(), &mut sources, &mut found);
    let Some(compiled) = compiled else {
        diagnostics::print(&sources, &found, arguments.json);
        return Err(Error::Reported);
    };
    // Who is over budget wants to see where it goes, so that the error comes behind.
    print(&show(&compiled, arguments.json)?)?;
    let kept = compiled.check_budget(&mut found);
    diagnostics::print(&sources, &found, arguments.json);
    if kept { Ok(()) } else { Err(Error::Reported) }
}

fn show(compiled: &Compiled, json: bool) -> Result<String, Error> {
    let summary = summarize(&compiled.graph);
    let memory = measure(&compiled.program, &compiled.plan);
    let budgets = budgets(&compiled.graph, &summary, &memory);
    if !json {
        return Ok(table(&summary, &memory, &budgets));
    }
    let row = |row| {
        let layer = layer(&memory, row);
        let alive = layer.map(|l| l.alive).filter(|&n| n > 0);
        RowReport {
            row,
            weight_bytes: layer.map(|l| l.weights),
            value_bytes: layer.map(|l| l.value),
            alive_bytes: alive,
        }
    };
    let report = Report {
        name: &summary.name,
        rows: summary.rows.iter().map(row).collect(),
        parameters: summary.parameters,
        trained_parameters: summary.trained_parameters,
        input_statistics: summary.input_statistics,
        macs: summary.macs,
        largest_value: summary.largest_value,
        arena_bytes: memory.arena,
        weight_bytes: memory.weights,
        peak: Peak { name: memory.peak_layer.as_deref(), bytes: memory.peak, plain_bytes: memory.plain_peak },
        budgets,
    };
    serde_json::to_string(&report).map(|line| line + "\n").map_err(|e| Error::new(e.to_string()))
}

fn layer<'a>(memory: &'a Memory, row: &Row) -> Option<&'a Layer> {
    memory.layers.get(&row.name)
}

fn budgets(graph: &Graph, summary: &Summary, memory: &Memory) -> Vec<BudgetReport> {
    let taken = |quantity| match quantity {
        Quantity::Arena => memory.arena,
        Quantity::Weights => memory.weights,
        Quantity::Macs => summary.macs,
    };
    let report = |budget: &archc_core::ir::budget::Budget| BudgetReport {
        quantity: budget.quantity.word(),
        limit: budget.limit,
        taken: taken(budget.quantity),
    };
    graph.budgets.iter().map(report).collect()
}

fn table(summary: &Summary, memory: &Memory, budgets: &[BudgetReport]) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_header(["Name", "Operation", "Output", "Parameters", "MACs", "Weights", "Value", "Alive"]);
    for row in &summary.rows {
        let [height, width, channels] = row.shape;
        let Layer { value, weights, alive } = layer(memory, row).copied().unwrap_or_default();
        table.add_row([
            row.name.clone(),
            row.op.to_owned(),
            format!("{height}x{width}x{channels}"),
            blank_zero(row.parameters, thousands),
            blank_zero(row.macs, thousands),
            blank_zero(weights, bytes),
            blank_zero(value, bytes),
            blank_zero(alive, bytes),
        ]);
    }
    for column in table.column_iter_mut().skip(2) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    let rows: String = table.lines().map(|line| format!("{}\n", line.trim_end())).collect();
    let (parameters, trained) = (thousands(summary.parameters), thousands(summary.trained_parameters));
    let more = match summary.input_statistics {
        0 => String::new(),
        n => format!("; with its input's statistics, as Keras counts: {}", thousands(summary.parameters + n)),
    };
    let facts = format!(
        "Parameters  {parameters} (without batch statistics, as PyTorch counts: {trained}{more})\n\
         MACs        {} for one image\n\
         Weights     {} packed\n",
        thousands(summary.macs),
        bytes(memory.weights),
    );
    let budgets: String = budgets.iter().map(budget_line).collect();
    format!("{}\n\n{rows}\n{facts}{}{budgets}", summary.name, arena_line(memory))
}

/// The arena against what is alive at once, and that against the plain numbers.
fn arena_line(memory: &Memory) -> String {
    let of = |a: u64, b: u64| a as f64 / b.max(1) as f64;
    let at = memory.peak_layer.as_ref().map_or(String::new(), |name| format!(" at `{name}`"));
    format!(
        "Arena       {} for one image, {:.2} times the {} alive at once{at}, which is {:.2} times the plain numbers\n",
        bytes(memory.arena),
        of(memory.arena, memory.peak),
        bytes(memory.peak),
        of(memory.peak, memory.plain_peak),
    )
}

fn budget_line(budget: &BudgetReport) -> String {
    let BudgetReport { quantity, limit, taken } = budget;
    let percent = *taken as f64 * 100.0 / *limit as f64;
    let number = if *quantity == Quantity::Macs.word() { thousands } else { bytes };
    format!("Budget      {quantity}: {percent:.1} % of {} taken\n", number(*limit))
}

fn blank_zero(n: u64, text: fn(u64) -> String) -> String {
    if n == 0 { String::new() } else { text(n) }
}
