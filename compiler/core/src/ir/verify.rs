//! The check of a whole graph. It runs behind the expander and behind every pass; what it checks, later stages rely on.
//!
//! # Invariants
//!
//! 1. The graph has no cycle.
//! 2. The inputs of a node are at ports 0, 1, 2 and so on, without a gap and without two at one port.
//! 3. Every operator has as many inputs as it takes, and a node's shape is what [`Op::infer`](super::Op::infer) gives
//!    for the shapes of its inputs.
//! 4. No side of a shape is 0.
//! 5. There is one `Input` node.
//! 6. There is an output. Outputs are nodes of the graph, and their names are neither empty nor the same.
//! 7. Every node is in a scope of the tree, has a name there, and no two nodes have the same full name.
//! 8. No two tensors of weights have the same full name. With 7, a folded normalization has no other's name.
//! 9. Attributes are in their ranges: kernels, strides, dilations, groups, channels, window sizes and factors of
//!    enlargement are at least 1; real numbers are finite; a dropout's rate is from 0 to below 1; an `eps` is not
//!    negative; LRN's `k` is positive, its `alpha` and `beta` are not negative; pooling has no dilation.

use std::collections::HashSet;
use std::fmt;

use super::graph::{Graph, NodeId};
use super::op::{Activation, Epilogue, Op};
use super::shape::{Shape, Window};

/// An invariant that does not hold. It is a mistake in archc, not in the user's text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// The full name of the node; `None` where it is about the whole graph.
    pub node: Option<String>,
    /// What is wrong.
    pub message: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.node {
            Some(node) => write!(f, "`{node}`: {}", self.message),
            None => f.write_str(&self.message),
        }
    }
}

/// Checks every invariant, and lists all that do not hold.
pub fn verify(graph: &Graph) -> Result<(), Vec<Violation>> {
    let mut found = Found { graph, violations: Vec::new() };
    found.whole();
    found.names();
    found.outputs();
    for id in graph.ids() {
        found.node(id);
    }
    if found.violations.is_empty() { Ok(()) } else { Err(found.violations) }
}

struct Found<'g> {
    graph: &'g Graph,
    violations: Vec<Violation>,
}

impl Found<'_> {
    fn add(&mut self, node: Option<NodeId>, message: impl Into<String>) {
        let node = node.map(|id| match self.graph.scopes.contains(self.graph.node(id).scope) {
            true => self.graph.path(id),
            false => self.graph.node(id).local.clone(),
        });
        self.violations.push(Violation { node, message: message.into() });
    }

    fn whole(&mut self) {
        if self.graph.topological().is_none() {
            self.add(None, "the graph has a cycle");
        }
        let inputs = self.graph.ids().filter(|&id| matches!(self.graph.node(id).op, Op::Input(_))).count();
        if inputs != 1 {
            self.add(None, format!("there are {inputs} inputs"));
        }
    }

    fn names(&mut self) {
        let mut paths = HashSet::new();
        let mut tensors = HashSet::new();
        for id in self.graph.ids() {
            let node = self.graph.node(id);
            if !self.graph.scopes.contains(node.scope) {
                self.add(Some(id), "its scope is not one of the graph's");
                continue;
            }
            if node.local.is_empty() {
                self.add(Some(id), "it has no name");
            }
            let path = self.graph.path(id);
            let inputs = self.shapes(id);
            if attributes(&node.op).is_none() && node.op.infer(&inputs).is_ok() {
                for weight in node.op.weights(&path, &inputs) {
                    let name = weight.name();
                    if let Some(name) = tensors.replace(name) {
                        self.add(Some(id), format!("another tensor is called `{name}`"));
                    }
                }
            }
            if !paths.insert(path) {
                self.add(Some(id), "another node has its name");
            }
        }
    }

    fn outputs(&mut self) {
        if self.graph.outputs.is_empty() {
            self.add(None, "there is no output");
        }
        let mut names = HashSet::new();
        for output in &self.graph.outputs {
            if !self.graph.contains(output.node) {
                self.add(None, format!("output `{}` is not a node of the graph", output.name));
            }
            if output.name.is_empty() {
                self.add(None, "an output has no name");
            }
            if !names.insert(&output.name) {
                self.add(None, format!("two outputs are called `{}`", output.name));
            }
        }
    }

    fn shapes(&self, id: NodeId) -> Vec<Shape> {
        self.graph.inputs(id).iter().map(|&i| self.graph.node(i).shape).collect()
    }

    fn node(&mut self, id: NodeId) {
        let node = self.graph.node(id);
        if self.graph.ports(id).iter().enumerate().any(|(i, &port)| i != port as usize) {
            self.add(Some(id), format!("its ports are {:?}", self.graph.ports(id)));
        }
        if node.shape.height == 0 || node.shape.width == 0 || node.shape.channels == 0 {
            self.add(Some(id), format!("a side of its shape {} is 0", node.shape));
        }
        if let Some(message) = attributes(&node.op) {
            // The shape rules divide by some of these, so they are not asked.
            self.add(Some(id), message);
            return;
        }
        match node.op.infer(&self.shapes(id)) {
            Ok(shape) if shape == node.shape => {}
            Ok(shape) => self.add(Some(id), format!("its shape is {} and should be {shape}", node.shape)),
            Err(error) => self.add(Some(id), format!("its inputs do not fit: {error:?}")),
        }
    }
}

