//! The positionals and attributes of an operation: what it says itself, then what `defaults` say, then the language.
//!
//! `defaults conv` covers `depthwise` and `separable` too; a `defaults` of their own comes before it, whichever is the
//! inner one.

use std::collections::HashMap;

use super::machine::Expander;
use super::value::Value;
use crate::source::Span;
use crate::syntax::ast::{Attribute, Expression};
use crate::syntax::vocabulary::{DefaultValue, OperationKind};

/// What `defaults` say, and where.
pub(super) type Defaults<'a> = HashMap<(OperationKind, &'a str), (Value, Span)>;

/// An operation whose positionals and attributes are evaluated.
pub(super) struct Operands<'a> {
    pub(super) kind: OperationKind,
    /// All of it.
    pub(super) span: Span,
    positionals: Vec<(Value, Span)>,
    attributes: Vec<(&'a str, Value, Span)>,
}

impl<'a> Expander<'a, '_> {
    pub(super) fn operands(
        &mut self,
        kind: OperationKind,
        positionals: &'a [Expression],
        attributes: &'a [Attribute],
        span: Span,
    ) -> Operands<'a> {
        let positionals = positionals.iter().map(|p| (self.evaluate(p), p.span)).collect();
        let attributes = attributes
            .iter()
            .map(|a| (a.key.value.as_str(), self.evaluate(&a.value), a.value.span))
            .collect();
        Operands { kind, span, positionals, attributes }
    }

    /// An attribute that the text gives, in the operation or in `defaults`.
    pub(super) fn written(&self, operands: &Operands<'a>, key: &str) -> Option<(Value, Span)> {
        if let Some((_, value, span)) = operands.attributes.iter().find(|(k, _, _)| *k == key) {
            return Some((value.clone(), *span));
        }
        let defaults = &self.levels.last()?.defaults;
        let kind = operands.kind;
        let own = defaults.get(&(kind, key));
        let found = match kind {
            OperationKind::Depthwise | OperationKind::Separable => {
                own.or_else(|| defaults.get(&(OperationKind::Conv, key)))
            }
            _ => own,
        };
        found.cloned()
    }

    /// An attribute, or what the language has for it. Defaults that are not plain values are `None`.
    fn attribute(&self, operands: &Operands<'a>, key: &str) -> Option<(Value, Span)> {
        self.written(operands, key).or_else(|| {
            let value = match operands.kind.attribute(key)?.default {
                DefaultValue::Number(n) => Value::Number(n),
                DefaultValue::Bool(b) => Value::Bool(b),
                DefaultValue::Valid | DefaultValue::SameAtStrideOne | DefaultValue::OwnSize => return None,
            };
            Some((value, operands.span))
        })
    }

    /// A positional.
    pub(super) fn positional(&self, operands: &Operands<'a>, index: usize) -> (Value, Span) {
        // The grammar has as many as the word takes.
        operands.positionals.get(index).cloned().unwrap_or((Value::Unknown, operands.span))
    }

    /// A positional that is a whole number of at least 1.
    pub(super) fn count(&mut self, operands: &Operands<'a>, index: usize, what: &str) -> Option<usize> {
        let (value, span) = self.positional(operands, index);
        self.whole(&value, span, what, 1)
    }

    /// An attribute that is a truth value.
    pub(super) fn flag(&mut self, operands: &Operands<'a>, key: &str) -> Option<bool> {
        let (value, span) = self.attribute(operands, key)?;
        self.truth(&value, span, &format!("`{key}`"))
    }

    /// An attribute that is a whole number of at least 1.
    pub(super) fn count_of(&mut self, operands: &Operands<'a>, key: &str) -> Option<usize> {
        let (value, span) = self.attribute(operands, key)?;
        self.whole(&value, span, &format!("`{key}`"), 1)
    }

    /// An attribute that is a number.
    pub(super) fn number(
        &mut self,
        operands: &Operands<'a>,
        key: &str,
        fits: impl FnOnce(f64) -> bool,
        range: &str,
    ) -> Option<f64> {
        let (value, span) = self.attribute(operands, key)?;
        self.real(&value, span, &format!("`{key}`"), fits, range)
    }

    /// An attribute that is a size; `None` also where it has no plain default.
    pub(super) fn size_of(&mut self, operands: &Operands<'a>, key: &str) -> Option<[usize; 2]> {
        let (value, span) = self.attribute(operands, key)?;
        self.size(&value, span, &format!("`{key}`"))
    }
}
