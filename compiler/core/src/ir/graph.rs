//! The graph: petgraph underneath, ordered ports on top. Nodes are added through [`Graph::add`], which infers the
//! shape, and changed through [`super::super::passes`]' patches only.

use super::budget::Budget;
use super::lineage::Lineage;
use super::op::Op;
use super::preprocess::Preprocess;
use super::scope::{Origin, ScopeId, Scopes};
use super::shape::{Shape, ShapeError};
use crate::source::Spanned;
use petgraph::Direction;
use petgraph::stable_graph::{NodeIndex, StableDiGraph};
use petgraph::visit::EdgeRef;

/// A node of a [`Graph`]; also the name of the one value that the node computes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NodeId(NodeIndex);

impl NodeId {
    /// A small number that is the same in every run.
    pub fn index(self) -> usize {
        self.0.index()
    }
}

/// An operator, its name, and the shape of the value that it computes.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// What is computed.
    pub op: Op,
    /// The scope that names it.
    pub scope: ScopeId,
    /// Its name in that scope: `conv2`.
    pub local: String,
    /// The shape of its value.
    pub shape: Shape,
    /// Where it stands in the text.
    pub origin: Origin,
}

/// Which input of the target an edge feeds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Port(u32);

/// A value that leaves the network.
#[derive(Clone, Debug, PartialEq)]
pub struct Output {
    /// The name that the text gave it; `output` where it gave none.
    pub name: String,
    /// The value.
    pub node: NodeId,
}

/// A network.
#[derive(Clone, Debug)]
pub struct Graph {
    /// The net's name: `ResNet101`.
    pub name: String,
    /// The nets that `name` is an alias of, the nearest first; the last is the one whose body this is, `ResNet50`. None
    /// where `name` has a body of its own. Aliases share the maps of frameworks' names.
    pub stands_for: Vec<String>,
    graph: StableDiGraph<Node, Port>,
    /// The scopes that name the nodes.
    pub scopes: Scopes,
    /// The values that leave the network, in order; at least one in a finished graph.
    pub outputs: Vec<Output>,
    /// What happens to an image first, where the text says so.
    pub preprocess: Option<Preprocess>,
    /// The name of a list of class names, where the text says so.
    pub labels: Option<Spanned<String>>,
    /// What the network may take at most, where the text says so.
    pub budgets: Vec<Budget>,
    /// What became of the values that the text has, once passes change the graph.
    pub(crate) lineage: Lineage,
}

impl Graph {
    /// An empty graph.
    pub fn new(name: impl Into<String>) -> Self {
        Graph {
            name: name.into(),
            stands_for: Vec::new(),
            graph: StableDiGraph::new(),
            scopes: Scopes::default(),
            outputs: Vec::new(),
            preprocess: None,
            labels: None,
            budgets: Vec::new(),
            lineage: Lineage::default(),
        }
    }

    /// Adds a node behind its inputs, in the order of its ports. Its shape follows from theirs.
    pub fn add(
        &mut self,
        op: Op,
        inputs: &[NodeId],
        scope: ScopeId,
        local: impl Into<String>,
        origin: Origin,
    ) -> Result<NodeId, ShapeError> {
        let shapes: Vec<Shape> = inputs.iter().map(|&i| self.node(i).shape).collect();
        let shape = op.infer(&shapes)?;
        let id = self.graph.add_node(Node { op, scope, local: local.into(), shape, origin });
        for (port, input) in inputs.iter().enumerate() {
            self.graph.add_edge(input.0, id, Port(port as u32));
        }
        Ok(NodeId(id))
    }

    /// Whether the node is there; a patch may have removed it.
    pub fn contains(&self, id: NodeId) -> bool {
        self.graph.contains_node(id.0)
    }

    /// A node.
    pub fn node(&self, id: NodeId) -> &Node {
        &self.graph[id.0]
    }

    /// The node of a name such as `layer1.0.conv2`.
    pub fn find(&self, path: &str) -> Option<NodeId> {
        self.ids().find(|&id| self.path(id) == path)
    }

    /// The full name of a node: `layer1.0.conv2`.
    pub fn path(&self, id: NodeId) -> String {
        let node = self.node(id);
        self.scopes.path(node.scope, &node.local)
    }

