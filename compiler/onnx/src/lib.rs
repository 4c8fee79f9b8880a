//! Networks as ONNX models.
//!
//! ```text
//! graph as expanded -> op (nodes and initializers) -> write (bytes)
//! ```
//!
//! A model has operators of ONNX's own set, version 17, in f32. Its input is `[N, channels, rows, columns]`, its values
//! have the names of archc's operations, and its weights archc's names and ONNX's layouts: outputs first, then channels,
//! rows, columns. Batch normalizations stay on their own, and dropout is left out. An output of 1x1 is `[N, channels]`.
//! The same network with the same weights gives the same bytes.

mod builder;
mod error;
mod initializer;
mod op;
mod order;
pub mod proto;
mod write;

pub use error::Error;
pub use write::Model;

use archc_core::ir::op::{Op, Weight};
use archc_core::ir::{Graph, NodeId, Shape};
use archc_runtime::weights::{LoadError, Mismatch, Source};
use builder::{Builder, Value};
use proto::{GraphProto, ModelProto, OperatorSetIdProto, batched};
use std::collections::{BTreeMap, BTreeSet};

/// The version of ONNX's operators.
pub const OPSET: i64 = 17;
/// The oldest version of the format that may have them.
const IR_VERSION: i64 = 8;

/// The model of a graph as the expander makes it, before any pass. Weights are looked up now, and read when it is written.
///
/// # Errors
/// Where the weights are not those of the network, or the model would be larger than the format allows.
pub fn export<'a>(graph: &Graph, weights: &'a dyn Source) -> Result<Model<'a>, Error> {
    let order = reaching_outputs(graph)?;
    let needed = order.iter().flat_map(|&id| tensors(graph, id)).map(|w| (w.name(), w.shape));
    let mut mismatch = Mismatch::between(&graph.name, needed, weights);
    // What `--output` cut off has weights in a file of the whole network.
    let known: BTreeSet<String> = graph.ids().flat_map(|id| tensors(graph, id)).map(|w| w.name()).collect();
    mismatch.extra.retain(|(name, _)| !known.contains(name));
    if !mismatch.is_empty() {
        return Err(LoadError::Mismatch(mismatch).into());
    }

    let mut b = Builder::new(graph.outputs.iter().map(|o| o.name.clone()).collect());
    let mut values: BTreeMap<NodeId, Value> = BTreeMap::new();
    let mut inputs = Vec::new();
    for &id in &order {
        let (node, path) = (graph.node(id), graph.path(id));
        if let Op::Input(_) = node.op {
            let name = b.value_name(&path);
            let Shape { height, width, channels } = node.shape;
            inputs.push(batched(&name, &[channels, height, width]));
            values.insert(id, Value::plane(name));
            continue;
        }
        let sources = graph.inputs(id);
        let shapes: Vec<Shape> = sources.iter().map(|&s| graph.node(s).shape).collect();
        let site = op::Site {
            graph,
            id,
            path: &path,
            inputs: &sources.iter().filter_map(|s| values.get(s)).collect::<Vec<_>>(),
            shapes: &shapes,
            out: node.shape,
            weights: &tensors(graph, id),
        };
        let value = op::translate(&mut b, &site)
            .ok_or_else(|| Error::Graph(format!("`{path}` is not as the text has it")))?;
        values.insert(id, value);
    }
    let outputs = name_outputs(&mut b, graph, &values, &inputs);

    let head = ModelProto {
        ir_version: Some(IR_VERSION),
        producer_name: Some("archc".to_owned()),
        producer_version: Some(env!("CARGO_PKG_VERSION").to_owned()),
        graph: None,
        opset_import: vec![OperatorSetIdProto { domain: Some(String::new()), version: Some(OPSET) }],
    };
    let graph = GraphProto {
        node: b.nodes,
        name: Some(graph.name.clone()),
        initializer: Vec::new(),
        input: inputs,
        output: outputs,
    };
    let model = Model { head, graph, initializers: b.initializers, source: weights };
    match model.size() {
        bytes if bytes > write::LIMIT => Err(Error::TooLarge { bytes }),
        _ => Ok(model),
    }
}

/// The nodes that an output depends on, and the input, each behind its inputs.
fn reaching_outputs(graph: &Graph) -> Result<Vec<NodeId>, Error> {
    let order = graph.topological().ok_or_else(|| Error::Graph("it has a cycle".to_owned()))?;
    let mut reached: BTreeSet<NodeId> = graph.outputs.iter().map(|o| o.node).collect();
    reached.extend(graph.input());
    for &id in order.iter().rev() {
        if reached.contains(&id) {
            reached.extend(graph.inputs(id));
        }
    }
    Ok(order.into_iter().filter(|id| reached.contains(id)).collect())
}

/// The tensors that a node reads.
fn tensors(graph: &Graph, id: NodeId) -> Vec<Weight> {
    let shapes: Vec<Shape> = graph.inputs(id).iter().map(|&i| graph.node(i).shape).collect();
    graph.node(id).op.weights(&graph.path(id), &shapes)
}

/// Gives the outputs of the network their names: the values are renamed, where they are not the input and leave once.
fn name_outputs(
    b: &mut Builder,
    graph: &Graph,
    values: &BTreeMap<NodeId, Value>,
    inputs: &[proto::ValueInfoProto],
) -> Vec<proto::ValueInfoProto> {
    let mut renamed: BTreeMap<String, String> = BTreeMap::new();
    let mut outputs = Vec::new();
    for output in &graph.outputs {
        let Some(value) = values.get(&output.node) else { continue };
        let Shape { height, width, channels } = graph.node(output.node).shape;
        let is_vector = height * width == 1;
        let value = if is_vector { b.as_vector(value) } else { b.as_plane(value) };
        let is_input = inputs.iter().any(|i| i.name.as_ref() == Some(&value));
        if is_input || renamed.contains_key(&value) {
            b.node_to(&format!("{}/output", output.name), "Identity", &[&value], vec![], output.name.clone());
        } else {
            renamed.insert(value, output.name.clone());
        }
        let dims = if is_vector { vec![channels] } else { vec![channels, height, width] };
        outputs.push(batched(&output.name, &dims));
    }
    for name in b.nodes.iter_mut().flat_map(|n| n.input.iter_mut().chain(&mut n.output)) {
        if let Some(new) = renamed.get(name) {
            name.clone_from(new);
        }
    }
    outputs
}
