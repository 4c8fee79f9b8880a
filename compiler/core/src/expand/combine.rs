//! What makes networks branch: `residual`, `inception`, `gate`, and `let` with `from`, `add` and `concat`.

use std::slice::Iter;

use super::machine::{Current, End, Expander};
use crate::ir::NodeId;
use crate::ir::op::{Add, Concat, Gate, Op};
use crate::ir::scope::{ScopeId, ScopeKind};
use crate::source::Span;
use crate::syntax::ast::{Body, Branch, Following, Ident};

/// An inception of which a branch is being executed.
pub(super) struct Inception<'a> {
    input: Current,
    /// What the branches gave so far.
    results: Vec<Current>,
    rest: Iter<'a, Branch>,
    label: Option<&'a Ident>,
    span: Span,
}

impl<'a> Expander<'a, '_> {
    pub(super) fn residual(
        &mut self,
        after: &'a [Following],
        body: &'a Body,
        shortcut: Option<&'a Body>,
        label: Option<&'a Ident>,
        span: Span,
    ) {
        let around = self.scope();
        let segment = self.name(around, "residual", label, span);
        self.arriving(span, "residual");
        let Some(scope) = self.open(around, ScopeKind::Residual, segment, span) else { return };
        self.enter(body, scope, End::Residual { input: self.current, shortcut, after, span });
    }

    /// Behind the body of a residual: goes on with the shortcut, or to the sum.
    pub(super) fn residual_through(
        &mut self,
        scope: ScopeId,
        input: Current,
        shortcut: Option<&'a Body>,
        after: &'a [Following],
        span: Span,
    ) {
        let main = self.current;
        let Some(shortcut) = shortcut else { return self.sum(scope, main, input, after, span) };
        self.current = input;
        let segment = "shortcut".to_owned();
        self.claim(scope, &segment, shortcut.span, false);
        let Some(inner) = self.open(scope, ScopeKind::Shortcut, segment, shortcut.span) else { return };
        self.enter(shortcut, inner, End::Shortcut { residual: scope, main, after, span });
    }

    /// The sum of a residual, and the operations that follow it, in the scope around.
    pub(super) fn sum(
        &mut self,
        scope: ScopeId,
        main: Current,
        other: Current,
        after: &'a [Following],
        span: Span,
    ) {
        // The sum goes by the statement's first word, not by all of its lines.
        let head = Span { end: span.end.min(span.start.saturating_add("residual".len() as u32)), ..span };
        match (main, other) {
            (Current::Node(main), Current::Node(other)) => {
                self.claim(scope, "add", head, false);
                self.node(Op::Add(Add::default()), &[main, other], scope, "add".to_owned(), head);
            }
            _ => self.poison(),
        }
        for following in after {
            match following {
                Following::Operation(o) => {
                    self.apply(o.kind.value, &o.positionals, &o.attributes, o.span, None);
                }
                Following::Call(call) => {
                    match self.bound(&call.name.value) {
                        Some(value) => self.call_value(call, None, &value),
                        // The resolver has reported it.
                        None => self.poison(),
                    }
                }
            }
        }
        self.close(scope);
    }

    pub(super) fn inception(&mut self, branches: &'a [Branch], label: Option<&'a Ident>, span: Span) {
        self.arriving(span, "inception");
        let inception =
            Inception { input: self.current, results: Vec::new(), rest: branches.iter(), label, span };
        self.next_branch(Box::new(inception));
    }

    pub(super) fn branch_through(&mut self, mut inception: Box<Inception<'a>>) {
        inception.results.push(self.current);
        self.next_branch(inception);
    }

    /// Starts the next branch, or concatenates them behind the last.
    fn next_branch(&mut self, mut inception: Box<Inception<'a>>) {
        self.current = inception.input;
        let around = self.scope();
        if let Some(branch) = inception.rest.next() {
            let segment = self.name(around, "branch", branch.label.as_ref(), branch.span);
            let Some(scope) = self.open(around, ScopeKind::Branch, segment, branch.span) else { return };
            return self.enter(&branch.body, scope, End::Branch(inception));
        }
        let head = inception.span;
        let head = Span { end: head.end.min(head.start.saturating_add("inception".len() as u32)), ..head };
        let name = self.name(around, "inception", inception.label, head);
        match nodes(&inception.results) {
            Some(nodes) if !nodes.is_empty() => self.node(Op::Concat(Concat), &nodes, around, name, head),
            Some(_) => {}
            None => self.poison(),
        }
    }

    pub(super) fn gate(&mut self, body: &'a Body, label: Option<&'a Ident>, span: Span) {
        let around = self.scope();
        let segment = self.name(around, "gate", label, span);
        self.arriving(span, "gate");
        let Some(scope) = self.open(around, ScopeKind::Gate, segment, span) else { return };
        self.enter(body, scope, End::Gate { input: self.current, span });
    }

    /// Behind the body of a gate: the product of what arrived and what the body gave.
    pub(super) fn product(&mut self, scope: ScopeId, input: Current, span: Span) {
        let head = Span { end: span.end.min(span.start.saturating_add("gate".len() as u32)), ..span };
        match (input, self.current) {
            (Current::Node(input), Current::Node(factor)) => {
                self.claim(scope, "multiply", head, false);
                self.node(Op::Gate(Gate), &[input, factor], scope, "multiply".to_owned(), head);
            }
            _ => self.poison(),
        }
        self.close(scope);
    }

    /// `let x`
    pub(super) fn let_value(&mut self, name: &'a Ident) {
        self.arriving(name.span, "let");
        let current = self.current;
        if let Some(level) = self.levels.last_mut() {
            level.values.insert(&name.value, current);
        }
    }

    /// The value that a `let` named. `None` if there is none, which the resolver has reported.
    pub(super) fn value_of(&self, name: &Ident) -> Option<Current> {
        self.visible().find_map(|level| level.values.get(name.value.as_str())).copied()
    }

    /// `add x`
    pub(super) fn add(&mut self, name: &'a Ident, label: Option<&'a Ident>, span: Span) {
        let scope = self.scope();
        let local = self.name(scope, "add", label, span);
        let other = self.value_of(name);
        match (self.arriving(span, "add"), other) {
            (Some(current), Some(Current::Node(other))) => {
                self.node(Op::Add(Add::default()), &[current, other], scope, local, span);
            }
            _ => self.poison(),
        }
    }

    /// `concat x, y`: the current value first.
    pub(super) fn concat(&mut self, names: &'a [Ident], label: Option<&'a Ident>, span: Span) {
        let scope = self.scope();
        let local = self.name(scope, "concat", label, span);
        let mut values = vec![self.current];
        values.extend(names.iter().map(|name| self.value_of(name).unwrap_or(Current::Poisoned)));
        self.arriving(span, "concat");
        match nodes(&values) {
            Some(nodes) => self.node(Op::Concat(Concat), &nodes, scope, local, span),
            None => self.poison(),
        }
    }
}

/// All of them, if none is poisoned or missing.
fn nodes(values: &[Current]) -> Option<Vec<NodeId>> {
    let nodes = values.iter().map(|value| match value {
        Current::Node(node) => Some(*node),
        Current::Missing | Current::Poisoned => None,
    });
    nodes.collect()
}
