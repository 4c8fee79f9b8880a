//! What each statement does.

use std::rc::Rc;

use super::limits;
use super::machine::{Current, End, Expander};
use super::value::Value;
use crate::diagnostic::{Code, Diagnostic};
use crate::ir::budget::{Budget, Quantity};
use crate::ir::op::{Input, Op};
use crate::ir::shape::Shape;
use crate::source::Span;
use crate::syntax::ast::{Attribute, Body, DefaultsEntry, Expression, Ident, Statement, StatementKind};

impl<'a> Expander<'a, '_> {
    pub(super) fn statement(&mut self, statement: &'a Statement) {
        let label = statement.label.as_ref();
        let span = statement.span;
        match &statement.kind {
            StatementKind::Input(size) => self.input(size, label, span),
            StatementKind::Operation(o) => {
                self.apply(o.kind.value, &o.positionals, &o.attributes, o.span, label);
            }
            StatementKind::Call(call) => self.call(call, label),
            StatementKind::Stack { count, index, body } => self.stack(count, index.as_ref(), body, label),
            StatementKind::For { pattern, list, index, body } => {
                self.for_each(pattern, list, index.as_ref(), body, label);
            }
            StatementKind::If { condition, then, otherwise } => {
                self.conditional_body(condition, then, otherwise.as_ref());
            }
            StatementKind::Residual { after, body, shortcut } => {
                self.residual(after, body, shortcut.as_ref(), label, span);
            }
            StatementKind::Inception { branches } => self.inception(branches, label, span),
            StatementKind::Gate { body } => self.gate(body, label, span),
            StatementKind::Const { name, value } => {
                let value = self.evaluate(value);
                self.define(&name.value, value);
            }
            StatementKind::Let(name) => self.let_value(name),
            StatementKind::From(name) => {
                if let Some(value) = self.value_of(name) {
                    self.current = value;
                }
            }
            StatementKind::Add(name) => self.add(name, label, span),
            StatementKind::Concat(names) => self.concat(names, label, span),
            StatementKind::Defaults(entries) => self.set_defaults(entries),
            StatementKind::Output(names) => self.output(names),
            StatementKind::Preprocess(steps) => self.preprocess(steps, span),
            StatementKind::Labels(name) => {
                if let Some(first) = self.labels.replace(span) {
                    let message = "the net has `labels` already";
                    let d = Diagnostic::new(Code::Repeated, span, message, "again");
                    self.report(d.also(first, "the first").help("keep one of them"));
                }
                self.graph.labels = Some(name.clone());
            }
            StatementKind::Budget(entries) => self.budget(entries, span),
        }
    }

    fn budget(&mut self, entries: &'a [Attribute], span: Span) {
        if let Some(first) = self.budget.replace(span) {
            let message = "the net has a `budget` already";
            let d = Diagnostic::new(Code::Repeated, span, message, "again").also(first, "the first");
            self.report(d.help("write all of it into one: `budget arena=8MiB macs=1e9`"));
            return;
        }
        for Attribute { key, value } in entries {
            // The resolver has reported what is no quantity.
            let Some(quantity) = Quantity::from_word(&key.value) else { continue };
            let limit = self.evaluate(value);
            let what = format!("the budget of `{}`", key.value);
            let limit = self.real(&limit, value.span, &what, |n| n >= 1.0, "at least 1");
            if let Some(limit) = limit {
                // What is held against it is whole.
                let limit = limit as u64;
                self.graph.budgets.push(Budget { quantity, limit, span: key.span.to(value.span) });
            }
        }
    }

    fn input(&mut self, size: &'a Expression, label: Option<&'a Ident>, span: Span) {
        if let Some(first) = self.input {
            let message = "a net has one input, and this is a second";
            self.report(Diagnostic::new(Code::SecondInput, span, message, "again").also(first, "the first"));
            return;
        }
        let nested = self.levels.iter().any(|level| !matches!(level.end, End::Net | End::If));
        if nested {
            let message = "`input` stands at the beginning of a net, not in a loop or a branch";
            self.report(Diagnostic::new(Code::WrongPlace, span, message, ""));
        }
        self.input = Some(span);
        let (value, place) = match self.input_setting.take() {
            Some(set) => set,
            None => (self.evaluate(size), size.span),
        };
        let Some(shape) = self.input_shape(&value, place) else { return self.poison() };
        let scope = self.scope();
        let name = match label {
            Some(label) => label.value.clone(),
            None => "input".to_owned(),
        };
        self.claim(scope, &name, span, label.is_some());
        self.current = Current::Missing;
        self.node(Op::Input(Input { shape }), &[], scope, name, span);
    }

    fn input_shape(&mut self, value: &Value, span: Span) -> Option<Shape> {
        let parts = match value {
            Value::Unknown => return None,
            Value::List(list) if list.items.len() == 3 => list,
            other => {
                let found = match other {
                    Value::List(list) => format!("has {} parts", list.items.len()),
                    _ => format!("is {}", other.describe()),
                };
                let message = format!("the input is rows x columns x channels, and this {found}");
                self.report(
                    Diagnostic::new(Code::SizeParts, span, message, "")
                        .help("for example `input 224x224x3` or `input (side, side, 3)`"),
                );
                return None;
            }
        };
        let mut sides = [0; 3];
        let what =
            ["the input's number of rows", "the input's number of columns", "the input's number of channels"];
        for ((side, item), what) in sides.iter_mut().zip(&parts.items).zip(what) {
            *side = self.whole(item, span, what, 1)?;
        }
        let [height, width, channels] = sides;
        Some(Shape { height, width, channels })
    }

    fn conditional_body(&mut self, condition: &'a Expression, then: &'a Body, otherwise: Option<&'a Body>) {
        let value = self.evaluate(condition);
        let Some(holds) = self.truth(&value, condition.span, "the condition of `if`") else {
            return self.skip();
        };
        let body = if holds { Some(then) } else { otherwise };
        if let Some(body) = body {
            let scope = self.scope();
            self.enter(body, scope, End::If);
        }
    }

    fn set_defaults(&mut self, entries: &'a [DefaultsEntry]) {
        for entry in entries {
            for attribute in &entry.attributes {
                let value = self.evaluate(&attribute.value);
                if let Some(level) = self.levels.last_mut() {
                    let place = (entry.kind.value, attribute.key.value.as_str());
                    Rc::make_mut(&mut level.defaults).insert(place, (value, attribute.value.span));
                }
            }
        }
    }

    /// Whether another node may be added; reports it if not.
    pub(super) fn room(&mut self, span: Span) -> bool {
        if self.graph.len() < limits::NODES {
            return true;
        }
        if !self.halted {
            self.halted = true;
            let message = format!("the network has more than {} operations", limits::NODES);
            self.report(
                Diagnostic::new(Code::TooManyNodes, span, message, "one too many")
                    .help("is there a loop that repeats too often?"),
            );
        }
        false
    }
}
