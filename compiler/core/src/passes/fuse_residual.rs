//! Lets a convolution or dense layer add the other operand of a sum to its result.

use super::Patch;
use crate::ir::{Graph, NodeId, Op};

/// At a sum: an operand that only the sum reads, and that has neither a residual nor an activation yet, takes the
/// other operand as its residual and gives the sum.
///
/// No cycle comes up: the other operand could depend on this one only through the sum. Where both may take the other,
/// it is the one that the text has later, so that the order of execution stays near that of the text.
pub(super) fn rewrite(graph: &Graph, id: NodeId) -> Option<Patch> {
    let Op::Add(add) = &graph.node(id).op else { return None };
    let [a, b] = graph.inputs(id)[..] else { return None };
    let hosts = [(a, b), (b, a)].into_iter().filter(|&(host, _)| takes_residual(graph, host));
    let (host, other) = hosts.max_by_key(|&(host, _)| host)?;
    let mut op = graph.node(host).op.clone();
    let epilogue = op.epilogue_mut()?;
    epilogue.residual = true;
    epilogue.activation = add.activation;
    let inputs = graph.inputs(host).into_iter().chain([other]).collect();
    Some(Patch::new().set_op(host, op).set_inputs(host, inputs).replace(id, host))
}

fn takes_residual(graph: &Graph, host: NodeId) -> bool {
    let free = graph.node(host).op.epilogue().is_some_and(|e| !e.residual && e.activation.is_none());
    free && graph.sole_consumer(host).is_some()
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Sketch, after, conv, relu};
    use crate::ir::Op;
    use crate::ir::op::{Activation, Add};

    fn add() -> Op {
        Op::Add(Add::default())
    }

    #[test]
    fn the_operand_that_is_a_convolution_takes_the_other() {
        for swapped in [false, true] {
            let mut s = Sketch::new([4, 4, 2]);
            let a = s.add("conv1", conv(2), &[s.input()]);
            let b = s.add("relu1", relu(), &[s.input()]);
            let sum = s.add("add1", add(), &if swapped { [b, a] } else { [a, b] });
            assert_eq!(
                after("fuse_residual", s.finish(&[sum])),
                ["input()", "relu1(input) relu", "conv1(input, relu1) residual", "-> conv1"]
            );
        }
    }

    #[test]
    fn of_two_convolutions_the_later_takes_the_other() {
        for swapped in [false, true] {
            let mut s = Sketch::new([4, 4, 2]);
            let a = s.add("conv1", conv(2), &[s.input()]);
            let b = s.add("conv2", conv(2), &[s.input()]);
            let sum = s.add("add1", add(), &if swapped { [b, a] } else { [a, b] });
            assert_eq!(
                after("fuse_residual", s.finish(&[sum]))[1..3],
                ["conv1(input)", "conv2(input, conv1) residual"]
            );
        }
    }

    #[test]
    fn a_convolution_takes_one_residual_of_a_chain_of_sums() {
        let mut s = Sketch::new([4, 4, 2]);
        let x = s.input();
        let a = s.add("conv1", conv(2), &[x]);
        let b = s.add("add1", add(), &[a, x]);
        let c = s.add("add2", add(), &[b, x]);
        assert_eq!(
            after("fuse_residual", s.finish(&[c]))[1..3],
            ["conv1(input, input) residual", "add2(conv1, input)"]
        );
    }

    #[test]
    fn an_activation_of_the_sum_comes_along() {
        let mut s = Sketch::new([4, 4, 2]);
        let x = s.input();
        let a = s.add("conv1", conv(2), &[x]);
        let b = s.add("add1", Op::Add(Add { activation: Some(Activation::Relu) }), &[x, a]);
        assert_eq!(after("fuse_residual", s.finish(&[b]))[1], "conv1(input, input) residual relu");
    }

    #[test]
    fn a_convolution_whose_own_value_is_needed_does_not() {
        // Read twice by the sum itself.
        let mut s = Sketch::new([4, 4, 2]);
        let a = s.add("conv1", conv(2), &[s.input()]);
        let b = s.add("add1", add(), &[a, a]);
        assert_eq!(after("fuse_residual", s.finish(&[b]))[2], "add1(conv1, conv1)");

        // The other operand depends on it.
        let mut s = Sketch::new([4, 4, 2]);
        let a = s.add("conv1", conv(2), &[s.input()]);
        let b = s.add("relu1", relu(), &[a]);
        let c = s.add("add1", add(), &[a, b]);
        assert_eq!(after("fuse_residual", s.finish(&[c]))[3], "add1(conv1, relu1)");

        // It leaves the network.
        let mut s = Sketch::new([4, 4, 2]);
        let x = s.input();
        let a = s.add("conv1", conv(2), &[x]);
        let b = s.add("add1", add(), &[a, x]);
        assert_eq!(after("fuse_residual", s.finish(&[a, b]))[2], "add1(conv1, input)");
    }

    #[test]
    fn an_activation_between_a_convolution_and_the_sum_stays_there() {
        let mut op = conv(2);
        op.epilogue_mut().expect("a convolution has one").activation = Some(Activation::Tanh);
        let mut s = Sketch::new([4, 4, 2]);
        let x = s.input();
        let a = s.add("conv1", op, &[x]);
        let b = s.add("add1", add(), &[a, x]);
        assert_eq!(after("fuse_residual", s.finish(&[b]))[2], "add1(conv1, input)");
    }
}
