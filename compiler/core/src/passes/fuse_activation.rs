//! Lets a convolution, dense layer or sum apply the activation that follows it.

use super::Patch;
use crate::ir::op::Activation;
use crate::ir::{Graph, NodeId, Op};

/// At an activation: the operator before it applies it, if nothing else reads that operator's value and it applies
/// none yet.
pub(super) fn rewrite(graph: &Graph, id: NodeId) -> Option<Patch> {
    let Op::Activation(activation) = graph.node(id).op else { return None };
    let [host] = graph.inputs(id)[..] else { return None };
    graph.sole_consumer(host)?;
    let mut op = graph.node(host).op.clone();
    let slot = slot(&mut op)?;
    if slot.is_some() {
        return None;
    }
    *slot = Some(activation);
    Some(Patch::new().set_op(host, op).replace(id, host))
}

/// Where an operator keeps the activation that it applies last, if it can apply one.
fn slot(op: &mut Op) -> Option<&mut Option<Activation>> {
    match op {
        Op::Add(add) => Some(&mut add.activation),
        other => other.epilogue_mut().map(|epilogue| &mut epilogue.activation),
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Sketch, after, conv, relu};
    use super::*;
    use crate::ir::op::{Add, Dense, Epilogue};

    #[test]
    fn convolutions_dense_layers_and_sums_take_an_activation() {
        let dense = Dense { channels: 2, bias: true, flattens: false, epilogue: Epilogue::default() };
        for (host, inputs) in [(conv(2), 1), (Op::Dense(dense), 1), (Op::Add(Add::default()), 2)] {
            let mut s = Sketch::new([1, 1, 2]);
            let a = s.add("host", host, &vec![s.input(); inputs]);
            let b = s.add("swish1", Op::Activation(Activation::Swish), &[a]);
            let listing = after("fuse_activation", s.finish(&[b]));
            assert!(listing[1].ends_with(") swish"), "{listing:?}");
            assert_eq!(listing[2..], ["-> host"]);
        }
    }

    #[test]
    fn only_the_first_of_two_is_taken() {
        let mut s = Sketch::new([4, 4, 2]);
        let a = s.add("conv1", conv(2), &[s.input()]);
        let b = s.add("relu1", relu(), &[a]);
        let c = s.add("tanh1", Op::Activation(Activation::Tanh), &[b]);
        assert_eq!(
            after("fuse_activation", s.finish(&[c]))[1..],
            ["conv1(input) relu", "tanh1(conv1) tanh", "-> tanh1"]
        );
    }

    #[test]
    fn a_value_that_is_needed_before_its_activation_keeps_it_apart() {
        let mut s = Sketch::new([4, 4, 2]);
        let a = s.add("conv1", conv(2), &[s.input()]);
        let b = s.add("relu1", relu(), &[a]);
        let c = s.add("tanh1", Op::Activation(Activation::Tanh), &[a]);
        assert_eq!(after("fuse_activation", s.finish(&[b, c])).len(), 5);

        let mut s = Sketch::new([4, 4, 2]);
        let a = s.add("conv1", conv(2), &[s.input()]);
        let b = s.add("relu1", relu(), &[a]);
        assert_eq!(after("fuse_activation", s.finish(&[a, b])).len(), 4);
    }

    #[test]
    fn an_activation_of_the_input_stays() {
        let mut s = Sketch::new([4, 4, 2]);
        let a = s.add("relu1", relu(), &[s.input()]);
        assert_eq!(after("fuse_activation", s.finish(&[a]))[1], "relu1(input) relu");
    }
}
