//! Holds what a planned network takes against the `budget` of its text.

use crate::compile::Compiled;
use crate::diagnostic::{Code, Diagnostic};
use crate::ir::budget::{Budget, Quantity};
use crate::ir::summary::{Summary, summarize};
use crate::plan::memory::{Memory, measure};
use crate::readable::{bytes, thousands};
use crate::source::Span;

/// A diagnostic for every budget that is exceeded.
pub(crate) fn exceeded(compiled: &Compiled) -> Vec<Diagnostic> {
    let budgets = &compiled.graph.budgets;
    if budgets.is_empty() {
        return Vec::new();
    }
    let memory = measure(&compiled.program, &compiled.plan);
    let summary = summarize(&compiled.graph);
    let diagnostic = |budget: &Budget| match budget.quantity {
        Quantity::Arena if memory.arena > budget.limit => Some(arena(compiled, budget, &memory)),
        Quantity::Weights if memory.weights > budget.limit => Some(weights(compiled, budget, &memory)),
        Quantity::Macs if summary.macs > budget.limit => Some(macs(compiled, budget, &summary)),
        Quantity::Arena | Quantity::Weights | Quantity::Macs => None,
    };
    budgets.iter().filter_map(diagnostic).collect()
}

fn arena(compiled: &Compiled, budget: &Budget, memory: &Memory) -> Diagnostic {
    const SHOWN: usize = 4;
    let mut d = over(budget, "the arena takes", memory.arena, "bytes");
    if let Some(layer) = &memory.peak_layer {
        let peak = thousands(memory.peak);
        d = also(
            compiled,
            d,
            layer,
            format!("`{layer}` needs the most: {peak} bytes are alive while it runs"),
        );
    }
    let values: Vec<String> =
        memory.peak_values.iter().take(SHOWN).map(|v| format!("`{}` {}", v.name, bytes(v.bytes))).collect();
    let more = match memory.peak_values.len().saturating_sub(SHOWN) {
        0 => String::new(),
        n => format!(" and {n} more"),
    };
    d = d.note(format!("alive then: {}{more}", values.join(", ")));
    let gaps = memory.arena.saturating_sub(memory.peak);
    if gaps > 0 {
        d = d.note(format!("{} bytes more are lost between the values", thousands(gaps)));
    }
    d.help(format!(
        "make these smaller, by a smaller input, fewer channels or an earlier stride, or allow `arena={}`",
        enough(memory.arena)
    ))
}

fn weights(compiled: &Compiled, budget: &Budget, memory: &Memory) -> Diagnostic {
    let d = over(budget, "the packed weights take", memory.weights, "bytes");
    let names = compiled.graph.ids().map(|id| compiled.graph.path(id));
    let sized = names.filter_map(|name| Some((memory.layers.get(&name)?.weights, name)));
    let d = most(compiled, d, sized, "bytes");
    d.help(format!("make the layers smaller, or allow `weights={}`", enough(memory.weights)))
}

fn macs(compiled: &Compiled, budget: &Budget, summary: &Summary) -> Diagnostic {
    let d = over(budget, "one image takes", summary.macs, "multiply-accumulate operations");
    let d = most(compiled, d, summary.rows.iter().map(|row| (row.macs, row.name.clone())), "of them");
    d.help(format!("make the network smaller, or allow `macs={:e}`", rounded_up(summary.macs)))
}

/// What is exceeded, and by how much.
fn over(budget: &Budget, takes: &str, amount: u64, unit: &str) -> Diagnostic {
    let (over, limit) = (thousands(amount - budget.limit), thousands(budget.limit));
    let message = format!("{takes} {} {unit}, {over} more than the budget", thousands(amount));
    let unit = match budget.quantity {
        Quantity::Macs => "",
        Quantity::Arena | Quantity::Weights if budget.limit == 1 => " byte",
        Quantity::Arena | Quantity::Weights => " bytes",
    };
    Diagnostic::new(Code::OverBudget, budget.span, message, format!("{limit}{unit}"))
}

/// Points at the layer that takes the most; the first of them.
fn most(
    compiled: &Compiled,
    d: Diagnostic,
    amounts: impl Iterator<Item = (u64, String)>,
    unit: &str,
) -> Diagnostic {
    let most = amounts.reduce(|a, b| if b.0 > a.0 { b } else { a });
    match most {
        Some((amount, name)) if amount > 0 => {
            let text = format!("`{name}` takes the most: {} {unit}", thousands(amount));
            also(compiled, d, &name, text)
        }
        _ => d,
    }
}

/// Adds a label at an operation.
fn also(compiled: &Compiled, d: Diagnostic, name: &str, text: String) -> Diagnostic {
    let graph = &compiled.graph;
    let span: Option<Span> = graph.find(name).and_then(|id| graph.node(id).origin.span);
    match span {
        Some(span) => d.also(span, text),
        None => d.note(text),
    }
}

/// The least round number of bytes, as the language writes it, that is enough.
fn enough(n: u64) -> String {
    let tenths = |unit: u64| n.saturating_mul(10).div_ceil(unit) as f64 / 10.0;
    match n {
        0..0x10_0000 => format!("{}KiB", n.div_ceil(1024)),
        0x10_0000..0x4000_0000 => format!("{}MiB", tenths(1 << 20)),
        _ => format!("{}GiB", tenths(1 << 30)),
    }
}

/// The least number of three digits and zeros that is enough.
fn rounded_up(n: u64) -> f64 {
    let mut scale = 1;
    while n / scale >= 1000 {
        scale *= 10;
    }
    n.div_ceil(scale) as f64 * scale as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_proposed_is_enough_and_short() {
        assert_eq!(enough(1), "1KiB");
        assert_eq!(enough(1025), "2KiB");
        assert_eq!(enough((8 << 20) + 1), "8.1MiB");
        assert_eq!(enough(8 << 20), "8MiB");
        assert_eq!(enough(3 << 30), "3GiB");
        assert_eq!(rounded_up(999), 999.0);
        assert_eq!(rounded_up(1001), 1010.0);
        assert_eq!(format!("{:e}", rounded_up(15_470_264_320)), "1.55e10");
    }
}
