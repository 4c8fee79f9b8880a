//! Layers of a file of arrays: which operation each is, how its array holds the value, and what came of the comparison.

use super::difference::Difference;
use super::layout::{Fit, Misfit, fit};
use super::plan::{Check, Reading};
use super::report::{Result as Outcome, Row};
use crate::error::Error;
use archc_core::ir::{Graph, NodeId, Op, Shape};
use archc_core::taps::Fate;
use archc_weights::numpy::Npz;
use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::io::BufReader;
use std::path::Path;

/// An array and the operation whose value it is.
pub(crate) struct Layer {
    /// The array's place in the file.
    pub(crate) array: usize,
    pub(crate) reference: String,
    pub(crate) node: NodeId,
    /// How the array holds the value; else its dimensions.
    pub(crate) fit: Result<Fit, Vec<usize>>,
    /// What it is compared with; the best so far.
    pub(crate) best: Option<(Check, Difference)>,
}

/// The layers in the network's order.
pub(crate) fn fitted(
    graph: &Graph,
    npz: &Npz<BufReader<File>>,
    operations: &BTreeMap<String, NodeId>,
    path: &Path,
) -> Result<Vec<Layer>, Error> {
    let mut layers = Vec::new();
    for (array, (name, shape)) in npz.arrays().iter().enumerate() {
        let Some(&node) = operations.get(name) else { continue };
        let fit = match fit(shape, graph.node(node).shape, plane(graph, node)) {
            Ok(fit) => Ok(fit),
            Err(Misfit::Shape) => Err(shape.clone()),
            Err(Misfit::Batch(n)) => {
                return Err(Error::with_help(
                    format!("`{name}` of {} holds the values of {n} images", path.display()),
                    "verify compares one: let the framework compute `x[:1]`",
                ));
            }
        };
        layers.push(Layer { array, reference: name.clone(), node, fit, best: None });
    }
    layers.sort_by_key(|layer| (layer.node, layer.array));
    Ok(layers)
}

/// The shape in whose layout an operation's array is: its own, or that of the plane which was flattened before it.
pub(crate) fn plane(graph: &Graph, id: NodeId) -> Shape {
    let mut at = id;
    while let ([input], true) = (graph.inputs(at).as_slice(), graph.node(at).shape.is_vector()) {
        match graph.node(at).op {
            Op::Flatten(_) if !graph.node(*input).shape.is_vector() => return graph.node(*input).shape,
            Op::Flatten(_)
            | Op::BatchNorm(_)
            | Op::Normalize(_)
            | Op::Lrn(_)
            | Op::Rescale(_)
            | Op::Activation(_)
            | Op::Softmax(_)
            | Op::Dropout(_) => at = *input,
            Op::Input(_)
            | Op::Conv(_)
            | Op::Dense(_)
            | Op::Pool(_)
            | Op::GlobalPool(_)
            | Op::ZeroPad(_)
            | Op::Shuffle(_)
            | Op::Upsample(_)
            | Op::Add(_)
            | Op::Concat(_)
            | Op::Gate(_) => break,
        }
    }
    graph.node(id).shape
}

/// What is told of a layer.
pub(crate) fn row(graph: &Graph, layer: Layer, fates: &HashMap<NodeId, Fate>) -> Row {
    let mut node = layer.node;
    let result = match (layer.fit, layer.best) {
        (Err(shape), _) => Outcome::Shape(shape),
        (Ok(_), Some((check, difference))) => {
            node = check.node;
            let own = graph.path(layer.node);
            let own = if own == layer.reference { String::new() } else { format!("`{own}` ") };
            let note = match check.reading {
                Reading::Own => None,
                Reading::Activated => Some(format!("{own}with its activation")),
                Reading::Unactivated(activation) => Some(format!("{own}behind {}", activation.word())),
            };
            Outcome::Compared { difference, note }
        }
        (Ok(_), None) => match fates.get(&layer.node) {
            Some(Fate::FusedInto(host)) => Outcome::Inside(host.clone()),
            Some(Fate::Kept | Fate::Unused) | None => Outcome::Unused,
        },
    };
    Row {
        reference: Some(layer.reference),
        name: graph.path(node),
        shape: graph.node(node).shape,
        result,
        weights: weights_of(graph, layer.node, fates),
    }
}

/// The tensors that a value's kernel reads: those of the operation and of all that are computed together with it. Where
/// there are none, the nearest before it.
fn weights_of(graph: &Graph, id: NodeId, fates: &HashMap<NodeId, Fate>) -> Vec<String> {
    let of = |id: NodeId| {
        let shapes: Vec<Shape> = graph.inputs(id).iter().map(|&i| graph.node(i).shape).collect();
        graph.node(id).op.weights(&graph.path(id), &shapes).into_iter().map(|w| w.name())
    };
    let path = graph.path(id);
    let host = match fates.get(&id) {
        Some(Fate::FusedInto(host)) => host,
        _ => &path,
    };
    let is_with = |other: &NodeId| *other == id || fates.get(other) == Some(&Fate::FusedInto(host.clone()));
    let together: Vec<String> = graph.ids().filter(is_with).flat_map(of).collect();
    match graph.inputs(id)[..] {
        [only] if together.is_empty() => weights_of(graph, only, fates),
        _ => together,
    }
}