/// The first attribute that is out of its range, in words.
fn attributes(op: &Op) -> Option<String> {
    let need = |ok: bool, what: &str| if ok { None } else { Some(format!("{what} is out of its range")) };
    match op {
        Op::Input(_) | Op::GlobalPool(_) | Op::Normalize(_) | Op::Softmax(_) | Op::Flatten(_) => None,
        Op::Concat(_) | Op::Gate(_) | Op::ZeroPad(_) => None,
        Op::Conv(o) => window(o.window)
            .or_else(|| need(o.channels >= 1, "the number of channels"))
            .or_else(|| need(o.groups >= 1, "the number of groups"))
            .or_else(|| epilogue(&o.epilogue)),
        Op::Dense(o) => need(o.channels >= 1, "the number of channels").or_else(|| epilogue(&o.epilogue)),
        Op::Pool(o) => window(o.window).or_else(|| need(o.window.dilation == [1, 1], "a pooling's dilation")),
        Op::BatchNorm(o) => need(o.eps.is_finite() && o.eps >= 0.0, "eps"),
        Op::Lrn(o) => need(o.size >= 1, "the window's size")
            .or_else(|| need(o.k.is_finite() && o.k > 0.0, "k"))
            .or_else(|| need(o.alpha.is_finite() && o.alpha >= 0.0, "alpha"))
            .or_else(|| need(o.beta.is_finite() && o.beta >= 0.0, "beta")),
        Op::Rescale(o) => need(o.scale.is_finite() && o.offset.is_finite(), "a factor"),
        Op::Activation(o) => activation(*o),
        Op::Dropout(o) => need((0.0..1.0).contains(&o.rate), "the rate"),
        Op::Shuffle(o) => need(o.groups >= 1, "the number of groups"),
        Op::Upsample(o) => need(o.factor.iter().all(|&n| n >= 1), "the factor"),
        Op::Add(o) => o.activation.and_then(activation),
    }
}

fn window(window: Window) -> Option<String> {
    let sides = [window.kernel, window.stride, window.dilation];
    if sides.iter().flatten().all(|&n| (1..=1 << 31).contains(&n)) {
        return None;
    }
    Some("kernel, stride or dilation is out of its range".into())
}

fn activation(activation: Activation) -> Option<String> {
    match activation {
        Activation::LeakyRelu { slope } if !slope.is_finite() => Some("the slope is not finite".into()),
        Activation::LeakyRelu { .. }
        | Activation::Relu
        | Activation::Relu6
        | Activation::Tanh
        | Activation::Sigmoid
        | Activation::Swish
        | Activation::Gelu
        | Activation::HardSwish
        | Activation::HardSigmoid => None,
    }
}

