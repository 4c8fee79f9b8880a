//! What the passes did, and how one may fail.

use super::PatchError;
use crate::ir::verify::Violation;
use std::fmt;

/// The changes that passes made, in order. Its `Display` has one line a change.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Report {
    /// In order.
    pub changes: Vec<Change>,
}

/// One change.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// The pass that made it.
    pub pass: &'static str,
    /// The nodes that went and, behind an arrow, those that do their work now: `bn1 -> conv1`.
    pub what: String,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for Change { pass, what } in &self.changes {
            writeln!(f, "{pass}: {what}")?;
        }
        Ok(())
    }
}

/// A mistake in a pass.
#[derive(Clone, Debug, PartialEq)]
pub enum PassError {
    /// It asked for a change that would break the graph.
    Patch {
        /// The pass.
        pass: &'static str,
        /// What would break.
        error: PatchError,
    },
    /// The verifier does not accept the graph behind it.
    Invariants {
        /// The pass.
        pass: &'static str,
        /// What does not hold.
        violations: Vec<Violation>,
    },
}

impl fmt::Display for PassError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PassError::Patch { pass, error } => write!(f, "pass `{pass}`: {error}"),
            PassError::Invariants { pass, violations } => {
                write!(f, "pass `{pass}` broke the graph")?;
                violations.iter().try_for_each(|violation| write!(f, "\n  {violation}"))
            }
        }
    }
}

impl std::error::Error for PassError {}
