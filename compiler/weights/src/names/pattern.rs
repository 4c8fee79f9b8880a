//! The two sides of a line: what matches a name of ours, and what a name of theirs is made of.

use super::Ranks;
use super::expression::{Expression, counted};
use std::collections::{BTreeMap, BTreeSet};

/// The numbers that a match gave to variables.
pub(super) type Bindings = BTreeMap<String, u64>;

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
        let (bindings, rest) = begin(&self.0, name)?;
        rest.is_empty().then_some(bindings)
    }

    /// The rank of what these variables are in `bindings`, among all that names of `operations` give them together: from
    /// 0, in their order. Of the left side, what reaches to the last of the variables must match a name's beginning.
    fn count(&self, variables: &[&str], bindings: &Bindings, operations: &[String]) -> Option<u64> {
        let first = |variable: &&str| {
            let is_it =
                |part: &OursPart| matches!(part, OursPart::Number { variable: v, .. } if v == variable);
            self.0.iter().position(is_it)
        };
        let last = variables.iter().filter_map(first).max()?;
        let of = |bindings: &Bindings| -> Option<Vec<u64>> {
            variables.iter().map(|v| bindings.get(*v).copied()).collect()
        };
        let wanted = of(bindings)?;
        let mut before = BTreeSet::new();
        for operation in operations {
            if let Some((found, _)) = begin(&self.0[..=last], operation) {
                let found = of(&found)?;
                if found == wanted {
                    return Some(before.len() as u64);
                }
                before.insert(found);
            }
        }
        None
    }

    /// Adds the counts that the right side reads to what a match has found.
    pub(super) fn add_counts(
        &self,
        theirs: &Theirs,
        bindings: &mut Bindings,
        operations: &[String],
    ) -> Option<()> {
        for key in theirs.sums().flat_map(Expression::counts) {
            let variables: Vec<&str> = counted(key)?.collect();
            let rank = self.count(&variables, bindings, operations)?;
            bindings.insert(key.to_owned(), rank);
        }
        Some(())
    }
}

/// What parts of a left side find at a name's beginning, and the rest of the name.
fn begin<'n>(parts: &[OursPart], name: &'n str) -> Option<(Bindings, &'n str)> {
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
    pub(super) fn render(&self, bindings: &Bindings, ranks: &Ranks) -> Option<String> {
        let mut name = String::new();
        for part in &self.0 {
            match part {
                TheirsPart::Text(text) => name.push_str(text),
                TheirsPart::Number(sum) => name.push_str(&sum.value(bindings)?.to_string()),
                TheirsPart::Letter(sum, first) => {
                    let last = if first.is_ascii_lowercase() { 'z' } else { 'Z' };
                    name.push((*first..=last).nth(usize::try_from(sum.value(bindings)?).ok()?)?);
                }
                TheirsPart::Rank(sum) => {
                    let rank = sum.value(bindings)?;
                    name = match ranks.get(&name, rank) {
                        Some(layer) => layer.to_owned(),
                        None => format!("{name}#{rank}"),
                    };
                }
            }
        }
        Some(name)
    }

    /// The variables that it reads.
    pub(super) fn variables(&self) -> impl Iterator<Item = &str> {
        self.sums().flat_map(Expression::variables)
    }

    fn sums(&self) -> impl Iterator<Item = &Expression> {
        self.0.iter().filter_map(|part| match part {
            TheirsPart::Text(_) => None,
            TheirsPart::Number(sum) | TheirsPart::Letter(sum, _) | TheirsPart::Rank(sum) => Some(sum),
        })
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
