//! What was measured as text: the layers, and how right the model was.

use super::{Shape, Tuning};
use archc_core::tune::Word;
use comfy_table::{CellAlignment, Table, presets};

const LEGEND: &str = "\
Times are in ms: measured, and in brackets what the model says, at the machine's peak on vectors, for all layers of a shape
together. Packed kernels lie transformed in the weights; the weights may grow by a third at most, so that not all layers can
take them.";

/// The table, with a check of the model behind it.
pub(crate) fn table(tuning: &Tuning) -> String {
    let Tuning { network, mode, isa, threads, batch, machine, layers, .. } = tuning;
    let words: Vec<Word> =
        Word::ALL.into_iter().filter(|w| layers.iter().any(|l| l.times.contains_key(w))).collect();
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    let head = ["Layer", "Alike", "Kernel", "Input", "Output"].into_iter().map(str::to_owned);
    let times = words.iter().map(|w| w.name().to_owned());
    table.set_header(head.chain(times).chain(["Model", "Measured", "Gain"].map(str::to_owned)));
    for shape in layers {
        let Shape { layer, alike, kernel, input, output, model, algorithm, gain, times } = shape;
        let time = |word| {
            times.get(word).map_or_else(String::new, |t| format!("{:.3} ({:.3})", t.ms, t.predicted_ms))
        };
        let head = [layer.clone(), alike.to_string(), kernel.clone(), input.clone(), output.clone()];
        let gain = if model == algorithm { String::new() } else { format!("{:.1} %", 100.0 * gain) };
        let tail = [model.name().to_owned(), algorithm.name().to_owned(), gain];
        table.add_row(head.into_iter().chain(words.iter().map(time)).chain(tail));
    }
    let columns = 5 + words.len() + 3;
    for (at, column) in table.column_iter_mut().enumerate() {
        if at == 1 || (5..5 + words.len()).contains(&at) || at + 1 == columns {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    let rows: String = table.lines().map(|line| format!("{}\n", line.trim_end())).collect();
    let plural = if *threads == 1 { "" } else { "s" };
    format!(
        "{network}, {mode}, batch {batch}, {isa} on {threads} thread{plural} of {machine}\n\n{rows}\n{LEGEND}\n\n{}{}",
        model(layers),
        choices(tuning)
    )
}

/// How right the model is.
fn model(layers: &[Shape]) -> String {
    let by_model =
        |shape: &Shape| shape.times.get(&shape.model).map_or((0.0, 0.0), |t| (t.ms, t.predicted_ms));
    let (ms, predicted) =
        layers.iter().map(by_model).fold((0.0, 0.0), |sum, time| (sum.0 + time.0, sum.1 + time.1));
    let mut ratios: Vec<f64> =
        layers.iter().flat_map(|shape| shape.times.values()).map(|t| t.predicted_ms / t.ms).collect();
    ratios.sort_by(f64::total_cmp);
    let (least, most) = (ratios.first().unwrap_or(&1.0), ratios.last().unwrap_or(&1.0));
    let right = layers.iter().filter(|shape| {
        let best = shape.times.values().map(|t| t.ms).fold(f64::INFINITY, f64::min);
        shape.ms(shape.model) <= 1.03 * best
    });
    format!(
        "The model's choices take {ms:.3} ms in these layers, by the model {predicted:.3} ms. A time by the model is {:.2} to {:.2} of \
         that measured; its choice is the fastest, or within 3 %, for {} of {} shapes.\n",
        least,
        most,
        right.count(),
        layers.len()
    )
}

/// What the measured choices gain.
fn choices(tuning: &Tuning) -> String {
    let Tuning { layers, model_ms, measured_ms, kept, .. } = tuning;
    let sum = |word: fn(&Shape) -> Word| -> f64 { layers.iter().map(|shape| shape.ms(word(shape))).sum() };
    let changed = layers.iter().filter(|shape| shape.model != shape.algorithm).count();
    match (changed, kept) {
        (0, false) => format!(
            "No other choice for which there is room is faster; the whole network takes {model_ms:.3} ms.\n"
        ),
        (0, true) => format!(
            "Other choices are faster in their layers, but make the whole network slower: the model's stay. It takes {model_ms:.3} ms.\n"
        ),
        _ => format!(
            "The measured choices, others for {changed} of {} shapes, take {:.3} ms in place of {:.3}; the whole network takes \
             {measured_ms:.3} ms in place of {model_ms:.3}.\n",
            layers.len(),
            sum(|shape| shape.algorithm),
            sum(|shape| shape.model)
        ),
    }
}
