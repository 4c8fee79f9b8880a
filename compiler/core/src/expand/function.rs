//! The functions of expressions.

use super::machine::Expander;
use super::value::{Value, decimal};
use crate::diagnostic::{Code, Diagnostic};
use crate::source::{Span, Spanned};
use crate::syntax::ast::{Expression, Function};

impl Expander<'_, '_> {
    pub(super) fn function(
        &mut self,
        function: &Spanned<Function>,
        arguments: &[Expression],
        span: Span,
    ) -> Value {
        let mut numbers = Vec::with_capacity(arguments.len());
        let mut unknown = false;
        for argument in arguments {
            match self.evaluate(argument) {
                Value::Number(n) => numbers.push(n),
                other => {
                    self.wrong_type(&other, argument.span, "a number");
                    unknown = true;
                }
            }
        }
        if unknown {
            return Value::Unknown;
        }
        let result = match (function.value, numbers.as_slice()) {
            (Function::Min, [first, rest @ ..]) => rest.iter().fold(*first, |a, &b| a.min(b)),
            (Function::Max, [first, rest @ ..]) => rest.iter().fold(*first, |a, &b| a.max(b)),
            (Function::Floor, [x]) => x.floor(),
            (Function::Ceil, [x]) => x.ceil(),
            (Function::RoundTo, &[x, divisor]) => {
                if divisor < 1.0 || divisor.fract() != 0.0 {
                    let message = format!(
                        "`round_to` rounds to a whole number of at least 1, and this is {}",
                        decimal(divisor)
                    );
                    let place = arguments.last().map_or(span, |a| a.span);
                    self.report(Diagnostic::new(Code::OutOfRange, place, message, ""));
                    return Value::Unknown;
                }
                round_to(x, divisor)
            }
            (Function::Min | Function::Max | Function::Floor | Function::Ceil | Function::RoundTo, _) => {
                // The resolver has reported it in a file; here it is the value of a setting.
                let message = format!("this function does not take {} arguments", numbers.len());
                self.report(Diagnostic::new(Code::FunctionArguments, function.span, message, ""));
                return Value::Unknown;
            }
        };
        if result.is_finite() {
            return Value::Number(result);
        }
        self.report(Diagnostic::new(Code::NotFinite, span, "the result is too large for a number", ""));
        Value::Unknown
    }
}

/// The multiple of `divisor` nearest to `x`, but at least `divisor`, and one more where that is below 0.9 times `x`:
/// `make_divisible` of TensorFlow's MobileNet.
pub(super) fn round_to(x: f64, divisor: f64) -> f64 {
    let rounded = divisor.max(((x + divisor / 2.0) / divisor).floor() * divisor);
    if rounded < 0.9 * x { rounded + divisor } else { rounded }
}

#[cfg(test)]
mod tests {
    use super::round_to;

    #[test]
    fn round_to_is_make_divisible() {
        // From TensorFlow's `_make_divisible(v, 8)`.
        for (x, rounded) in [
            (1.0, 8.0),
            (8.0, 8.0),
            (11.9, 16.0), // 8 would be below 0.9 * 11.9
            (12.0, 16.0),
            (17.6, 16.0),
            (18.0, 24.0),
            (44.8, 48.0),
            (32.0 * 1.4, 48.0),
            (1280.0 * 1.4, 1792.0),
            (-5.0, 8.0),
        ] {
            assert_eq!(round_to(x, 8.0), rounded, "{x}");
        }
        assert_eq!(round_to(30.0, 32.0), 32.0);
        assert_eq!(round_to(47.0, 32.0), 64.0, "32 would be below 0.9 * 47");
    }
}
