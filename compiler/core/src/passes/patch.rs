//! The one way in which a graph changes: a patch collects changes while the graph is read, and applies all of them or
//! none.

use crate::ir::{Graph, NodeId, Op, Shape, ShapeError};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// A set of changes to a graph.
///
/// A patch keeps the shape of every value that stays. It adds no nodes: a rewrite gives a node that is there more to
/// do, and the names of weights stay those of the text. That values stay the same, and that no cycle comes up, is up to
/// the pass.
#[derive(Clone, Debug, Default, PartialEq)]
#[must_use]
pub struct Patch {
    ops: BTreeMap<NodeId, Op>,
    inputs: BTreeMap<NodeId, Vec<NodeId>>,
    replaced: BTreeMap<NodeId, NodeId>,
    removed: BTreeSet<NodeId>,
}

/// Why a patch does not fit its graph. The graph is then as it was.
#[derive(Clone, Debug, PartialEq)]
pub enum PatchError {
    /// The patch changes a node, or puts one in another's place, that is not there or that it also takes away.
    Missing {
        /// The node's number.
        node: usize,
    },
    /// A node would read a value that is not there any more.
    Dangling {
        /// The reader's full name.
        node: String,
        /// The number of the node that it reads.
        input: usize,
    },
    /// A node would not take its inputs.
    Inputs {
        /// The node's full name.
        node: String,
        /// Why it would not.
        error: ShapeError,
    },
    /// A value's shape would change.
    Shape {
        /// The node's full name, or the output's.
        node: String,
        /// Its shape.
        before: Shape,
        /// What it would become.
        after: Shape,
    },
    /// An output's node would go without a replacement.
    Output {
        /// The output's name.
        name: String,
    },
}

impl Patch {
    /// A patch that changes nothing.
    pub fn new() -> Self {
        Patch::default()
    }

    /// Gives a node another operator.
    pub fn set_op(mut self, id: NodeId, op: Op) -> Self {
        self.ops.insert(id, op);
        self
    }

    /// Gives a node other inputs, in the order of its ports. Those that the patch replaces are replaced here too.
    pub fn set_inputs(mut self, id: NodeId, inputs: Vec<NodeId>) -> Self {
        self.inputs.insert(id, inputs);
        self
    }

    /// Removes `old`; its readers, and the outputs of the network that it was, get `new` instead.
    pub fn replace(mut self, old: NodeId, new: NodeId) -> Self {
        self.replaced.insert(old, new);
        self
    }

    /// Removes a node that nothing reads once the patch is applied.
    pub fn remove(mut self, id: NodeId) -> Self {
        self.removed.insert(id);
        self
    }

    /// The nodes that go and, behind an arrow, those that change or, where none does, those that take their places.
    pub(super) fn describe(&self, graph: &Graph) -> String {
        let names =
            |ids: BTreeSet<NodeId>| ids.into_iter().map(|id| graph.path(id)).collect::<Vec<_>>().join(", ");
        let gone = names(self.gone().collect());
        let changed: BTreeSet<NodeId> = self.ops.keys().chain(self.inputs.keys()).copied().collect();
        let heirs = if changed.is_empty() { self.replaced.values().copied().collect() } else { changed };
        if heirs.is_empty() { gone } else { format!("{gone} -> {}", names(heirs)) }
    }

    /// Changes the graph, or says why it cannot. It takes no longer for a value that thousands read than for one of
    /// few readers, nor for a node of thousands of inputs, but where the patch gives it others.
    pub fn apply(self, graph: &mut Graph) -> Result<(), PatchError> {
        let rewired = self.checked(graph)?;
        self.trace(graph);
        for output in &mut graph.outputs {
            output.node = self.heir(output.node);
        }
        let mut inherited = Vec::new();
        for (&old, &new) in &self.replaced {
            let readers = graph.consumers(old).into_iter();
            inherited.extend(readers.map(|(reader, port)| (reader, port, new)));
        }
        inherited.retain(|(reader, ..)| self.stays(graph, *reader) && !self.inputs.contains_key(reader));
        // The latest first: its edges are at the heads of petgraph's lists.
        let gone: BTreeSet<NodeId> = self.gone().collect();
        gone.into_iter().rev().for_each(|id| graph.remove(id));
        for (id, inputs) in rewired {
            graph.set_inputs(id, &inputs);
        }
        for (reader, port, new) in inherited {
            graph.connect(new, reader, port);
        }
        for (id, op) in self.ops {
            graph.set_op(id, op);
        }
        Ok(())
    }

