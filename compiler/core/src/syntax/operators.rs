//! The operators and functions of expressions: how they are written and how tight they bind, which is as in Python.

use super::ast::{BinaryOperator, Function, NamedPadding, UnaryOperator};

/// Operators of a higher number bind tighter.
pub(crate) type Precedence = u8;

pub(crate) const NOT: Precedence = 3;
pub(crate) const COMPARISON: Precedence = 4;
pub(crate) const SUM: Precedence = 5;
pub(crate) const NEGATE: Precedence = 7;
/// Groups from the right; every other operator from the left, or, as comparisons, not at all.
pub(crate) const POWER: Precedence = 8;
/// What is no operator.
pub(crate) const PRIMARY: Precedence = 9;

const BINARY: &[BinaryOperator] = &[
    BinaryOperator::Or,
    BinaryOperator::And,
    BinaryOperator::Equal,
    BinaryOperator::NotEqual,
    BinaryOperator::Less,
    BinaryOperator::LessEqual,
    BinaryOperator::Greater,
    BinaryOperator::GreaterEqual,
    BinaryOperator::Add,
    BinaryOperator::Subtract,
    BinaryOperator::Multiply,
    BinaryOperator::Divide,
    BinaryOperator::Power,
];

const FUNCTIONS: &[Function] =
    &[Function::Min, Function::Max, Function::Floor, Function::Ceil, Function::RoundTo];

impl UnaryOperator {
    /// How it is written.
    pub fn symbol(self) -> &'static str {
        match self {
            UnaryOperator::Negate => "-",
            UnaryOperator::Not => "not",
        }
    }

    pub(crate) fn precedence(self) -> Precedence {
        match self {
            UnaryOperator::Negate => NEGATE,
            UnaryOperator::Not => NOT,
        }
    }
}

impl BinaryOperator {
    /// How it is written.
    pub fn symbol(self) -> &'static str {
        match self {
            BinaryOperator::Or => "or",
            BinaryOperator::And => "and",
            BinaryOperator::Equal => "==",
            BinaryOperator::NotEqual => "!=",
            BinaryOperator::Less => "<",
            BinaryOperator::LessEqual => "<=",
            BinaryOperator::Greater => ">",
            BinaryOperator::GreaterEqual => ">=",
            BinaryOperator::Add => "+",
            BinaryOperator::Subtract => "-",
            BinaryOperator::Multiply => "*",
            BinaryOperator::Divide => "/",
            BinaryOperator::Power => "**",
        }
    }

    pub(crate) fn from_symbol(symbol: &str) -> Option<Self> {
        BINARY.iter().copied().find(|operator| operator.symbol() == symbol)
    }

    pub(crate) fn precedence(self) -> Precedence {
        match self {
            BinaryOperator::Or => 1,
            BinaryOperator::And => 2,
            BinaryOperator::Equal
            | BinaryOperator::NotEqual
            | BinaryOperator::Less
            | BinaryOperator::LessEqual
            | BinaryOperator::Greater
            | BinaryOperator::GreaterEqual => COMPARISON,
            BinaryOperator::Add | BinaryOperator::Subtract => SUM,
            BinaryOperator::Multiply | BinaryOperator::Divide => 6,
            BinaryOperator::Power => POWER,
        }
    }
}

impl Function {
    /// How it is written.
    pub fn word(self) -> &'static str {
        match self {
            Function::Min => "min",
            Function::Max => "max",
            Function::Floor => "floor",
            Function::Ceil => "ceil",
            Function::RoundTo => "round_to",
        }
    }

    pub(crate) fn from_word(word: &str) -> Option<Self> {
        FUNCTIONS.iter().copied().find(|function| function.word() == word)
    }
}

impl NamedPadding {
    /// How it is written.
    pub fn word(self) -> &'static str {
        match self {
            NamedPadding::Same => "same",
            NamedPadding::Valid => "valid",
        }
    }
}
