//! Numbers, sizes and strings.

use super::{Node, Parsed, Parser, Reported};
use crate::diagnostic::{Code, Diagnostic};
use crate::source::Spanned;
use crate::syntax::ast::ExpressionKind;

impl Parser<'_> {
    /// A finite number.
    pub(super) fn number(&mut self, node: &Node<'_>) -> Parsed<ExpressionKind> {
        self.finite(node, node.text()).map(ExpressionKind::Number)
    }

    /// `3x3`, `224x224x3`
    pub(super) fn size(&mut self, node: &Node<'_>) -> Parsed<ExpressionKind> {
        let sides = node.text().split('x').map(|side| self.finite(node, side)).collect::<Parsed<_>>()?;
        Ok(ExpressionKind::Size(sides))
    }

    fn finite(&mut self, node: &Node<'_>, digits: &str) -> Parsed<f64> {
        match digits.parse::<f64>() {
            Ok(number) if number.is_finite() => Ok(number),
            _ => {
                let span = self.span_of(node);
                self.report(Diagnostic::new(Code::InvalidNumber, span, "this number is too large", ""));
                Err(Reported { at: node.end() })
            }
        }
    }

    /// What is between the quotes; there are no escapes.
    pub(super) fn string(&mut self, node: &Node<'_>) -> Spanned<String> {
        Spanned { value: node.text().trim_matches('"').to_owned(), span: self.span_of(node) }
    }
}
