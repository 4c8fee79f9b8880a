//! Sums of numbers and variables, as they stand between the braces of a name map.

use std::collections::BTreeMap;
use std::fmt;

/// `7*i + j - 5`, `2*(i,j) + 1`
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Expression {
    /// The factor of every variable, and of every count, which is written as its variables in parentheses.
    factors: BTreeMap<String, i64>,
    constant: i64,
}

impl Expression {
    /// Parses a sum. White space does not matter.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let mut sum = Expression::default();
        let text: String = text.chars().filter(|c| !c.is_whitespace()).collect();
        let mut rest = text.as_str();
        let mut sign = 1;
        if let Some(behind) = rest.strip_prefix('-') {
            (sign, rest) = (-1, behind);
        }
        loop {
            let end = rest.find(['+', '-']).unwrap_or(rest.len());
            let (term, behind) = rest.split_at(end);
            sum.add(sign, term).ok_or_else(|| format!("`{text}` is not a sum of numbers and variables"))?;
            let mut behind = behind.chars();
            sign = match behind.next() {
                Some('+') => 1,
                Some(_) => -1,
                None => return Ok(sum),
            };
            rest = behind.as_str();
        }
    }

    /// Adds `5`, `i`, `7*i` or `2*(i,j)`.
    fn add(&mut self, sign: i64, term: &str) -> Option<()> {
        let (factor, variable) = match term.split_once('*') {
            Some((factor, variable)) => (number(factor)?, variable),
            None if term.starts_with(|c: char| c.is_ascii_digit()) => {
                self.constant = self.constant.checked_add(sign * number(term)?)?;
                return Some(());
            }
            None => (1, term),
        };
        let known = match counted(variable) {
            Some(variables) => variables.count() > 1 && counted(variable)?.all(is_word),
            None => is_word(variable),
        };
        let entry = self.factors.entry(known.then(|| variable.to_owned())?).or_default();
        *entry = entry.checked_add(sign * factor)?;
        Some(())
    }

    /// Its value, if every variable has one and the sum is not negative.
    pub(super) fn value(&self, bindings: &BTreeMap<String, u64>) -> Option<u64> {
        let mut sum = i128::from(self.constant);
        for (variable, &factor) in &self.factors {
            sum += i128::from(factor) * i128::from(*bindings.get(variable)?);
        }
        u64::try_from(sum).ok()
    }

    /// The variable and what is added to it, if it is a variable and a number.
    pub(super) fn as_offset(&self) -> Option<(&str, i64)> {
        let mut factors = self.factors.iter();
        match (factors.next(), factors.next()) {
            (Some((variable, 1)), None) if is_word(variable) => Some((variable, self.constant)),
            _ => None,
        }
    }

    /// The variables that it reads, those within counts too.
    pub(super) fn variables(&self) -> impl Iterator<Item = &str> {
        self.factors.keys().flat_map(|key| key.trim_matches(['(', ')']).split(','))
    }

    /// The counts that it reads: `(i,j)`.
    pub(super) fn counts(&self) -> impl Iterator<Item = &str> {
        self.factors.keys().map(String::as_str).filter(|key| counted(key).is_some())
    }
}

/// The variables of a count: `i` and `j` of `(i,j)`.
pub(super) fn counted(key: &str) -> Option<impl Iterator<Item = &str>> {
    Some(key.strip_prefix('(')?.strip_suffix(')')?.split(','))
}

fn is_word(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit())
}

/// A number small enough that no sum of them overflows.
fn number(text: &str) -> Option<i64> {
    text.parse::<u32>().ok().filter(|_| !text.starts_with('+')).map(i64::from)
}

impl fmt::Display for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let terms = self.factors.iter().map(|(v, n)| format!("{n}*{v}"));
        write!(f, "{}", terms.chain([self.constant.to_string()]).collect::<Vec<_>>().join("+"))
    }
}
