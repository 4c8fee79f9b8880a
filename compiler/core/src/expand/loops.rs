//! `stack` and `for`.

use std::rc::Rc;

use super::limits;
use super::machine::{End, Expander};
use super::value::{List, Value};
use crate::diagnostic::{Code, Diagnostic};
use crate::ir::scope::{ScopeId, ScopeKind};
use crate::source::Span;
use crate::syntax::ast::{Body, Expression, Ident, Pattern};

/// A loop that is being executed.
pub(super) struct Loop<'a> {
    items: Items<'a>,
    /// The iteration that runs, from 0.
    at: usize,
    index: Option<&'a Ident>,
    body: &'a Body,
    scope: ScopeId,
    /// The count or the list in the text.
    pub(super) span: Span,
}

/// What a loop runs over.
enum Items<'a> {
    Count(usize),
    List(Rc<List>, &'a Pattern),
}

impl Items<'_> {
    fn len(&self) -> usize {
        match self {
            Items::Count(n) => *n,
            Items::List(list, _) => list.items.len(),
        }
    }
}

impl Loop<'_> {
    /// The iteration that runs, for people and as the index: from 0.
    pub(super) fn position(&self) -> usize {
        self.at
    }
}

impl<'a> Expander<'a, '_> {
    pub(super) fn stack(
        &mut self,
        count: &'a Expression,
        index: Option<&'a Ident>,
        body: &'a Body,
        label: Option<&'a Ident>,
    ) {
        let value = self.evaluate(count);
        let Some(n) = self.whole(&value, count.span, "the number of repeats", 0) else { return self.skip() };
        self.repeat("stack", Items::Count(n), index, body, label, count.span);
    }

    pub(super) fn for_each(
        &mut self,
        pattern: &'a Pattern,
        list: &'a Expression,
        index: Option<&'a Ident>,
        body: &'a Body,
        label: Option<&'a Ident>,
    ) {
        let items = match self.evaluate(list) {
            Value::List(items) => items,
            Value::Unknown => return self.skip(),
            other => {
                let message = format!("`for` runs over a list, and this is {}", other.describe());
                let d = Diagnostic::new(Code::WrongType, list.span, message, "not a list");
                self.report(match other {
                    Value::Number(n) => d.help(format!("`stack {n} {{ .. }}` repeats a number of times")),
                    _ => d,
                });
                return self.skip();
            }
        };
        self.repeat("for", Items::List(items, pattern), index, body, label, list.span);
    }

    fn repeat(
        &mut self,
        word: &str,
        items: Items<'a>,
        index: Option<&'a Ident>,
        body: &'a Body,
        label: Option<&'a Ident>,
        span: Span,
    ) {
        if items.len() > limits::REPEATS {
            let message = format!("a loop repeats at most {} times", limits::REPEATS);
            self.report(Diagnostic::new(
                Code::TooManyRepeats,
                span,
                message,
                format!("{} times", items.len()),
            ));
            return self.skip();
        }
        let around = self.scope();
        let name = self.name(around, word, label, span);
        let Some(scope) = self.open(around, ScopeKind::Loop, name, span) else { return };
        self.start(Loop { items, at: 0, index, body, scope, span });
    }

    /// Goes on behind an iteration.
    pub(super) fn iterate(&mut self, mut repeat: Loop<'a>) {
        repeat.at += 1;
        self.start(repeat);
    }

    /// Starts the iteration that a loop is at, or ends the loop behind its last.
    fn start(&mut self, repeat: Loop<'a>) {
        let (at, index, body) = (repeat.at, repeat.index, repeat.body);
        if at >= repeat.items.len() {
            return self.close(repeat.scope);
        }
        let Some(scope) = self.open(repeat.scope, ScopeKind::Iteration, at.to_string(), repeat.span) else {
            return;
        };
        let element = match &repeat.items {
            Items::Count(_) => None,
            Items::List(list, pattern) => list.items.get(at).map(|element| (element.clone(), *pattern)),
        };
        let span = repeat.span;
        self.enter(body, scope, End::Iteration(repeat));
        if let Some(index) = index {
            self.define(&index.value, Value::Number(at as f64));
        }
        if let Some((element, pattern)) = element
            && !self.unpack(element, pattern, span)
        {
            // The other iterations would say the same.
            self.levels.pop();
            self.skip();
        }
    }

    /// Binds the names of a pattern; false after an error.
    fn unpack(&mut self, element: Value, pattern: &'a Pattern, list: Span) -> bool {
        let (names, span) = match pattern {
            Pattern::Name(name) => {
                self.define(&name.value, element);
                return true;
            }
            Pattern::Tuple(names, span) => (names, *span),
        };
        match element {
            Value::List(parts) if parts.items.len() == names.len() => {
                for (name, part) in names.iter().zip(&parts.items) {
                    self.define(&name.value, part.clone());
                }
                true
            }
            Value::Unknown => {
                names.iter().for_each(|name| self.define(&name.value, Value::Unknown));
                true
            }
            other => {
                let found = match &other {
                    Value::List(parts) => format!("has {} values", parts.items.len()),
                    _ => format!("is {}", other.describe()),
                };
                let message = format!("an element of the list {found}, and here are {} names", names.len());
                self.report(
                    Diagnostic::new(Code::Unpacking, span, message, format!("{} names", names.len()))
                        .also(list, format!("an element is {other}")),
                );
                false
            }
        }
    }
}
