//! Expressions. What goes wrong is reported here, and gives [`Value::Unknown`], about which nothing more is said.

use std::rc::Rc;

use super::limits;
use super::machine::{Current, Expander};
use super::value::{List, Value, decimal};
use crate::diagnostic::{Code, Diagnostic};
use crate::source::{Span, Spanned};
use crate::syntax::ast::{BinaryOperator, Expression, ExpressionKind, UnaryOperator};

impl Expander<'_, '_> {
    /// The value of an expression. The parser bounds the depth of this recursion.
    pub(super) fn evaluate(&mut self, expression: &Expression) -> Value {
        let span = expression.span;
        if !self.step(1, span) {
            return Value::Unknown;
        }
        match &expression.kind {
            ExpressionKind::Number(n) => Value::Number(*n),
            ExpressionKind::Size(sides) => self.list(sides.iter().map(|&n| Value::Number(n)).collect(), span),
            ExpressionKind::Bool(b) => Value::Bool(*b),
            ExpressionKind::Padding(padding) => Value::Padding(*padding),
            ExpressionKind::Operation(kind) => Value::Operation(*kind),
            ExpressionKind::Name(name) => self.lookup(name, span),
            ExpressionKind::Tuple(items) | ExpressionKind::List(items) => self.items(items, span),
            ExpressionKind::Index(list, index) => self.index(list, index),
            ExpressionKind::Unary(operator, operand) => self.unary(operator, operand),
            ExpressionKind::Binary(operator, left, right) => match operator.value {
                BinaryOperator::And | BinaryOperator::Or => self.logical(operator, left, right),
                BinaryOperator::Equal | BinaryOperator::NotEqual => self.equal(operator, left, right),
                BinaryOperator::Less
                | BinaryOperator::LessEqual
                | BinaryOperator::Greater
                | BinaryOperator::GreaterEqual
                | BinaryOperator::Add
                | BinaryOperator::Subtract
                | BinaryOperator::Multiply
                | BinaryOperator::Divide
                | BinaryOperator::Power => self.arithmetic(operator, left, right, span),
            },
            ExpressionKind::If { condition, then, otherwise } => self.choice(condition, then, otherwise),
            ExpressionKind::Call { function, arguments } => self.function(function, arguments, span),
        }
    }

    /// The value of a parameter, constant, element or index in sight.
    pub(super) fn bound(&self, name: &str) -> Option<Value> {
        self.visible().find_map(|level| level.names.get(name)).cloned()
    }

    /// A name in an expression.
    fn lookup(&mut self, name: &str, span: Span) -> Value {
        if let Some(value) = self.bound(name) {
            return value;
        }
        let side: fn(crate::ir::Shape) -> usize = match name {
            "channels" => |s| s.channels,
            "rows" => |s| s.height,
            "cols" => |s| s.width,
            _ => {
                // In a body the resolver has reported it; here it is the value of a setting.
                if self.levels.is_empty() {
                    let message = format!("there is no `{name}` here");
                    self.report(
                        Diagnostic::new(Code::UnknownName, span, message, "")
                            .note("a setting's value is made of numbers, lists and words such as `same`"),
                    );
                }
                return Value::Unknown;
            }
        };
        match self.current {
            Current::Node(node) => Value::Number(side(self.graph.node(node).shape) as f64),
            Current::Poisoned => Value::Unknown,
            Current::Missing => {
                let message = format!("`{name}` is the arriving shape, and nothing has arrived yet");
                self.report(
                    Diagnostic::new(Code::NoShapeYet, span, message, "")
                        .help("read it behind the `input`, in the body of a net or block"),
                );
                Value::Unknown
            }
        }
    }

    fn items(&mut self, items: &[Expression], span: Span) -> Value {
        let mut values = Vec::with_capacity(items.len());
        for item in items {
            values.push(self.evaluate(item));
        }
        self.list(values, span)
    }

    fn list(&mut self, values: Vec<Value>, span: Span) -> Value {
        match List::new(values) {
            Some(list) => Value::List(Rc::new(list)),
            None => {
                let message = format!(
                    "a list holds at most {} values and {} lists within lists",
                    limits::LIST_LENGTH,
                    limits::LIST_DEPTH
                );
                self.report(Diagnostic::new(Code::ListTooLong, span, message, ""));
                Value::Unknown
            }
        }
    }

    fn index(&mut self, list: &Expression, index: &Expression) -> Value {
        let value = self.evaluate(list);
        let at = self.evaluate(index);
        let Some(at) = self.whole(&at, index.span, "an index", 0) else { return Value::Unknown };
        match value {
            Value::List(items) => match items.items.get(at) {
                Some(item) => item.clone(),
                None => {
                    let n = items.items.len();
                    let message = format!("index {at} is behind the end of a list of {n}");
                    self.report(Diagnostic::new(Code::IndexOutOfRange, index.span, message, "").also(
                        list.span,
                        match n {
                            0 => "it is empty".to_owned(),
                            n => format!("its indices are 0 to {}", n - 1),
                        },
                    ));
                    Value::Unknown
                }
            },
            Value::Unknown => Value::Unknown,
            other => self.wrong_type(&other, list.span, "a list"),
        }
    }

