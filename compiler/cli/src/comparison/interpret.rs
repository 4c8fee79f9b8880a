//! Runs the reference interpreter over a network.

use crate::error::Error;
use crate::progress::Progress;
use archc_core::ir::{Graph, NodeId};
use archc_core::passes::{PASSES, Report};
use archc_interpreter::observe;
use archc_weights::{Store, seeded};
use std::path::Path;

/// Sees the value of an operation: rows, columns, channels.
pub(crate) type Observer<'a> = dyn FnMut(NodeId, &[f64]) -> Result<(), Error> + 'a;

/// Without what reaches no output, whose weights a file need not have.
pub(crate) fn needed(graph: &Graph) -> Result<Graph, Error> {
    let mut graph = graph.clone();
    for pass in PASSES.iter().filter(|pass| pass.name == "dead_code") {
        pass.run(&mut graph, None, &mut Report::default()).map_err(|e| Error::new(e.to_string()))?;
    }
    Ok(graph)
}

/// Runs the interpreter, and shows every operation's value to `observer`.
pub(crate) fn interpret(
    graph: &Graph,
    weights: &str,
    input: &[f32],
    observer: &mut Observer<'_>,
) -> Result<(), Error> {
    let graph = needed(graph)?;
    let store = match weights {
        "seeded" => seeded::store(&graph, "archc"),
        path => Store::load(Path::new(path)).map_err(|e| Error::new(format!("{path}: {e}")))?,
    };
    let _progress = Progress::start(format!("Interpreting {}", graph.name));
    let input: Vec<f64> = input.iter().map(|&x| f64::from(x)).collect();
    let mut result = Ok(());
    observe(&graph, &store, &input, &mut |id, value| {
        if result.is_ok() {
            result = observer(id, &value.data);
        }
    })
    .map_err(|e| Error::new(format!("{weights}: {e}")))?;
    result
}
