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
            // A separable layer is two of ours.
            (Framework::Keras, "pointwise_kernel", _) => Kind::Conv,
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

#[cfg(test)]
mod tests {
    use super::*;
    use archc_core::ir::op::{BatchNorm, Conv, Epilogue, Input};
    use archc_core::ir::shape::Window;
    use archc_core::ir::{Origin, Padding, Scopes, Shape};

    /// Keras 1's own file of Xception names nothing but kinds and numbers; the order is that of Keras's layers.
    #[test]
    fn separable_layers_are_two_of_ours() {
        let mut graph = Graph::new("Test");
        let mut last = None;
        let mut add = |op: Op, name: &str| {
            let inputs: Vec<_> = last.into_iter().collect();
            last = graph.add(op, &inputs, Scopes::ROOT, name, Origin::default()).ok();
            assert!(last.is_some(), "{name}");
        };
        let conv = |kernel: usize, channels: usize, groups: usize| {
            let window = Window::new([kernel, kernel], [1, 1]);
            let epilogue = Epilogue::default();
            Op::Conv(Conv { window, padding: Padding::NONE, channels, groups, bias: false, epilogue })
        };
        add(Op::Input(Input { shape: Shape::new(9, 9, 3) }), "input");
        add(conv(3, 4, 1), "conv1");
        add(conv(3, 4, 4), "separable1.depthwise");
        add(conv(1, 8, 1), "separable1.pointwise");
        add(Op::BatchNorm(BatchNorm { eps: 1e-3, scale: true }), "bn1");
        add(conv(1, 8, 1), "conv2");
        let theirs = [
            ("convolution2d_1/convolution2d_1_W:0", &[3, 3, 3, 4][..]),
            ("sep_1/sep_1_depthwise_kernel:0", &[3, 3, 4, 1]),
            ("sep_1/sep_1_pointwise_kernel:0", &[1, 1, 4, 8]),
            ("batchnormalization_1/batchnormalization_1_gamma:0", &[8]),
            ("batchnormalization_1/batchnormalization_1_beta:0", &[8]),
            ("batchnormalization_1/batchnormalization_1_running_mean:0", &[8]),
            ("batchnormalization_1/batchnormalization_1_running_std:0", &[8]),
            ("convolution2d_2/convolution2d_2_W:0", &[1, 1, 8, 8]),
        ];
        let theirs = theirs.map(|(name, shape)| FileTensor { name: name.into(), shape: shape.to_vec() });
        let lines = propose(&graph, Framework::Keras, &theirs).expect("as many layers of each kind");
        let expected = [
            "conv1 = convolution2d_1",
            "separable1.depthwise = sep_1",
            "separable1.pointwise = sep_1",
            "bn1 = batchnormalization_1",
            "conv2 = convolution2d_2",
        ];
        assert_eq!(lines, expected);
    }
}