    /// How many nodes there are.
    pub fn len(&self) -> usize {
        self.graph.node_count()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Every node, in the order in which they were added.
    pub fn ids(&self) -> impl Iterator<Item = NodeId> {
        self.graph.node_indices().map(NodeId)
    }

    /// What feeds a node, in the order of its ports.
    pub fn inputs(&self, id: NodeId) -> Vec<NodeId> {
        let mut edges: Vec<(u32, NodeId)> = self
            .graph
            .edges_directed(id.0, Direction::Incoming)
            .map(|e| (e.weight().0, NodeId(e.source())))
            .collect();
        edges.sort();
        edges.into_iter().map(|(_, n)| n).collect()
    }

    /// The ports as stored, for the verifier.
    pub fn ports(&self, id: NodeId) -> Vec<u32> {
        let mut ports: Vec<u32> =
            self.graph.edges_directed(id.0, Direction::Incoming).map(|e| e.weight().0).collect();
        ports.sort_unstable();
        ports
    }

    /// Who reads a node's value, and at which port, in a fixed order. Outputs of the network are not among them.
    pub fn consumers(&self, id: NodeId) -> Vec<(NodeId, usize)> {
        let mut edges: Vec<(NodeId, usize)> = self
            .graph
            .edges_directed(id.0, Direction::Outgoing)
            .map(|e| (NodeId(e.target()), e.weight().0 as usize))
            .collect();
        edges.sort();
        edges
    }

    /// The reader of a value, and its port, if there is exactly one and the value is no output of the network.
    pub fn sole_consumer(&self, id: NodeId) -> Option<(NodeId, usize)> {
        let mut edges = self.graph.edges_directed(id.0, Direction::Outgoing);
        let edge = edges.next()?;
        let sole = edges.next().is_none() && !self.is_output(id);
        sole.then(|| (NodeId(edge.target()), edge.weight().0 as usize))
    }

    /// Whether a node reads the value.
    pub fn is_read(&self, id: NodeId) -> bool {
        self.graph.edges_directed(id.0, Direction::Outgoing).next().is_some()
    }

    /// Whether the value leaves the network.
    pub fn is_output(&self, id: NodeId) -> bool {
        self.outputs.iter().any(|o| o.node == id)
    }

    /// The input of the network.
    pub fn input(&self) -> Option<NodeId> {
        self.ids().find(|&id| matches!(self.node(id).op, Op::Input(_)))
    }

    /// Every node behind all of its inputs, the same way in every run: among those that are ready, the one that was
    /// added first. `None` if the graph has a cycle.
    pub fn topological(&self) -> Option<Vec<NodeId>> {
        use std::cmp::Reverse;
        use std::collections::{BinaryHeap, HashMap};
        let mut waiting: HashMap<NodeId, usize> = HashMap::new();
        let mut ready = BinaryHeap::new();
        for id in self.ids() {
            let n = self.inputs(id).len();
            waiting.insert(id, n);
            if n == 0 {
                ready.push(Reverse(id));
            }
        }
        let mut order = Vec::with_capacity(self.len());
        while let Some(Reverse(id)) = ready.pop() {
            order.push(id);
            for (consumer, _) in self.consumers(id) {
                let n = waiting.get_mut(&consumer)?;
                *n -= 1;
                if *n == 0 {
                    ready.push(Reverse(consumer));
                }
            }
        }
        (order.len() == self.len()).then_some(order)
    }

    /// What became of the values that the text has.
    pub fn lineage(&self) -> &Lineage {
        &self.lineage
    }

    // The changes below are for patches (`passes/patch.rs`), which keep shapes and ports right.

    pub(crate) fn set_op(&mut self, id: NodeId, op: Op) {
        self.graph[id.0].op = op;
    }

    pub(crate) fn set_inputs(&mut self, id: NodeId, inputs: &[NodeId]) {
        let old: Vec<_> = self.graph.edges_directed(id.0, Direction::Incoming).map(|e| e.id()).collect();
        for edge in old {
            self.graph.remove_edge(edge);
        }
        for (port, &input) in inputs.iter().enumerate() {
            self.connect(input, id, port);
        }
    }

    /// Feeds a port that nothing feeds.
    pub(crate) fn connect(&mut self, from: NodeId, to: NodeId, port: usize) {
        self.graph.add_edge(from.0, to.0, Port(port as u32));
    }

    pub(crate) fn remove(&mut self, id: NodeId) {
        self.graph.remove_node(id.0);
    }
}
