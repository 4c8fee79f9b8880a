//! The two sides of a line: what matches a name of ours, and what a name of theirs is made of.

use super::Ranks;
use super::expression::{Expression, Term};
use std::collections::BTreeMap;

/// The numbers that a match gave to variables.
pub(super) type Bindings = BTreeMap<String, u64>;

/// The numbers of variables in the order in which a rank names them, and their rank.
pub(super) type Tuples = BTreeMap<Vec<u64>, u64>;

/// The left side.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Ours(pub(super) Vec<OursPart>);

/// A part of the left side.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum OursPart {
    Text(String),
    /// A number: the variable's, and `offset`. The written number is within `range`.
    Number {
        variable: String,
        offset: i64,
        range: Option<(u64, u64)>,
    },
}

impl Ours {
    /// The numbers in a name, if it matches.
    pub(super) fn matches(&self, name: &str) -> Option<Bindings> {
        let (bindings, rest) = bind(&self.0, name)?;
        rest.is_empty().then_some(bindings)
    }

    /// Which part gives a variable its number.
    pub(super) fn place(&self, variable: &str) -> Option<usize> {
        self.0.iter().position(|part| matches!(part, OursPart::Number { variable: v, .. } if v == variable))
    }

    /// The rank of every combination of numbers that these variables have in the front of a name, in the order of the
    /// names.
    pub(super) fn tuples(&self, variables: &[String], names: &[String]) -> Tuples {
        let mut tuples = Tuples::new();
        let Some(last) = variables.iter().filter_map(|v| self.place(v)).max() else {
            return tuples;
        };
        for name in names {
            let Some((bindings, _)) = bind(&self.0[..=last], name) else { continue };
            let rank = tuples.len() as u64;
            tuples.entry(numbers(variables, &bindings)).or_insert(rank);
        }
        tuples
    }
}

/// The numbers of some variables, in their order.
fn numbers(variables: &[String], bindings: &Bindings) -> Vec<u64> {
    variables.iter().filter_map(|v| bindings.get(v).copied()).collect()
}

/// Matches the front of a name; the numbers in it and what is left of the name.
fn bind<'n>(parts: &[OursPart], name: &'n str) -> Option<(Bindings, &'n str)> {
    let mut bindings = Bindings::new();
    let mut rest = name;
    for part in parts {
        match part {
            OursPart::Text(text) => rest = rest.strip_prefix(text.as_str())?,
            OursPart::Number { variable, offset, range } => {
                let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
                let (digits, behind) = rest.split_at(end);
                rest = behind;
                let written: u64 = digits.parse().ok()?;
                let plain = digits.len() == 1 || !digits.starts_with('0');
                let inside = range.is_none_or(|(low, high)| (low..=high).contains(&written));
                if !plain || !inside {
                    return None;
                }
                let value = written.checked_add_signed(offset.checked_neg()?)?;
                if *bindings.entry(variable.clone()).or_insert(value) != value {
                    return None;
                }
            }
        }
    }
    Some((bindings, rest))
}

/// The right side.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Theirs(pub(super) Vec<TheirsPart>);

/// A part of the right side.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum TheirsPart {
    Text(String),
    Number(Expression),
    /// A letter; the first is that of 0.
    Letter(Expression, char),
    /// The layer of that rank among those that begin with what stands before.
    Rank(Expression),
}

impl Theirs {
    /// The name that a match gives; `None` where a number is below 0 or a letter beyond `z`. Where no layer has the
    /// rank that is asked for, the name says so: `conv2d#94`.
    pub(super) fn render(
        &self,
        bindings: &Bindings,
        tuples: &BTreeMap<&Term, Tuples>,
        ranks: &Ranks,
    ) -> Option<String> {
        let term = |term: &Term| match term {
            Term::Variable(variable) => bindings.get(variable).copied(),
            Term::Rank(variables) => tuples.get(term)?.get(&numbers(variables, bindings)).copied(),
        };
        let mut name = String::new();
        for part in &self.0 {
            match part {
                TheirsPart::Text(text) => name.push_str(text),
                TheirsPart::Number(sum) => name.push_str(&sum.value(term)?.to_string()),
                TheirsPart::Letter(sum, first) => {
                    let last = if first.is_ascii_lowercase() { 'z' } else { 'Z' };
                    name.push((*first..=last).nth(usize::try_from(sum.value(term)?).ok()?)?);
                }
                TheirsPart::Rank(sum) => {
                    let rank = sum.value(term)?;
                    name = match ranks.get(&name, rank) {
                        Some(layer) => layer.to_owned(),
                        None => format!("{name}#{rank}"),
                    };
                }
            }
        }
        Some(name)
    }

    /// What its sums are made of.
    pub(super) fn terms(&self) -> impl Iterator<Item = &Term> {
        self.0
            .iter()
            .flat_map(|part| match part {
                TheirsPart::Text(_) => None,
                TheirsPart::Number(sum) | TheirsPart::Letter(sum, _) | TheirsPart::Rank(sum) => {
                    Some(sum.terms())
                }
            })
            .flatten()
    }
}

/// Whether a name matches a pattern whose `*` stand for anything.
pub(super) fn glob(pattern: &str, name: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(mut rest) = parts.next().and_then(|first| name.strip_prefix(first)) else {
        return false;
    };
    let parts: Vec<&str> = parts.collect();
    let Some((last, middle)) = parts.split_last() else {
        return rest.is_empty();
    };
    for part in middle {
        let Some(at) = rest.find(part) else {
            return false;
        };
        rest = &rest[at + part.len()..];
    }
    rest.ends_with(last)
}
