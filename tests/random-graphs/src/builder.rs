//! A graph in the making: names as the expander gives them, limits on size, and the values that a step may go on from.

use crate::choices::Choices;
use archc_core::ir::op::{Input, Op};
use archc_core::ir::{Graph, NodeId, Origin, Output, ScopeId, ScopeKind, Scopes, Shape};
use std::collections::HashMap;

/// The most numbers in a value, so that a graph takes milliseconds in the interpreter.
const MAX_SIZE: usize = 8192;
/// The most multiplications of an operation, for the same reason.
const MAX_MACS: u64 = 2_000_000;

pub(crate) struct Builder {
    graph: Graph,
    scope: ScopeId,
    /// How many of a kind there are in a scope.
    ordinals: HashMap<(ScopeId, String), usize>,
    values: Vec<NodeId>,
}

impl Builder {
    pub(crate) fn new(choices: &mut Choices<'_>) -> Self {
        let mut side = || choices.of(&[5, 1, 2, 3, 4, 6, 7, 8, 9, 11, 13]);
        let (height, width) = (side(), side());
        let shape = Shape::new(height, width, channels(choices));
        let mut builder = Builder {
            graph: Graph::new("Random"),
            scope: Scopes::ROOT,
            ordinals: HashMap::new(),
            values: Vec::new(),
        };
        builder.add(Op::Input(Input { shape }), &[]);
        builder
    }

    /// Adds an operation, unless it does not take these inputs or is too large.
    pub(crate) fn add(&mut self, op: Op, inputs: &[NodeId]) -> Option<NodeId> {
        let shapes: Vec<Shape> = inputs.iter().map(|&input| self.shape(input)).collect();
        let out = op.infer(&shapes).ok()?;
        if out.size() > MAX_SIZE || op.macs(&shapes, out) > MAX_MACS {
            return None;
        }
        let name = match op {
            Op::Input(_) => "input".to_owned(),
            _ => self.name(op.word()),
        };
        let id = self.graph.add(op, inputs, self.scope, name, Origin::default()).ok()?;
        self.values.push(id);
        Some(id)
    }

    /// Adds what `body` adds inside a scope of its own.
    pub(crate) fn within<T>(
        &mut self,
        kind: ScopeKind,
        word: &str,
        body: impl FnOnce(&mut Self) -> Option<T>,
    ) -> Option<T> {
        let outer = self.scope;
        let segment = self.name(word);
        self.scope = self.graph.scopes.open(outer, kind, segment);
        let result = body(self);
        self.scope = outer;
        result
    }

    pub(crate) fn shape(&self, id: NodeId) -> Shape {
        self.graph.node(id).shape
    }

    /// A value to go on from: mostly the last.
    pub(crate) fn value(&self, choices: &mut Choices<'_>) -> Option<NodeId> {
        match choices.below(4) {
            3 => self.any(choices, |_| true),
            _ => self.values.last().copied(),
        }
    }

    /// Any value whose shape is such.
    pub(crate) fn any(&self, choices: &mut Choices<'_>, such: impl Fn(Shape) -> bool) -> Option<NodeId> {
        let all: Vec<NodeId> = self.values.iter().copied().filter(|&id| such(self.shape(id))).collect();
        (!all.is_empty()).then(|| choices.of(&all))
    }

    /// The graph, with the last value and perhaps others as its outputs.
    pub(crate) fn finish(mut self, choices: &mut Choices<'_>) -> Graph {
        let further = choices.below(3);
        let mut nodes: Vec<NodeId> = self.values.last().copied().into_iter().collect();
        nodes.extend((0..further).filter_map(|_| self.any(choices, |_| true)));
        let named = nodes.into_iter().enumerate();
        self.graph.outputs = named.map(|(i, node)| Output { name: format!("output{i}"), node }).collect();
        self.graph
    }

    fn name(&mut self, word: &str) -> String {
        let ordinal = self.ordinals.entry((self.scope, word.to_owned())).or_default();
        *ordinal += 1;
        format!("{word}{ordinal}")
    }
}

/// A number of channels, mostly none that divides a vector's width.
pub(crate) fn channels(choices: &mut Choices<'_>) -> usize {
    choices.of(&[3, 1, 2, 4, 6, 8, 12, 15, 16, 17, 20, 24, 32, 33, 40])
}
