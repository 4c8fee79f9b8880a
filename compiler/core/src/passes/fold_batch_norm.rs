//! Folds batch normalizations into the convolution or dense layer before them, whose weights and bias they scale.

use super::Patch;
use crate::ir::op::FoldedNorm;
use crate::ir::{Graph, NodeId, Op};

/// At a batch normalization: the operator before it takes it over, if nothing else reads that operator's value and
/// its epilogue does no more than normalize. The normalization's weights keep their names.
pub(super) fn rewrite(graph: &Graph, id: NodeId) -> Option<Patch> {
    let Op::BatchNorm(norm) = &graph.node(id).op else { return None };
    let [host] = graph.inputs(id)[..] else { return None };
    graph.sole_consumer(host)?;
    let mut op = graph.node(host).op.clone();
    let epilogue = op.epilogue_mut()?;
    if epilogue.residual || epilogue.activation.is_some() {
        return None;
    }
    epilogue.norms.push(FoldedNorm { path: graph.path(id), norm: norm.clone() });
    Some(Patch::new().set_op(host, op).replace(id, host))
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Sketch, after, conv, relu};
    use crate::ir::Op;
    use crate::ir::op::{Activation, BatchNorm, Dense, Epilogue};

    fn norm() -> Op {
        Op::BatchNorm(BatchNorm { eps: 1e-3, scale: false })
    }

    #[test]
    fn norms_fold_in_order_and_an_output_follows() {
        let mut s = Sketch::new([4, 4, 2]);
        let a = s.add("conv1", conv(3), &[s.input()]);
        let b = s.add("bn1", norm(), &[a]);
        let c = s.add("bn2", norm(), &[b]);
        assert_eq!(after("fold_batch_norm", s.finish(&[c])), ["input()", "conv1(input) bn1 bn2", "-> conv1"]);
    }

    #[test]
    fn a_dense_layer_takes_a_norm_too() {
        let mut s = Sketch::new([1, 1, 2]);
        let dense = Dense { channels: 3, bias: false, flattens: false, epilogue: Epilogue::default() };
        let a = s.add("dense1", Op::Dense(dense), &[s.input()]);
        let b = s.add("bn1", norm(), &[a]);
        let c = s.add("relu1", relu(), &[b]);
        assert_eq!(
            after("fold_batch_norm", s.finish(&[c]))[1..3],
            ["dense1(input) bn1", "relu1(dense1) relu"]
        );
    }

    #[test]
    fn weights_keep_their_names() {
        let mut s = Sketch::new([4, 4, 2]);
        let a = s.add("conv1", conv(3), &[s.input()]);
        let b = s.add("bn1", norm(), &[a]);
        let mut graph = s.finish(&[b]);
        super::super::run(&mut graph, None).expect("the passes keep the invariants");
        let node = graph.node(a);
        let names: Vec<String> = node
            .op
            .weights(&graph.path(a), &[graph.node(graph.inputs(a)[0]).shape])
            .iter()
            .map(|w| w.name())
            .collect();
        assert_eq!(names, ["conv1.weight", "conv1.bias", "bn1.beta", "bn1.mean", "bn1.variance"]);
    }

    #[test]
    fn a_value_that_is_needed_before_its_norm_keeps_it_apart() {
        let mut s = Sketch::new([4, 4, 2]);
        let a = s.add("conv1", conv(3), &[s.input()]);
        let b = s.add("bn1", norm(), &[a]);
        let c = s.add("relu1", relu(), &[a]);
        assert_eq!(after("fold_batch_norm", s.finish(&[b, c]))[2], "bn1(conv1)");

        let mut s = Sketch::new([4, 4, 2]);
        let a = s.add("conv1", conv(3), &[s.input()]);
        let b = s.add("bn1", norm(), &[a]);
        assert_eq!(after("fold_batch_norm", s.finish(&[b, a]))[2], "bn1(conv1)");
    }

    #[test]
    fn a_norm_behind_an_activation_or_a_sum_or_another_operator_stays() {
        let mut with_relu = conv(2);
        with_relu.epilogue_mut().expect("a convolution has one").activation = Some(Activation::Relu);
        let mut with_residual = conv(2);
        with_residual.epilogue_mut().expect("a convolution has one").residual = true;
        for (host, inputs) in [(with_relu, 1), (with_residual, 2), (relu(), 1)] {
            let mut s = Sketch::new([4, 4, 2]);
            let a = s.add("host", host, &vec![s.input(); inputs]);
            let b = s.add("bn1", norm(), &[a]);
            assert_eq!(after("fold_batch_norm", s.finish(&[b]))[2], "bn1(host)");
        }
    }
}
