//! The names of operations and scopes: ordinals, labels, and that no two are the same.

use std::collections::HashMap;

use super::machine::Expander;
use crate::diagnostic::{Code, Diagnostic};
use crate::ir::scope::ScopeId;
use crate::source::Span;
use crate::syntax::ast::Ident;

/// The names that were given.
#[derive(Debug, Default)]
pub(super) struct Naming {
    scopes: HashMap<ScopeId, Names>,
}

#[derive(Debug, Default)]
struct Names {
    /// How many there are of every word.
    ordinals: HashMap<String, usize>,
    /// The place that gave each name.
    taken: HashMap<String, Span>,
}

impl Expander<'_, '_> {
    /// Names the next `word` of a scope: its label, or the word and its ordinal. Two of one name are reported.
    pub(super) fn name(&mut self, scope: ScopeId, word: &str, label: Option<&Ident>, span: Span) -> String {
        let names = self.naming.scopes.entry(scope).or_default();
        let ordinal = match names.ordinals.get_mut(word) {
            Some(ordinal) => ordinal,
            None => names.ordinals.entry(word.to_owned()).or_default(),
        };
        *ordinal += 1;
        let (name, place) = match label {
            Some(label) => (label.value.clone(), label.span),
            None => (format!("{word}{ordinal}"), span),
        };
        self.claim(scope, &name, place, label.is_some());
        name
    }

    /// Takes a name in a scope.
    pub(super) fn claim(&mut self, scope: ScopeId, name: &str, span: Span, label: bool) {
        let names = self.naming.scopes.entry(scope).or_default();
        let Some(&first) = names.taken.get(name) else {
            names.taken.insert(name.to_owned(), span);
            return;
        };
        let message = format!("two things are called `{}`", self.graph.scopes.path(scope, name));
        let words =
            if label { "this label is taken" } else { "this is called so by its word and its ordinal" };
        self.report(
            Diagnostic::new(Code::DuplicateLabel, span, message, words)
                .also(first, "the first")
                .help("give one of them another label"),
        );
    }
}
