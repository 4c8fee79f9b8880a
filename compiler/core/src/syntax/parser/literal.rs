//! Numbers, sizes and strings.

use super::{Node, Parsed, Parser, Reported};
use crate::diagnostic::{Code, Diagnostic};
use crate::source::Spanned;
use crate::syntax::ast::ExpressionKind;
use crate::syntax::vocabulary::BYTE_UNITS;

impl Parser<'_> {
    /// A finite number; one with a unit is in bytes.
    pub(super) fn number(&mut self, node: &Node<'_>) -> Parsed<ExpressionKind> {
        let text = node.text();
        let unit = BYTE_UNITS.iter().find_map(|(unit, bytes)| Some((text.strip_suffix(unit)?, *bytes)));
        let (digits, factor) = unit.unwrap_or((text, 1.0));
        self.finite(node, digits, factor).map(ExpressionKind::Number)
    }

    /// `3x3`, `224x224x3`
    pub(super) fn size(&mut self, node: &Node<'_>) -> Parsed<ExpressionKind> {
        let sides = node.text().split('x').map(|side| self.finite(node, side, 1.0)).collect::<Parsed<_>>()?;
        Ok(ExpressionKind::Size(sides))
    }

    fn finite(&mut self, node: &Node<'_>, digits: &str, factor: f64) -> Parsed<f64> {
        match digits.parse::<f64>().map(|number| number * factor) {
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
