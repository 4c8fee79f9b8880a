//! Modifiers, which are taken off the opcode in any order; those that are left are not known.

use super::super::types::Type;
use super::{Opcode, Result};
use crate::fault::ParseError;
use crate::number::Round;

impl Opcode<'_, '_> {
    /// Whether the opcode has this modifier, which then is understood.
    pub(super) fn flag(&mut self, name: &str) -> bool {
        let found = self.modifiers.iter_mut().find(|(m, known)| *m == name && !*known);
        found.map(|m| m.1 = true).is_some()
    }

    pub(super) fn choice<T: Copy>(&mut self, choices: &[(&str, T)]) -> Option<T> {
        choices.iter().find(|(name, _)| self.flag(name)).map(|&(_, value)| value)
    }

    pub(super) fn needed<T: Copy>(&mut self, choices: &[(&str, T)]) -> Result<T> {
        self.choice(choices).ok_or_else(|| self.unknown())
    }

    /// All modifiers that are types, in order.
    pub(super) fn types(&mut self) -> Vec<Type> {
        let mut kinds = Vec::new();
        for (name, known) in &mut self.modifiers {
            if let Some(kind) = Type::parse(name)
                && !*known
            {
                *known = true;
                kinds.push(kind);
            }
        }
        kinds
    }

    pub(super) fn one_type(&mut self) -> Result<Type> {
        match self.types()[..] {
            [kind] => Ok(kind),
            _ => Err(self.unknown()),
        }
    }

    pub(super) fn round(&mut self) -> Option<Round> {
        self.choice(&[
            ("rn", Round::Nearest),
            ("rz", Round::Zero),
            ("rm", Round::Down),
            ("rp", Round::Up),
            ("rna", Round::NearestAway),
        ])
    }

    pub(super) fn error(&self, what: impl Into<String>) -> ParseError {
        ParseError::new(self.instruction.origin.line, format!("{}: {}", self.instruction.opcode, what.into()))
    }

    pub(super) fn unknown(&self) -> ParseError {
        let line = self.instruction.origin.line;
        ParseError::new(line, format!("the instruction {}, which is not known", self.instruction.opcode))
    }
}