    /// Notes what becomes of the values of nodes that go.
    fn trace(&self, graph: &mut Graph) {
        for (&old, &new) in &self.replaced {
            let (gone, heir) = (graph.node(old), graph.node(new));
            let same = gone.shape == heir.shape || matches!(gone.op, Op::Flatten(_));
            if self.ops.contains_key(&new) {
                graph.lineage.takes_over(new, old);
            } else if same {
                graph.lineage.equals(old, new);
            } else {
                // Zeros around a plane, which those that read it add now.
                graph.lineage.loses(old, self.ops.keys().next().copied());
            }
        }
        for &old in &self.removed {
            graph.lineage.loses(old, self.inputs.keys().next().copied());
        }
    }

    /// Whether the graph will be whole: the inputs of those nodes that get others.
    fn checked(&self, graph: &Graph) -> Result<Vec<(NodeId, Vec<NodeId>)>, PatchError> {
        let mut changed: BTreeSet<NodeId> = self.ops.keys().chain(self.inputs.keys()).copied().collect();
        let heirs = self.replaced.values();
        if let Some(id) = changed.iter().chain(heirs).find(|&&id| !self.stays(graph, id)) {
            return Err(PatchError::Missing { node: id.index() });
        }
        if let Some(id) = self.gone().find(|&id| !graph.contains(id)) {
            return Err(PatchError::Missing { node: id.index() });
        }
        for output in &graph.outputs {
            self.check_output(graph, &output.name, output.node)?;
        }
        for &id in &self.removed {
            let mut readers = graph.consumers(id).into_iter().map(|(reader, _)| reader);
            if let Some(reader) = readers.find(|r| self.stays(graph, *r) && !self.inputs.contains_key(r)) {
                return Err(PatchError::Dangling { node: graph.path(reader), input: id.index() });
            }
        }
        // Readers that get a value of the same shape instead have the same shape as before.
        let reshaped =
            self.replaced.iter().filter(|&(&old, &new)| graph.node(old).shape != graph.node(new).shape);
        for (&old, _) in reshaped {
            let readers = graph.consumers(old).into_iter().map(|(reader, _)| reader);
            changed.extend(readers.filter(|&reader| self.stays(graph, reader)));
        }
        let mut rewired = Vec::new();
        for id in changed {
            let inputs = self.checked_inputs(graph, id)?;
            if self.inputs.contains_key(&id) {
                rewired.push((id, inputs));
            }
        }
        Ok(rewired)
    }

    /// A node's inputs afterwards, if it takes them and its shape stays.
    fn checked_inputs(&self, graph: &Graph, id: NodeId) -> Result<Vec<NodeId>, PatchError> {
        let node = graph.node(id);
        let inputs = self.inputs.get(&id).cloned().unwrap_or_else(|| graph.inputs(id));
        let inputs: Vec<NodeId> = inputs.into_iter().map(|input| self.heir(input)).collect();
        if let Some(input) = inputs.iter().find(|&&input| !self.stays(graph, input)) {
            return Err(PatchError::Dangling { node: graph.path(id), input: input.index() });
        }
        let shapes: Vec<Shape> = inputs.iter().map(|&input| graph.node(input).shape).collect();
        let after = self
            .ops
            .get(&id)
            .unwrap_or(&node.op)
            .infer(&shapes)
            .map_err(|error| PatchError::Inputs { node: graph.path(id), error })?;
        if after != node.shape {
            return Err(PatchError::Shape { node: graph.path(id), before: node.shape, after });
        }
        Ok(inputs)
    }

    fn check_output(&self, graph: &Graph, name: &str, id: NodeId) -> Result<(), PatchError> {
        let heir = self.heir(id);
        if !self.stays(graph, heir) {
            return Err(PatchError::Output { name: name.to_owned() });
        }
        let (before, after) = (graph.node(id).shape, graph.node(heir).shape);
        if before != after {
            return Err(PatchError::Shape { node: name.to_owned(), before, after });
        }
        Ok(())
    }

    fn gone(&self) -> impl Iterator<Item = NodeId> {
        self.replaced.keys().chain(&self.removed).copied()
    }

    /// What takes a node's place; mostly the node itself.
    fn heir(&self, id: NodeId) -> NodeId {
        self.replaced.get(&id).copied().unwrap_or(id)
    }

