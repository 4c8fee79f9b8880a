//! Small graphs for the tests of passes, and a short way to say what became of them.

use super::{PASSES, Report};
use crate::ir::op::{Activation, Add, Conv, Epilogue, Input, Op};
use crate::ir::shape::Window;
use crate::ir::{Graph, NodeId, Origin, Output, Padding, Scopes, Shape};

/// A graph in the making, with an input.
pub(super) struct Sketch {
    graph: Graph,
    input: NodeId,
}

impl Sketch {
    pub(super) fn new([height, width, channels]: [usize; 3]) -> Self {
        let mut graph = Graph::new("Test");
        let op = Op::Input(Input { shape: Shape::new(height, width, channels) });
        let input = graph.add(op, &[], Scopes::ROOT, "input", Origin::default()).expect("an input fits");
        Sketch { graph, input }
    }

    pub(super) fn input(&self) -> NodeId {
        self.input
    }

    pub(super) fn add(&mut self, name: &str, op: Op, inputs: &[NodeId]) -> NodeId {
        self.graph.add(op, inputs, Scopes::ROOT, name, Origin::default()).expect("the test's shapes fit")
    }

    /// The graph with these outputs, called `output0`, `output1` and so on.
    pub(super) fn finish(mut self, outputs: &[NodeId]) -> Graph {
        let named = outputs.iter().enumerate();
        self.graph.outputs = named.map(|(i, &node)| Output { name: format!("output{i}"), node }).collect();
        self.graph
    }
}

/// A 3x3 convolution that keeps the plane.
pub(super) fn conv(channels: usize) -> Op {
    Op::Conv(Conv {
        window: Window::new([3, 3], [1, 1]),
        padding: Padding::all(1),
        channels,
        groups: 1,
        bias: true,
        epilogue: Epilogue::default(),
    })
}

pub(super) fn relu() -> Op {
    Op::Activation(Activation::Relu)
}

/// Runs one pass, checks that a second run finds nothing more to do, and lists the graph.
pub(super) fn after(pass: &str, mut graph: Graph) -> Vec<String> {
    let pass = PASSES.iter().find(|p| p.name == pass).expect("there is such a pass");
    pass.run(&mut graph, None, &mut Report::default()).expect("the pass keeps the invariants");
    let once = listing(&graph);
    let mut again = Report::default();
    pass.run(&mut graph, None, &mut again).expect("the pass keeps the invariants");
    assert_eq!(again.changes, [], "a second run");
    once
}

/// A line a node, `conv1(input, pool1) bn1 residual relu`, in topological order, and one for the outputs.
pub(super) fn listing(graph: &Graph) -> Vec<String> {
    let names =
        |ids: &mut dyn Iterator<Item = NodeId>| ids.map(|id| graph.path(id)).collect::<Vec<_>>().join(", ");
    let mut lines = Vec::new();
    for id in graph.topological().expect("no cycle") {
        let mut line = format!("{}({})", graph.path(id), names(&mut graph.inputs(id).into_iter()));
        let mut say = |word: &str| {
            line.push(' ');
            line.push_str(word);
        };
        let op = &graph.node(id).op;
        if let Some(epilogue) = op.epilogue() {
            epilogue.norms.iter().for_each(|norm| say(&norm.path));
            if epilogue.residual {
                say("residual");
            }
        }
        if let Op::Activation(activation) = op {
            say(activation.word());
        }
        if let Op::Add(Add { activation }) = op {
            activation.iter().for_each(|activation| say(activation.word()));
        }
        if let Some(epilogue) = op.epilogue() {
            epilogue.activation.iter().for_each(|activation| say(activation.word()));
        }
        if matches!(op, Op::Dense(dense) if dense.flattens) {
            say("flattens");
        }
        lines.push(line);
    }
    lines.push(format!("-> {}", names(&mut graph.outputs.iter().map(|o| o.node))));
    lines
}
