//! The syntax of .arch files: what is read, what is refused, and how much of it.

mod hostile;

use archc_core::diagnostic::Diagnostics;
use archc_core::source::SourceMap;
use archc_core::syntax::{self, ast};

/// Parses a text under the name `t.arch`.
fn parse(text: &str) -> (ast::File, SourceMap, Diagnostics) {
    let mut sources = SourceMap::default();
    let file = sources.add("t.arch", text);
    let mut diagnostics = Diagnostics::default();
    let tree = syntax::parse(file, text, &mut diagnostics);
    (tree, sources, diagnostics)
}
