//! Where no map tells how a framework calls a network's layers: a proposal by their order. Whether shapes fit is seen when
//! the proposal is used as a map.

use crate::framework::Framework;
use crate::mapping::weights;
use crate::read::FileTensor;
use archc_core::ir::Graph;
use archc_core::ir::op::Op;

/// Layers of one kind are in the same order on both sides; of different kinds, files may list one after the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Conv,
    Depthwise,
    Dense,
    Norm,
}

/// A layer.
#[derive(Clone, Debug, PartialEq)]
struct Layer {
    name: String,
    kind: Kind,
}

/// Lines of a name map that give every layer of ours the one of theirs with the same rank among those of its kind.
///
/// # Errors
/// In words, where there are more of a kind on one side.
pub(crate) fn propose(
    graph: &Graph,
    framework: Framework,
    theirs: &[FileTensor],
) -> Result<Vec<String>, String> {
    let (ours, theirs) = (own_layers(graph), their_layers(framework, theirs));
    let mut lines = vec![String::new(); ours.len()];
    for (kind, name) in [
        (Kind::Conv, "convolutions"),
        (Kind::Depthwise, "depthwise convolutions"),
        (Kind::Dense, "dense layers"),
        (Kind::Norm, "normalizations"),
    ] {
        let mine = ours.iter().enumerate().filter(|(_, layer)| layer.kind == kind);
        let other: Vec<&Layer> = theirs.iter().filter(|layer| layer.kind == kind).collect();
        let count = mine.clone().count();
        if count != other.len() {
            return Err(format!("the network has {count} {name}, and the file {}", other.len()));
        }
        for ((i, our), their) in mine.zip(other) {
            lines[i] = format!("{} = {}", our.name, their.name);
        }
    }
    Ok(lines)
}

fn own_layers(graph: &Graph) -> Vec<Layer> {
    let mut layers: Vec<Layer> = Vec::new();
    for (id, weight) in weights(graph) {
        let inputs = graph.inputs(id).first().map_or(0, |&x| graph.node(x).shape.channels);
        let kind = match &graph.node(id).op {
            Op::Conv(conv) if conv.groups == inputs && inputs > 1 => Kind::Depthwise,
            Op::Conv(_) => Kind::Conv,
            Op::Dense(_) => Kind::Dense,
            _ => Kind::Norm,
        };
        if layers.last().is_none_or(|last| last.name != weight.owner) {
            layers.push(Layer { name: weight.owner, kind });
        }
    }
    layers
}

fn their_layers(framework: Framework, tensors: &[FileTensor]) -> Vec<Layer> {
    let mut layers: Vec<Layer> = Vec::new();
    for tensor in tensors {
        let (layer, suffix) = framework.split(&tensor.name);
        let shape = &tensor.shape;
        let kind = match (framework, suffix, shape.as_slice()) {
            (_, suffix, _) if framework.is_bookkeeping(suffix) => continue,
            (Framework::Keras, "pointwise_kernel", _) => continue,
            (Framework::Keras, "depthwise_kernel", _) => Kind::Depthwise,
            (Framework::Keras, "kernel", [_, _, channels, 1]) if *channels > 1 => Kind::Depthwise,
            (Framework::Torch, "weight", [outputs, 1, _, _]) if *outputs > 1 && !layers.is_empty() => {
                Kind::Depthwise
            }
            (Framework::Keras, "kernel", [_, _, _, _]) | (Framework::Torch, "weight", [_, _, _, _]) => {
                Kind::Conv
            }
            (Framework::Keras, "kernel", [_, _]) | (Framework::Torch, "weight", [_, _]) => Kind::Dense,
            (Framework::Keras, "moving_mean" | "mean", _) | (Framework::Torch, "running_mean", _) => {
                Kind::Norm
            }
            _ => continue,
        };
        layers.push(Layer { name: layer.to_owned(), kind });
    }
    layers
}
