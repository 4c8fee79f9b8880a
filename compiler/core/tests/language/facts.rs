//! Facts about an example, one a line:
//!
//! - `shape: 1x1x10`: of the first output;
//! - `parameters: 1234` and `trained: 1230`, as `archc summary` counts them, and `multiplications: 5678`;
//! - `operations: conv1, relu1`: the names of all but the input;
//! - `weights: conv1.weight 3x3x3x16, ..`: the names of all tensors, and their shapes;
//! - `methods: scores() -> &[f32; 10]`: of the generated session, for each named output;
//! - any other is a line of `archc dump --stage ir`, found by what stands before its ` = `.
//!
//! Lines that begin with two spaces go on from the line before.

use archc_core::compile::Compiled;
use archc_core::diagnostic::render::{Style, render};
use archc_core::ir::print::print;
use archc_core::ir::summary::summarize;

use crate::support::Outcome;

/// Columns of the lines of a fact.
const WIDTH: usize = 110;

/// The lines of a block, with what is true in the place of what they say.
pub(crate) fn rewrite(outcome: &Outcome, lines: &[&str]) -> Result<Vec<String>, String> {
    let rendered = ["error[", "warning["];
    if lines.first().is_some_and(|line| rendered.iter().any(|r| line.starts_with(r))) {
        let text = render(&outcome.sources, &outcome.diagnostics, Style::Plain);
        return Ok(text.trim_end().lines().map(str::to_owned).collect());
    }
    let compiled = outcome.compiled.as_ref().ok_or("there are no facts about what does not compile")?;
    let ir = print(&compiled.graph);
    let mut found = Vec::new();
    for line in joined(lines) {
        let value = match line.split_once(": ") {
            None => wrap(&dumped(&ir, &line)?, " ", "  "),
            Some((key, _)) => wrap(&format!("{key}: {}", fact(compiled, key)?), ", ", "  "),
        };
        found.extend(value.lines().map(str::to_owned));
    }
    Ok(found)
}

/// The lines, those that go on from the one before joined to it.
fn joined(lines: &[&str]) -> Vec<String> {
    let mut whole: Vec<String> = Vec::new();
    for line in lines {
        match (line.strip_prefix("  "), whole.last_mut()) {
            (Some(rest), Some(last)) => {
                last.push(' ');
                last.push_str(rest);
            }
            _ => whole.push((*line).to_owned()),
        }
    }
    whole
}

/// A text as lines of at most [`WIDTH`] columns, which end at a separator; `indent` stands before all but the first.
pub(crate) fn wrap(text: &str, separator: &str, indent: &str) -> String {
    let mut lines = vec![String::new()];
    for part in text.split_inclusive(separator) {
        let Some(line) = lines.last_mut() else { break };
        if line.is_empty() || line.len() + part.trim_end().len() <= WIDTH {
            line.push_str(part);
        } else {
            lines.push(format!("{indent}{part}"));
        }
    }
    lines.iter().map(|line| line.trim_end()).collect::<Vec<_>>().join("\n")
}

/// The line of a graph that a line means.
fn dumped(ir: &str, line: &str) -> Result<String, String> {
    let (name, _) = line.split_once(" = ").unwrap_or((line, ""));
    let means = |known: &&str| *known == line || known.split_once(" = ").is_some_and(|(n, _)| n == name);
    ir.lines().find(means).map(str::to_owned).ok_or_else(|| format!("the graph has no line `{line}`\n{ir}"))
}

fn fact(compiled: &Compiled, key: &str) -> Result<String, String> {
    let graph = &compiled.graph;
    let summary = summarize(graph);
    Ok(match key {
        "shape" => {
            let output = graph.outputs.first().ok_or("a graph without outputs")?;
            graph.node(output.node).shape.to_string()
        }
        "parameters" => summary.parameters.to_string(),
        "trained" => summary.trained_parameters.to_string(),
        "multiplications" => summary.macs.to_string(),
        "operations" => {
            let names = graph.ids().filter(|&id| Some(id) != graph.input()).map(|id| graph.path(id));
            names.collect::<Vec<_>>().join(", ")
        }
        "weights" => weights(compiled).join(", "),
        "methods" => methods(compiled)?.join(", "),
        _ => return Err(format!("there is no fact `{key}`")),
    })
}

fn weights(compiled: &Compiled) -> Vec<String> {
    let graph = &compiled.graph;
    let mut found = Vec::new();
    for id in graph.ids() {
        let shapes: Vec<_> = graph.inputs(id).iter().map(|&input| graph.node(input).shape).collect();
        for weight in graph.node(id).op.weights(&graph.path(id), &shapes) {
            let sides: Vec<String> = weight.shape.iter().map(usize::to_string).collect();
            found.push(format!("{} {}", weight.name(), sides.join("x")));
        }
    }
    found
}

/// The methods of the generated `Session` that give an output by its name, and `logits`.
fn methods(compiled: &Compiled) -> Result<Vec<String>, String> {
    let module = compiled.rust().map_err(|e| e.to_string())?;
    let heads = module.lines().filter_map(|line| line.trim().strip_prefix("pub fn ")?.strip_suffix(" {"));
    let named = heads.filter(|head| head.contains("(&self) -> &[f32; ") && !head.starts_with("output("));
    Ok(named.map(|head| head.replace("&self", "")).collect())
}