    /// Reports a value of a wrong type; one that is unknown has been reported.
    pub(super) fn wrong_type(&mut self, value: &Value, span: Span, wanted: &str) -> Value {
        if *value != Value::Unknown {
            let message = format!("expected {wanted}, found {}", value.describe());
            self.report(Diagnostic::new(Code::WrongType, span, message, format!("this is {value}")));
        }
        Value::Unknown
    }

    fn unary(&mut self, operator: &Spanned<UnaryOperator>, operand: &Expression) -> Value {
        let value = self.evaluate(operand);
        match (operator.value, value) {
            (UnaryOperator::Negate, Value::Number(n)) => Value::Number(-n),
            (UnaryOperator::Not, Value::Bool(b)) => Value::Bool(!b),
            (UnaryOperator::Negate, other) => self.wrong_type(&other, operand.span, "a number"),
            (UnaryOperator::Not, other) => self.wrong_type(&other, operand.span, "`true` or `false`"),
        }
    }

    /// `and` and `or`; the right side is evaluated where it matters only.
    fn logical(
        &mut self,
        operator: &Spanned<BinaryOperator>,
        left: &Expression,
        right: &Expression,
    ) -> Value {
        let value = self.evaluate(left);
        let decides = operator.value == BinaryOperator::Or;
        match value {
            Value::Bool(b) if b == decides => Value::Bool(b),
            Value::Bool(_) => match self.evaluate(right) {
                Value::Bool(b) => Value::Bool(b),
                other => self.wrong_type(&other, right.span, "`true` or `false`"),
            },
            other => self.wrong_type(&other, left.span, "`true` or `false`"),
        }
    }

    /// `==` and `!=`; values of different types differ, so that `pad == same` can be asked where `pad` is a number.
    fn equal(&mut self, operator: &Spanned<BinaryOperator>, left: &Expression, right: &Expression) -> Value {
        let a = self.evaluate(left);
        let b = self.evaluate(right);
        if a == Value::Unknown || b == Value::Unknown || !self.step(a.weight().min(b.weight()), operator.span)
        {
            return Value::Unknown;
        }
        Value::Bool((a == b) == (operator.value == BinaryOperator::Equal))
    }

    fn arithmetic(
        &mut self,
        operator: &Spanned<BinaryOperator>,
        left: &Expression,
        right: &Expression,
        span: Span,
    ) -> Value {
        let a = self.evaluate(left);
        let b = self.evaluate(right);
        let (a, b) = match (a, b) {
            (Value::Number(a), Value::Number(b)) => (a, b),
            (Value::Number(_), other) => return self.wrong_type(&other, right.span, "a number"),
            (other, _) => return self.wrong_type(&other, left.span, "a number"),
        };
        let result = match operator.value {
            BinaryOperator::Less => return Value::Bool(a < b),
            BinaryOperator::LessEqual => return Value::Bool(a <= b),
            BinaryOperator::Greater => return Value::Bool(a > b),
            BinaryOperator::GreaterEqual => return Value::Bool(a >= b),
            BinaryOperator::Add => a + b,
            BinaryOperator::Subtract => a - b,
            BinaryOperator::Multiply => a * b,
            BinaryOperator::Divide => a / b,
            BinaryOperator::Power => a.powf(b),
            // These are no arithmetic and have their own functions.
            BinaryOperator::Or | BinaryOperator::And | BinaryOperator::Equal | BinaryOperator::NotEqual => {
                return Value::Unknown;
            }
        };
        if result.is_finite() {
            return Value::Number(result);
        }
        let message = match operator.value {
            BinaryOperator::Divide if b == 0.0 => format!("{} is divided by zero", decimal(a)),
            BinaryOperator::Power if a < 0.0 && b.fract() != 0.0 => {
                format!("{} to the power of {} is no real number", decimal(a), decimal(b))
            }
            _ => "the result is too large for a number".to_owned(),
        };
        self.report(Diagnostic::new(
            Code::NotFinite,
            span,
            message,
            format!("{} and {}", decimal(a), decimal(b)),
        ));
        Value::Unknown
    }

    fn choice(&mut self, condition: &Expression, then: &Expression, otherwise: &Expression) -> Value {
        let value = self.evaluate(condition);
        match self.truth(&value, condition.span, "the condition of `if`") {
            Some(true) => self.evaluate(then),
            Some(false) => self.evaluate(otherwise),
            None => Value::Unknown,
        }
    }
}
