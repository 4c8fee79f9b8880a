//! The syntax of .arch files: what is read, how it is printed, what is refused, and how much of it.

#![allow(clippy::disallowed_methods, reason = "tests read files")]

mod expressions;
mod generate;
mod hostile;
mod lexing;
mod printing;
mod recovery;
mod statements;

use archc_core::diagnostic::Diagnostics;
use archc_core::diagnostic::render::{Style, render};
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

/// The tree of a text without mistakes.
fn good(text: &str) -> ast::File {
    let (tree, sources, diagnostics) = parse(text);
    assert!(diagnostics.is_empty(), "{text}\n{}", render(&sources, &diagnostics, Style::Plain));
    tree
}

/// The statements of the only net or block of a text.
fn statements(item: &ast::Item) -> &[ast::Statement] {
    match item {
        ast::Item::Net(net) => &net.body.statements,
        ast::Item::Block(block) => &block.body.statements,
        ast::Item::Use(_) | ast::Item::Alias(_) => panic!("neither a net nor a block"),
    }
}

/// What was reported about a text: each code, and the piece of the text that it is about.
fn reported(text: &str) -> Vec<(String, String)> {
    let (_, sources, diagnostics) = parse(text);
    let piece = |d: &archc_core::diagnostic::Diagnostic| {
        sources.text(d.primary.as_ref().expect("a place").span).to_owned()
    };
    diagnostics.iter().map(|d| (d.code.as_str().to_owned(), piece(d))).collect()
}

/// The statement of a net with one, as it is printed.
fn canonical(statement: &str) -> String {
    let printed = syntax::print::print(&good(&format!("net A {{ {statement} }}")));
    let lines: Vec<&str> = printed.lines().map(str::trim).collect();
    lines[1..lines.len() - 1].join(" ")
}