    fn stays(&self, graph: &Graph, id: NodeId) -> bool {
        graph.contains(id) && !self.replaced.contains_key(&id) && !self.removed.contains(&id)
    }
}

impl fmt::Display for PatchError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PatchError::Missing { node } => write!(f, "node {node} is not there to be changed"),
            PatchError::Dangling { node, input } => {
                write!(f, "`{node}` would read node {input}, which is not there")
            }
            PatchError::Inputs { node, error } => write!(f, "`{node}` would not take its inputs: {error:?}"),
            PatchError::Shape { node, before, after } => {
                write!(f, "`{node}` would change its shape from {before} to {after}")
            }
            PatchError::Output { name } => write!(f, "output `{name}` would be left without a value"),
        }
    }
}

impl std::error::Error for PatchError {}

#[cfg(test)]
mod tests {
    use super::super::testing::{Sketch, conv, listing, relu};
    use super::*;
    use crate::ir::op::{Add, Concat, Flatten};

    fn graph() -> (Graph, [NodeId; 5]) {
        let mut s = Sketch::new([4, 4, 2]);
        let x = s.input();
        let a = s.add("a", relu(), &[x]);
        let b = s.add("b", relu(), &[a]);
        let sum = s.add("sum", Op::Add(Add::default()), &[b, a]);
        let all = s.add("all", Op::Concat(Concat), &[b, sum, b]);
        (s.finish(&[b, all]), [x, a, b, sum, all])
    }

    #[test]
    fn readers_and_outputs_follow_a_replacement_and_ports_keep_their_order() {
        let (mut graph, [_, a, b, ..]) = graph();
        Patch::new().replace(b, a).apply(&mut graph).expect("it fits");
        assert_eq!(listing(&graph), ["input()", "a(input) relu", "sum(a, a)", "all(a, sum, a)", "-> a, all"]);
        assert_eq!(graph.ports(graph.find("all").expect("it stays")), [0, 1, 2]);
    }

    #[test]
    fn other_inputs_may_name_what_the_same_patch_replaces() {
        let (mut graph, [x, a, b, sum, _]) = graph();
        let patch = Patch::new().set_inputs(sum, vec![x, b]).replace(b, a);
        assert_eq!(patch.describe(&graph), "b -> sum");
        patch.apply(&mut graph).expect("it fits");
        assert_eq!(listing(&graph)[2], "sum(input, a)");
    }

    /// The patch fails in this way and the graph is as it was.
    fn refused(patch: Patch, expected: &PatchError) {
        let (mut graph, _) = graph();
        let before = listing(&graph);
        assert_eq!(patch.apply(&mut graph).as_ref(), Err(expected));
        assert_eq!(listing(&graph), before);
    }

    #[test]
    fn what_would_break_the_graph_is_refused_whole() {
        let (_, [x, a, b, sum, all]) = graph();
        let shape = Shape::new(4, 4, 2);
        refused(Patch::new().remove(a), &PatchError::Dangling { node: "b".into(), input: a.index() });
        refused(
            Patch::new().set_inputs(b, vec![x]).remove(a),
            &PatchError::Dangling { node: "sum".into(), input: a.index() },
        );
        refused(
            Patch::new().set_inputs(all, vec![b, sum]).remove(sum),
            &PatchError::Dangling { node: "all".into(), input: sum.index() },
        );
        refused(Patch::new().remove(all), &PatchError::Output { name: "output1".into() });
        refused(Patch::new().replace(b, a).replace(a, x), &PatchError::Missing { node: a.index() });
        refused(Patch::new().set_op(a, relu()).remove(a), &PatchError::Missing { node: a.index() });
        refused(
            Patch::new().set_op(a, conv(3)),
            &PatchError::Shape { node: "a".into(), before: shape, after: Shape::new(4, 4, 3) },
        );
        refused(
            Patch::new().set_inputs(all, vec![a]).replace(b, x).set_inputs(sum, vec![a, all]),
            &PatchError::Inputs {
                node: "sum".into(),
                error: ShapeError::Different { first: shape, port: 1, other: shape.with_channels(6) },
            },
        );
        refused(
            Patch::new().replace(all, sum),
            &PatchError::Shape { node: "output1".into(), before: shape.with_channels(6), after: shape },
        );
        refused(
            Patch::new().set_op(all, Op::Flatten(Flatten)).set_inputs(all, vec![]),
            &PatchError::Inputs { node: "all".into(), error: ShapeError::Arity { found: 0 } },
        );
    }
}
