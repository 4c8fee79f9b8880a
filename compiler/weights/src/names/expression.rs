//! Sums of numbers and variables, as they stand between the braces of a name map.

use std::collections::BTreeMap;
use std::fmt;

/// What a factor stands before.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Term {
    /// `i`
    Variable(String),
    /// `(i,j)`: the rank of these numbers together.
    Rank(Vec<String>),
}

/// `7*i + (i,j) - 5`
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Expression {
    /// The factor of every term.
    factors: BTreeMap<Term, i64>,
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

    /// Adds `5`, `i`, `7*i`, `(i,j)` or `2*(i,j)`.
    fn add(&mut self, sign: i64, term: &str) -> Option<()> {
        let (factor, term) = match term.split_once('*') {
            Some((factor, term)) => (number(factor)?, term),
            None if term.starts_with(|c: char| c.is_ascii_digit()) => {
                self.constant = self.constant.checked_add(sign * number(term)?)?;
                return Some(());
            }
            None => (1, term),
        };
        let term = match term.strip_prefix('(') {
            None => Term::Variable(variable(term)?),
            Some(inner) => {
                let variables: Vec<_> =
                    inner.strip_suffix(')')?.split(',').map(variable).collect::<Option<_>>()?;
                (variables.len() > 1).then_some(Term::Rank(variables))?
            }
        };
        let entry = self.factors.entry(term).or_default();
        *entry = entry.checked_add(sign * factor)?;
        Some(())
    }

    /// Its value, if every term has one and the sum is not negative.
    pub(super) fn value(&self, term: impl Fn(&Term) -> Option<u64>) -> Option<u64> {
        let mut sum = i128::from(self.constant);
        for (t, &factor) in &self.factors {
            sum += i128::from(factor) * i128::from(term(t)?);
        }
        u64::try_from(sum).ok()
    }

    /// The variable and what is added to it, if it is a variable and a number.
    pub(super) fn as_offset(&self) -> Option<(&str, i64)> {
        let mut factors = self.factors.iter();
        match (factors.next(), factors.next()) {
            (Some((Term::Variable(variable), 1)), None) => Some((variable, self.constant)),
            _ => None,
        }
    }

    /// What its factors stand before.
    pub(super) fn terms(&self) -> impl Iterator<Item = &Term> {
        self.factors.keys()
    }
}

/// A variable's name, if it is one.
fn variable(text: &str) -> Option<String> {
    let word = text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
    word.then(|| text.to_owned())
}

/// A number small enough that no sum of them overflows.
fn number(text: &str) -> Option<i64> {
    text.parse::<u32>().ok().filter(|_| !text.starts_with('+')).map(i64::from)
}

impl fmt::Display for Term {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Term::Variable(variable) => f.write_str(variable),
            Term::Rank(variables) => write!(f, "({})", variables.join(",")),
        }
    }
}

impl fmt::Display for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let terms = self.factors.iter().map(|(v, n)| format!("{n}*{v}"));
        write!(f, "{}", terms.chain([self.constant.to_string()]).collect::<Vec<_>>().join("+"))
    }
}
