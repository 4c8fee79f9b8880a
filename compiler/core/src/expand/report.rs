//! Where the expander's diagnostics go: through a gate that closes after so many errors.

use super::limits;
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Severity};

/// Collects diagnostics, and knows whether there were errors.
pub(super) struct Reporter<'d> {
    diagnostics: &'d mut Diagnostics,
    errors: usize,
    warnings: usize,
}

impl<'d> Reporter<'d> {
    pub(super) fn new(diagnostics: &'d mut Diagnostics) -> Self {
        Reporter { diagnostics, errors: 0, warnings: 0 }
    }

    /// Adds one, while there are not too many. Errors found twice count once.
    pub(super) fn push(&mut self, diagnostic: Diagnostic) {
        let count = match diagnostic.code.severity() {
            Severity::Error => &mut self.errors,
            Severity::Warning => &mut self.warnings,
        };
        let error = diagnostic.code.severity() == Severity::Error;
        if *count < limits::ERRORS {
            let before = self.diagnostics.len();
            self.diagnostics.push(diagnostic);
            *count += self.diagnostics.len() - before;
            if error && *count == limits::ERRORS {
                let message = format!("after {} errors the rest are left out", limits::ERRORS);
                self.diagnostics.push(Diagnostic::without_place(Code::TooManyErrors, message));
            }
        } else if error {
            // Counts on, so that `failed` and `is_full` need no second field.
            self.errors = self.errors.saturating_add(1);
        }
    }

    /// Whether there was an error.
    pub(super) fn failed(&self) -> bool {
        self.errors > 0
    }

    /// Whether more errors would be left out, so that going on is of no use.
    pub(super) fn is_full(&self) -> bool {
        self.errors >= limits::ERRORS
    }

    /// For the parser, which reports by itself.
    pub(super) fn direct(&mut self, work: impl FnOnce(&mut Diagnostics)) {
        let errors = |d: &Diagnostics| d.iter().filter(|d| d.code.severity() == Severity::Error).count();
        let before = errors(self.diagnostics);
        work(self.diagnostics);
        self.errors += errors(self.diagnostics) - before;
    }
}
