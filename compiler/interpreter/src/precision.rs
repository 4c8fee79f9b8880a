//! What splitting operands costs a network in digits.

use crate::error::Error;
use crate::run::{Value, observe, observe_split};
use crate::seeded::{Seeded, image};
use archc_core::ir::{Graph, NodeId, Op, Shape};
use archc_runtime::op::Split;
use std::collections::HashMap;

/// How far a network's outputs are off when the operands of its convolutions are split: the largest difference over the largest
/// number, under seeded weights, on the formula's image. Of a softmax that is an output, what it receives counts.
///
/// It runs the network twice.
///
/// # Errors
/// Where the graph is broken.
pub fn split_error(graph: &Graph, split: Split) -> Result<f64, Error> {
    let weights = Seeded::new(graph, "archc");
    let shape = graph.input().map_or(Shape::vector(0), |id| graph.node(id).shape);
    let input: Vec<f64> = image("archc", shape, 0.0).into_iter().map(f64::from).collect();
    let wanted: Vec<NodeId> = graph.outputs.iter().map(|output| logits(graph, output.node)).collect();
    let values = |split: Split| -> Result<HashMap<NodeId, Value>, Error> {
        let mut values = HashMap::new();
        let mut keep = |id: NodeId, value: &Value| {
            if wanted.contains(&id) {
                values.insert(id, value.clone());
            }
        };
        match split {
            Split::None => observe(graph, &weights, &input, &mut keep)?,
            Split::One | Split::Two | Split::Three => {
                observe_split(graph, &weights, &input, split, &mut keep)?
            }
        };
        Ok(values)
    };
    let (exact, split) = (values(Split::None)?, values(split)?);
    let error = |id: &NodeId| {
        let (exact, split) = (&exact.get(id)?.data, &split.get(id)?.data);
        let largest = exact.iter().fold(0.0_f64, |m, x| m.max(x.abs()));
        let difference = exact.iter().zip(split).map(|(a, b)| (a - b).abs());
        // NaN is further off than anything.
        let difference = difference.fold(0.0, |m, d| if d > m || d.is_nan() { d } else { m });
        Some(if difference == 0.0 { 0.0 } else { difference / largest })
    };
    Ok(wanted.iter().filter_map(error).fold(0.0, |m, e| if e > m || e.is_nan() { e } else { m }))
}

/// What a softmax receives, of another node its own value.
fn logits(graph: &Graph, id: NodeId) -> NodeId {
    match (&graph.node(id).op, graph.inputs(id).as_slice()) {
        (Op::Softmax(_), &[received]) => received,
        _ => id,
    }
}
