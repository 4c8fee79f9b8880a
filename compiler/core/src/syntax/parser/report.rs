//! Where the parser's diagnostics go, and the shorter ones.

use super::words::name_of_reserved;
use super::{Parser, Reported};
use crate::diagnostic::{Code, Diagnostic};
use crate::syntax::ast::Ident;
use crate::syntax::scan::MAX_ERRORS;

impl Parser<'_> {
    /// Adds a diagnostic, unless the file has enough of them.
    pub(super) fn report(&mut self, diagnostic: Diagnostic) {
        if !self.is_full() {
            self.diagnostics.push(diagnostic);
        }
    }

    /// Whether the file has so many errors that the rest is not looked at.
    pub(super) fn is_full(&self) -> bool {
        self.diagnostics.len() >= MAX_ERRORS
    }

    /// Reports a reserved word where a name is to be made.
    pub(super) fn report_reserved(&mut self, name: &Ident) -> Reported {
        let word = name_of_reserved(&name.value).unwrap_or_default();
        let message = format!("{word} cannot be a name");
        let help = format!("choose another, such as `{}_`", name.value);
        self.report(Diagnostic::new(Code::ReservedWord, name.span, message, "").help(help));
        Reported { at: name.span.end as usize }
    }

    /// Reports a reserved word where a value is needed.
    pub(super) fn report_reserved_value(&mut self, name: &Ident) -> Reported {
        let message =
            format!("expected a value, found {}", name_of_reserved(&name.value).unwrap_or_default());
        self.report(Diagnostic::new(Code::ReservedWord, name.span, message, ""));
        Reported { at: name.span.start as usize }
    }

    /// Reports a label that is followed by something else than a statement.
    pub(super) fn report_missing_statement(&mut self, label: &Ident, end: usize) -> Reported {
        let position = label.span.end as usize;
        let at = self.peek(position, end).map_or(position, |colon| colon.range.end);
        let found = self.peek(at, end);
        let span = found.as_ref().map_or(label.span, |token| self.token_span(token));
        if !self.scan.is_bad(position, span.end as usize) {
            let message =
                format!("expected a statement behind the label, found {}", self.found(found.as_ref()));
            let help = format!("an attribute has a `=` and no colon: `{}=..`", name(label));
            self.report(Diagnostic::new(Code::Syntax, span, message, "").help(help));
        }
        Reported { at: span.end as usize }
    }

    pub(super) fn report_missing_branch(&mut self, start: usize, end: usize) -> Reported {
        let span = self.peek(start, end).map_or(self.span(start, start), |t| self.token_span(&t));
        if !self.scan.is_bad(start, span.end as usize) {
            let message = "an `inception` holds branches and nothing else";
            let diagnostic = Diagnostic::new(Code::Syntax, span, message, "expected `branch`");
            self.report(diagnostic.help("write `branch { .. }` around what makes one branch"));
        }
        Reported { at: span.end as usize }
    }
}

/// A name for a message, cut where it is long.
fn name(ident: &Ident) -> String {
    ident.value.chars().take(40).collect()
}
