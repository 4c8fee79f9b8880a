//! Applies an operation to the current value: evaluates it, names it, adds its node.

use super::limits;
use super::lower::Lowered;
use super::machine::{Current, Expander};
use super::shape_error::meant;
use crate::diagnostic::{Code, Diagnostic};
use crate::ir::NodeId;
use crate::ir::op::{Input, Op};
use crate::ir::scope::{ScopeId, ScopeKind};
use crate::ir::shape::Shape;
use crate::source::Span;
use crate::syntax::ast::{Attribute, Expression, Ident};
use crate::syntax::vocabulary::OperationKind;

impl<'a> Expander<'a, '_> {
    pub(super) fn apply(
        &mut self,
        kind: OperationKind,
        positionals: &'a [Expression],
        attributes: &'a [Attribute],
        span: Span,
        label: Option<&'a Ident>,
    ) {
        let operands = self.operands(kind, positionals, attributes, span);
        let scope = self.scope();
        let name = self.name(scope, kind.word(), label, span);
        let arriving = self.arriving(span, kind.word());
        let shape = arriving.map(|input| self.graph.node(input).shape);
        // Also where no shape is known: the mistakes that have nothing to do with it are reported at once.
        let lowered = self.lower(&operands, shape);
        match (lowered, arriving) {
            (None, _) | (_, None) => self.poison(),
            (Some(Lowered::One(op)), Some(input)) => self.node(op, &[input], scope, name, span),
            (Some(Lowered::Two { depthwise, pointwise }), Some(input)) => {
                let Some(inner) = self.open(scope, ScopeKind::Compound, name, span) else { return };
                self.node(depthwise, &[input], inner, "depthwise".to_owned(), span);
                if let Current::Node(middle) = self.current {
                    self.node(pointwise, &[middle], inner, "pointwise".to_owned(), span);
                }
                self.close(inner);
            }
        }
    }

    /// The node of the current value. `None` if there is none, which is reported where it is the text's mistake.
    pub(super) fn arriving(&mut self, span: Span, word: &str) -> Option<NodeId> {
        match self.current {
            Current::Node(node) => Some(node),
            Current::Poisoned => None,
            Current::Missing => {
                let message = format!("`{word}` stands before the `input` of the net");
                self.report(
                    Diagnostic::new(Code::NoInput, span, message, "nothing arrives here")
                        .help("begin the net with its input, as in `input 224x224x3`"),
                );
                self.poison();
                None
            }
        }
    }

    /// Adds a node and makes it the current value; poisons that after an error.
    pub(super) fn node(&mut self, op: Op, inputs: &[NodeId], scope: ScopeId, name: String, span: Span) {
        self.current = match self.try_node(op, inputs, scope, name, span) {
            Some(node) => Current::Node(node),
            None => Current::Poisoned,
        };
    }

    fn try_node(
        &mut self,
        op: Op,
        inputs: &[NodeId],
        scope: ScopeId,
        name: String,
        span: Span,
    ) -> Option<NodeId> {
        if !self.room(span) {
            return None;
        }
        let shapes: Vec<Shape> = inputs.iter().map(|&i| self.graph.node(i).shape).collect();
        if let Err(error) = op.infer(&shapes) {
            self.shape_error(&error, &op, inputs, span);
            // A stand-in, so that what follows can be checked too; the graph is given to nobody after an error.
            let shape = meant(&error, &op, &shapes)?;
            return self.graph.add(Op::Input(Input { shape }), &[], scope, name, self.origin(span)).ok();
        }
        let sizes = op.weights("", &shapes).into_iter().map(|w| w.size() as u64);
        self.weights = sizes.fold(self.weights, u64::saturating_add);
        if self.weights > limits::WEIGHTS {
            self.halted = true;
            let message = format!("the weights hold more than {} numbers", limits::WEIGHTS);
            let label = format!("with this `{}`", op.word());
            self.report(Diagnostic::new(Code::WeightsTooLarge, span, message, label));
            return None;
        }
        let origin = self.origin(span);
        self.graph.add(op, inputs, scope, name, origin).ok()
    }
}
