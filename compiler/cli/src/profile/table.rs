//! A profile as text.

use super::{Order, Profile, Step};
use comfy_table::{CellAlignment, Table, presets};

/// What the columns say that their heads are too short for.
const LEGEND: &str = "\
ms is the best of all runs. Roofline is the part of it in which this machine can do the step at best, by the multiplications that
the algorithm does or by the bytes that go in and out, whichever takes longer (Bound). GFLOP/s and Peak count the multiplications
that the operation is written with: an algorithm that needs fewer may pass 100 % of the peak, and not of the roofline.";

/// The table of the steps, with what the whole takes before and what the machine can do behind it.
pub(crate) fn table(profile: &Profile, order: Order) -> String {
    let mut steps = plain([
        "Name",
        "Operation",
        "Output",
        "Algorithm",
        "ms",
        "Median",
        "%",
        "GFLOP/s",
        "Peak",
        "Roofline",
        "Bound",
    ]);
    for place in profile.places(order) {
        let step = &profile.steps[place];
        let Step {
            name,
            operation,
            output,
            algorithm,
            ms,
            median_ms,
            share,
            of_peak,
            of_roofline,
            bound,
            ..
        } = step;
        let as_written = |text: String| if step.macs == 0 { String::new() } else { text };
        steps.add_row([
            name.clone(),
            operation.clone(),
            output.clone(),
            algorithm.clone(),
            format!("{ms:.4}"),
            format!("{median_ms:.4}"),
            format!("{:.1}", 100.0 * share),
            as_written(format!("{:.0}", step.gflops())),
            as_written(percent(*of_peak)),
            percent(*of_roofline),
            bound.word().to_owned(),
        ]);
    }
    let mut algorithms = plain(["Algorithm", "Steps", "ms", "%", "Roofline", "Multiplications"]);
    for group in profile.groups() {
        algorithms.add_row([
            group.algorithm.to_owned(),
            group.steps.to_string(),
            format!("{:.4}", group.ms),
            format!("{:.1}", 100.0 * group.ms / profile.steps_ms),
            percent(group.roof_ms / group.ms),
            group.multiplications(),
        ]);
    }
    let warning = profile.warning().map_or_else(String::new, |warning| format!("{warning}\n"));
    format!(
        "{}\n{}\n{warning}\n{}\n{}\n{LEGEND}\nThe machine: {}\n",
        profile.title(),
        profile.times(),
        lines(&mut steps, 4..10),
        lines(&mut algorithms, 1..5),
        profile.roofline.describe()
    )
}

fn percent(part: f64) -> String {
    format!("{:.0} %", 100.0 * part)
}

fn plain<const N: usize>(header: [&str; N]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_header(header);
    table
}

/// The lines of a table, in which these columns are numbers.
fn lines(table: &mut Table, numbers: std::ops::Range<usize>) -> String {
    for (at, column) in table.column_iter_mut().enumerate() {
        if numbers.contains(&at) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table.lines().map(|line| format!("{}\n", line.trim_end())).collect()
}
