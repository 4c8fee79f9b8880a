//! What a network is made of, in numbers: the table that `archc summary` prints.

use super::graph::Graph;
use super::op::Op;
use super::shape::Shape;
use serde::Serialize;

/// A row for every node and the sums.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Summary {
    /// The net's name.
    pub name: String,
    /// In the order in which the text has them.
    pub rows: Vec<Row>,
    /// Numbers in the weights, statistics of batch normalization included, those of [`Summary::input_statistics`] not.
    pub parameters: u64,
    /// Numbers that training changes by gradients, as PyTorch's `parameters()` has them and as papers count: without
    /// means and variances.
    pub trained_parameters: u64,
    /// By how many the total of Keras's `model.summary()` is more than `parameters`: for each `normalize` the means and
    /// variances, which no paper counts, and the number of samples that they are of.
    pub input_statistics: u64,
    /// Multiplications with a following addition in convolutions and dense layers, for one image.
    pub macs: u64,
    /// The largest value, in numbers, for one image.
    pub largest_value: u64,
}

/// One node.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Row {
    /// Its full name: `layer1.0.conv2`.
    pub name: String,
    /// The operator's word.
    pub op: &'static str,
    /// The shape of its value: rows, columns, channels.
    pub shape: [usize; 3],
    /// As in [`Summary::parameters`].
    pub parameters: u64,
    /// As in [`Summary::trained_parameters`].
    pub trained_parameters: u64,
    /// As in [`Summary::macs`].
    pub macs: u64,
}

/// Counts what is in a graph. It holds for a graph of any stage: what passes fold into an operator is counted there.
pub fn summarize(graph: &Graph) -> Summary {
    let rows: Vec<Row> = graph.ids().map(|id| row(graph, id)).collect();
    let largest = graph.ids().map(|id| graph.node(id).shape.size() as u64).max();
    let sum = |f: fn(&Row) -> u64| rows.iter().map(f).fold(0, u64::saturating_add);
    Summary {
        name: graph.name.clone(),
        parameters: sum(|r| r.parameters),
        trained_parameters: sum(|r| r.trained_parameters),
        input_statistics: graph.ids().map(|id| input_statistics(graph, id)).fold(0, u64::saturating_add),
        macs: sum(|r| r.macs),
        largest_value: largest.unwrap_or(0),
        rows,
    }
}

fn row(graph: &Graph, id: super::NodeId) -> Row {
    let node = graph.node(id);
    let inputs: Vec<Shape> = graph.inputs(id).iter().map(|&i| graph.node(i).shape).collect();
    let (parameters, trained_parameters) = count(&node.op, &inputs);
    let Shape { height, width, channels } = node.shape;
    Row {
        name: graph.path(id),
        op: node.op.word(),
        shape: [height, width, channels],
        parameters,
        trained_parameters,
        macs: node.op.macs(&inputs, node.shape),
    }
}

/// See [`Summary::input_statistics`].
fn input_statistics(graph: &Graph, id: super::NodeId) -> u64 {
    match graph.node(id).op {
        Op::Normalize(_) => 2 * graph.node(id).shape.channels as u64 + 1,
        _ => 0,
    }
}

/// The numbers in an operator's weights: all, and those that training changes by gradients. The statistics of an input
/// are left out.
pub fn count(op: &Op, inputs: &[Shape]) -> (u64, u64) {
    if matches!(op, Op::Normalize(_)) {
        return (0, 0);
    }
    let weights = op.weights("", inputs);
    let size = |w: &super::op::Weight| w.size() as u64;
    let trained = weights.iter().filter(|w| w.role.is_trained()).map(size).fold(0, u64::saturating_add);
    (weights.iter().map(size).fold(0, u64::saturating_add), trained)
}
