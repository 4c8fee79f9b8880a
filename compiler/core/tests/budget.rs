//! Budgets against what the networks of the zoo and a small one take, and the memory that a plan is measured to need.

#![allow(clippy::disallowed_methods, reason = "tests read files")]

#[allow(dead_code, reason = "each test uses a part of it")]
mod support;

use archc_core::compile::Compiled;
use archc_core::diagnostic::Code;
use archc_core::expand::{Request, zoo};
use archc_core::ir::summary::summarize;
use archc_core::plan::memory::measure;
use support::{Outcome, Text, compile};

const NET: &str = "net Limited(arena=1GiB, weights=1GiB, macs=1e12) {
    input 20x20x3
    budget arena=arena weights=weights macs=macs
    conv 3x3 20 relu
    residual { conv 3x3 20 }
    maxpool 2
    flatten dense 7 softmax
}
";

fn limited(key: &str, value: u64) -> Outcome {
    let mut request = Request::new("limited.arch");
    request.set.push((key.to_owned(), value.to_string()));
    compile(&request, &mut Text(NET))
}

fn constant(compiled: &Compiled, name: &str) -> u64 {
    let rust = compiled.rust().expect("a module");
    let line = rust.lines().find(|line| line.contains(&format!("pub const {name}:"))).expect("the constant");
    line.rsplit_once(" = ").expect("a value").1.trim_end_matches(';').parse().expect("a number")
}

/// The limit may be used up, and one byte more is an error at its place, whichever the quantity.
#[test]
fn a_budget_is_kept_to_the_byte() {
    let free = limited("arena", 1 << 30).compiled.expect("enough");
    for (key, name) in [("arena", "ARENA_BYTES"), ("weights", "WEIGHT_BYTES"), ("macs", "MACS")] {
        let taken = constant(&free, name);
        let enough = limited(key, taken);
        assert!(enough.compiled.is_some() && enough.diagnostics.is_empty(), "{key}={taken}");
        let outcome = limited(key, taken - 1);
        assert!(outcome.compiled.is_none(), "{key}");
        let codes: Vec<Code> = outcome.diagnostics.iter().map(|d| d.code).collect();
        assert_eq!(codes, [Code::OverBudget], "{key}");
        let span = outcome.diagnostics.iter().find_map(|d| d.primary.as_ref()).expect("a place").span;
        assert_eq!(&NET[span.start as usize..span.end as usize], format!("{key}={key}"));
    }
}

#[test]
fn layers_add_up_to_the_whole() {
    for stem in zoo::names() {
        let outcome = compile(&Request::new(format!("zoo:{stem}")), &mut Text(""));
        let compiled = outcome.compiled.expect("a network of the zoo");
        let memory = measure(&compiled.program, &compiled.plan);
        assert_eq!(memory.arena, constant(&compiled, "ARENA_BYTES"), "{stem}");
        assert_eq!(memory.weights, constant(&compiled, "WEIGHT_BYTES"), "{stem}");
        let layers = memory.layers.values();
        assert_eq!(layers.clone().map(|l| l.weights).sum::<u64>(), memory.weights, "{stem}");
        assert_eq!(layers.map(|l| l.alive).max(), Some(memory.peak), "{stem}");
        assert_eq!(memory.peak_values.iter().map(|v| v.bytes).sum::<u64>(), memory.peak, "{stem}");
        let peak = memory.peak_layer.as_ref().and_then(|name| memory.layers.get(name));
        assert_eq!(peak.map(|l| l.alive), Some(memory.peak), "{stem}");
        assert!(memory.plain_peak <= memory.peak && memory.peak <= memory.arena, "{stem}");
        // Every layer is an operation of the text, with at least the weights that it has there.
        for row in &summarize(&compiled.graph).rows {
            let layer = memory.layers.get(&row.name).copied().unwrap_or_default();
            if row.macs > 0 {
                assert!(layer.weights >= row.parameters * 4, "{stem}: {}", row.name);
                let numbers: usize = row.shape.iter().product();
                assert!(layer.value >= numbers as u64 * 4, "{stem}: {}", row.name);
            }
        }
        for name in memory.layers.keys() {
            assert!(compiled.graph.find(name).is_some(), "{stem}: {name}");
        }
    }
}
