//! Numbers out of values, in the range that their use allows.

use super::function::round_to;
use super::limits;
use super::machine::Expander;
use super::value::{Value, decimal};
use crate::diagnostic::{Code, Diagnostic};
use crate::source::Span;

impl Expander<'_, '_> {
    /// A whole number of at least `least`. `what` is what it is, for messages: "the number of groups".
    pub(super) fn whole(&mut self, value: &Value, span: Span, what: &str, least: usize) -> Option<usize> {
        let n = match value {
            Value::Number(n) => *n,
            other => {
                self.wrong_type(other, span, &format!("a whole number for {what}"));
                return None;
            }
        };
        if n.fract() != 0.0 {
            let message = format!("{what} must be a whole number, and this is {}", decimal(n));
            let round =
                [("floor(..)", n.floor()), ("ceil(..)", n.ceil()), ("round_to(.., 8)", round_to(n, 8.0))];
            let list: Vec<String> = round.iter().map(|(f, n)| format!("`{f}` is {}", decimal(*n))).collect();
            self.report(
                Diagnostic::new(Code::NotWhole, span, message, decimal(n))
                    .help(format!("round it: {}", list.join(", "))),
            );
            return None;
        }
        if n < least as f64 {
            let message = format!("{what} must be at least {least}, and this is {}", decimal(n));
            self.report(Diagnostic::new(Code::OutOfRange, span, message, decimal(n)));
            return None;
        }
        if n > limits::WHOLE {
            let message = format!("{what} is at most {}, and this is {}", limits::WHOLE, decimal(n));
            self.report(Diagnostic::new(Code::OutOfRange, span, message, decimal(n)));
            return None;
        }
        Some(n as usize)
    }

    /// A truth value.
    pub(super) fn truth(&mut self, value: &Value, span: Span, what: &str) -> Option<bool> {
        match value {
            Value::Bool(b) => Some(*b),
            other => {
                self.wrong_type(other, span, &format!("`true` or `false` for {what}"));
                None
            }
        }
    }

    /// A real number for which `fits` holds; `range` says in words when it does.
    pub(super) fn real(
        &mut self,
        value: &Value,
        span: Span,
        what: &str,
        fits: impl FnOnce(f64) -> bool,
        range: &str,
    ) -> Option<f64> {
        match value {
            Value::Number(n) if fits(*n) => Some(*n),
            Value::Number(n) => {
                let message = format!("{what} must be {range}, and this is {}", decimal(*n));
                self.report(Diagnostic::new(Code::OutOfRange, span, message, decimal(*n)));
                None
            }
            other => {
                self.wrong_type(other, span, &format!("a number for {what}"));
                None
            }
        }
    }
}
