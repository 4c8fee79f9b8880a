//! What the parser says about text that does not follow the grammar.

use pest::error::{Error, ErrorVariant, InputLocation};

use super::{Parser, Reported, Rule};
use crate::diagnostic::{Code, Diagnostic};
use crate::source::{Span, Spanned};
use crate::syntax::ast::Ident;
use crate::syntax::lexer::Token;
use crate::syntax::scan::MAX_ERRORS;
use crate::syntax::vocabulary::OperationKind;

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

    /// Reports that `rule` does not match the text at `start`.
    pub(super) fn report_mismatch(
        &mut self,
        _rule: Rule,
        start: usize,
        end: usize,
        error: &Error<Rule>,
    ) -> Reported {
        let offset = match error.location {
            InputLocation::Pos(at) | InputLocation::Span((at, _)) => at,
        };
        let token = self.peek(start + offset, end);
        if let ErrorVariant::CustomError { .. } = &error.variant {
            // The only one that pest makes by itself: its guard of the stack.
            let message = "this is nested too deeply for the stack at hand";
            self.report(Diagnostic::new(Code::NestedTooDeeply, self.span(start, start), message, ""));
            return Reported { at: end };
        }
        let found = token
            .as_ref()
            .map_or_else(|| "the end of the body".into(), |t| format!("`{}`", self.token_text(t)));
        let at = token.map_or(end, |t| t.range.start);
        if !self.scan.is_bad(start, at + 1) {
            self.report(Diagnostic::new(
                Code::Syntax,
                self.span(at, at + 1),
                format!("unexpected {found}"),
                "",
            ));
        }
        Reported { at }
    }

    pub(super) fn report_reserved(&mut self, name: &Ident) -> Reported {
        let message = format!("`{}` is a word of the language and cannot be a name", name.value);
        self.report(Diagnostic::new(Code::ReservedWord, name.span, message, ""));
        Reported { at: name.span.end as usize }
    }

    pub(super) fn report_reserved_value(&mut self, name: &Ident) -> Reported {
        let message = format!("expected a value, found the word `{}`", name.value);
        self.report(Diagnostic::new(Code::ReservedWord, name.span, message, ""));
        Reported { at: name.span.start as usize }
    }

    /// Reports that something else stands where an operation's positional of this index should.
    pub(super) fn report_positional(
        &mut self,
        kind: &Spanned<OperationKind>,
        index: usize,
        found: Span,
    ) -> Reported {
        let spec = kind.value.spec();
        let missing = spec.positionals.get(index).map_or("a value", |p| p.name);
        let message = format!("`{}` lacks {missing}: `{}`", spec.word, spec.example);
        self.report(Diagnostic::new(Code::PositionalCount, found, message, ""));
        Reported { at: found.start as usize }
    }

    pub(super) fn report_outside_item(&mut self, token: &Token) -> Reported {
        let text = self.token_text(token);
        if !self.scan.is_bad(token.range.start, token.range.end) {
            let message = format!("expected `net`, `block` or `use`, found `{text}`");
            self.report(Diagnostic::new(Code::Syntax, self.token_span(token), message, ""));
        }
        Reported { at: token.range.end }
    }

    pub(super) fn report_missing_brace(&mut self, position: usize, token: Option<&Token>) -> Reported {
        let span = token.map_or(self.span(position, position), |t| self.token_span(t));
        if !self.scan.is_bad(position, span.end as usize) {
            self.report(Diagnostic::new(Code::Syntax, span, "expected `{`", ""));
        }
        Reported { at: span.start as usize }
    }

    pub(super) fn report_missing_statement(&mut self, position: usize) -> Reported {
        let span = self.span(position, position);
        self.report(Diagnostic::new(Code::Syntax, span, "expected a statement behind the label", ""));
        Reported { at: position }
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
