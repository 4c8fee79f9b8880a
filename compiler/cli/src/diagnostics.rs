//! Diagnostics on standard error.

use archc_core::diagnostic::render::{Style, render};
use archc_core::diagnostic::{Diagnostics, json};
use archc_core::source::SourceMap;

/// Prints diagnostics to standard error: for people, coloured where the terminal can; for programs one JSON object a
/// line.
pub(crate) fn print(sources: &SourceMap, diagnostics: &Diagnostics, as_json: bool) {
    if diagnostics.is_empty() {
        return;
    }
    if as_json {
        for diagnostic in json::records(sources, diagnostics) {
            match serde_json::to_string(&diagnostic) {
                Ok(line) => anstream::eprintln!("{line}"),
                Err(e) => anstream::eprintln!("error: a diagnostic does not fit into JSON: {e}"),
            }
        }
    } else {
        anstream::eprint!("{}", render(sources, diagnostics, Style::Coloured));
    }
}
