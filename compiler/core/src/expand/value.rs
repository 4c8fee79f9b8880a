//! Values of expressions.

use std::fmt;
use std::rc::Rc;

use super::limits;
use crate::syntax::ast::NamedPadding;
use crate::syntax::vocabulary::OperationKind;

/// A value of an expression.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value {
    Number(f64),
    Bool(bool),
    Padding(NamedPadding),
    /// An operation without positionals.
    Operation(OperationKind),
    /// A list or tuple; they differ in how they are written only.
    List(Rc<List>),
    /// The value of an expression with a mistake that has been reported. What is computed from it is unknown too, and
    /// nothing more is said about it.
    Unknown,
}

/// A list or tuple.
#[derive(Debug, PartialEq)]
pub(super) struct List {
    pub(super) items: Vec<Value>,
    /// Values in it, those in its lists included.
    length: usize,
    /// Lists within it, itself included.
    depth: usize,
}

impl List {
    /// `None` if it is longer or deeper than the limits allow.
    pub(super) fn new(items: Vec<Value>) -> Option<List> {
        let mut length = items.len();
        let mut depth = 1;
        for item in &items {
            if let Value::List(list) = item {
                length = length.saturating_add(list.length);
                depth = depth.max(list.depth + 1);
            }
        }
        (length <= limits::LIST_LENGTH && depth <= limits::LIST_DEPTH).then_some(List {
            items,
            length,
            depth,
        })
    }
}

impl Value {
    /// What it is, with an article, for messages.
    pub(super) fn describe(&self) -> String {
        match self {
            Value::Number(n) => format!("the number {}", decimal(*n)),
            Value::Bool(b) => format!("`{b}`"),
            Value::Padding(p) => format!("the padding `{}`", padding_word(*p)),
            Value::Operation(kind) => format!("the operation `{}`", kind.word()),
            Value::List(list) => match list.items.len() {
                1 => "a list of one value".to_owned(),
                n => format!("a list of {n} values"),
            },
            Value::Unknown => "unknown".to_owned(),
        }
    }

    /// How many steps it takes to compare it with another.
    pub(super) fn weight(&self) -> u64 {
        match self {
            Value::List(list) => list.length as u64 + 1,
            Value::Number(_) | Value::Bool(_) | Value::Padding(_) | Value::Operation(_) | Value::Unknown => 1,
        }
    }
}

/// A number for people: not more than four decimals, unless it would look whole, and large ones with an exponent.
pub(super) fn decimal(n: f64) -> String {
    let magnitude = n.abs();
    if magnitude >= 1e12 || (n != 0.0 && magnitude < 1e-3) {
        return format!("{n:e}");
    }
    let short = format!("{n:.4}");
    let short = short.trim_end_matches('0').trim_end_matches('.');
    if n.fract() != 0.0 && !short.contains('.') { format!("{n}") } else { short.to_owned() }
}

fn padding_word(padding: NamedPadding) -> &'static str {
    match padding {
        NamedPadding::Same => "same",
        NamedPadding::Valid => "valid",
    }
}

/// As written in the language; long lists are cut.
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const SHOWN: usize = 4;
        match self {
            Value::Number(n) => f.write_str(&decimal(*n)),
            Value::Bool(b) => write!(f, "{b}"),
            Value::Padding(p) => f.write_str(padding_word(*p)),
            Value::Operation(kind) => f.write_str(kind.word()),
            Value::Unknown => f.write_str("?"),
            Value::List(list) => {
                f.write_str("(")?;
                for (i, item) in list.items.iter().take(SHOWN).enumerate() {
                    let comma = if i > 0 { ", " } else { "" };
                    match item {
                        Value::List(_) => write!(f, "{comma}(..)")?,
                        _ => write!(f, "{comma}{item}")?,
                    }
                }
                f.write_str(if list.items.len() > SHOWN { ", ..)" } else { ")" })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::decimal;

    #[test]
    fn numbers_are_short_and_what_is_not_whole_looks_so() {
        for (n, text) in [
            (0.0, "0"),
            (-8.0, "-8"),
            (100.0, "100"),
            (32.0 / 3.0, "10.6667"),
            (3.0 * 1.1, "3.3"),
            (2.9999999999999996, "2.9999999999999996"),
            (1e-5, "1e-5"),
            (1e300, "1e300"),
            (f64::from(1 << 30), "1073741824"),
        ] {
            assert_eq!(decimal(n), text);
        }
    }
}