fn epilogue(epilogue: &Epilogue) -> Option<String> {
    let norm = epilogue.norms.iter().any(|n| !n.norm.eps.is_finite() || n.norm.eps < 0.0);
    if norm {
        return Some("eps of a folded normalization is out of its range".into());
    }
    epilogue.activation.and_then(activation)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ir::graph::Output;
    use crate::ir::op::{Add, BatchNorm, Conv, Dropout, FoldedNorm, Input, Softmax};
    use crate::ir::scope::{Origin, ScopeKind, Scopes};
    use crate::ir::shape::Padding;

    fn conv(channels: usize) -> Conv {
        Conv {
            window: Window::new([3, 3], [1, 1]),
            padding: Padding::all(1),
            channels,
            groups: 1,
            bias: true,
            epilogue: Epilogue::default(),
        }
    }

    fn add(graph: &mut Graph, op: Op, inputs: &[NodeId], name: &str) -> NodeId {
        graph.add(op, inputs, Scopes::ROOT, name, Origin::default()).expect("a node that fits")
    }

    /// An input, a convolution, a normalization; the last leaves.
    fn sound() -> (Graph, [NodeId; 3]) {
        let mut graph = Graph::new("N");
        let input = add(&mut graph, Op::Input(Input { shape: Shape::new(8, 8, 3) }), &[], "input");
        let conv = add(&mut graph, Op::Conv(conv(4)), &[input], "conv1");
        let norm = Op::BatchNorm(BatchNorm { eps: 1e-5, scale: true });
        let norm = add(&mut graph, norm, &[conv], "bn1");
        graph.outputs.push(Output { name: "output".into(), node: norm });
        (graph, [input, conv, norm])
    }

    /// The messages after a change to the sound graph.
    fn broken(change: impl FnOnce(&mut Graph, [NodeId; 3])) -> String {
        let (mut graph, nodes) = sound();
        change(&mut graph, nodes);
        let violations = verify(&graph).expect_err("a violation");
        violations.iter().map(|v| format!("{v}\n")).collect()
    }

    #[test]
    fn a_sound_graph_has_no_violation() {
        assert_eq!(verify(&sound().0), Ok(()));
    }

    #[test]
    fn every_invariant_is_checked() {
        let cycle = broken(|g, [_, conv, norm]| g.set_inputs(conv, &[norm]));
        assert!(cycle.contains("has a cycle"), "{cycle}");
        let arity = broken(|g, [input, conv, _]| g.set_inputs(conv, &[input, input]));
        assert!(arity.contains("`conv1`: its inputs do not fit"), "{arity}");
        let shape = broken(|g, [_, conv1, _]| g.set_op(conv1, Op::Conv(conv(5))));
        assert!(shape.contains("`conv1`: its shape is 8x8x4 and should be 8x8x5"), "{shape}");
        let empty = broken(|g, _| {
            add(g, Op::Input(Input { shape: Shape::new(0, 8, 3) }), &[], "empty");
        });
        assert!(empty.contains("`empty`: a side of its shape 0x8x3 is 0"), "{empty}");
        let inputs = broken(|g, _| {
            add(g, Op::Input(Input { shape: Shape::vector(1) }), &[], "other");
        });
        assert!(inputs.contains("there are 2 inputs"), "{inputs}");
    }

    #[test]
    fn outputs_are_checked() {
        assert!(broken(|g, _| g.outputs.clear()).contains("there is no output"));
        let twice = broken(|g, [_, conv, _]| g.outputs.push(Output { name: "output".into(), node: conv }));
        assert!(twice.contains("two outputs are called `output`"), "{twice}");
        let gone = broken(|g, [.., norm]| g.remove(norm));
        assert!(gone.contains("output `output` is not a node of the graph"), "{gone}");
    }

    #[test]
    fn names_are_checked() {
        let same = broken(|g, [.., norm]| {
            add(g, Op::Softmax(Softmax), &[norm], "conv1");
        });
        assert!(same.contains("another node has its name"), "{same}");
        let none = broken(|g, [.., norm]| {
            add(g, Op::Softmax(Softmax), &[norm], "");
        });
        assert!(none.contains("it has no name"), "{none}");
        let folded = broken(|g, [_, conv1, _]| {
            let norm = BatchNorm { eps: 1e-5, scale: true };
            let norms = vec![FoldedNorm { path: "bn1".into(), norm }];
            g.set_op(
                conv1,
                Op::Conv(Conv { epilogue: Epilogue { norms, ..Epilogue::default() }, ..conv(4) }),
            );
        });
        assert!(folded.contains("another tensor is called `bn1.gamma`"), "{folded}");
        let scope = broken(|g, [.., norm]| {
            let scope = Scopes::default().open(Scopes::ROOT, ScopeKind::Gate, "gate1");
            let added = g.add(Op::Softmax(Softmax), &[norm], scope, "s", Origin::default());
            assert!(added.is_ok());
        });
        assert!(scope.contains("`s`: its scope is not one of the graph's"), "{scope}");
    }

    #[test]
    fn attributes_are_checked() {
        let rate = broken(|g, [.., norm]| {
            add(g, Op::Dropout(Dropout { rate: 1.0 }), &[norm], "dropout1");
        });
        assert!(rate.contains("the rate is out of its range"), "{rate}");
        let stride = broken(|g, [_, conv1, _]| {
            g.set_op(conv1, Op::Conv(Conv { window: Window::new([3, 3], [0, 1]), ..conv(4) }));
        });
        assert!(stride.contains("kernel, stride or dilation"), "{stride}");
        let slope = broken(|g, [_, conv, norm]| {
            let activation = Some(Activation::LeakyRelu { slope: f64::NAN });
            add(g, Op::Add(Add { activation }), &[conv, norm], "add1");
        });
        assert!(slope.contains("the slope is not finite"), "{slope}");
    }
}
