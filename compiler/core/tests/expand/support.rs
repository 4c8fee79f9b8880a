//! Texts in, graphs or messages out.

use std::collections::HashMap;

use archc_core::diagnostic::render::{Style, render};
use archc_core::diagnostic::{Code, Diagnostics, Severity};
use archc_core::expand::{Files, ReadError, Request, expand, load};
use archc_core::ir::verify::verify;
use archc_core::ir::{Graph, print};
use archc_core::source::SourceMap;

/// Files in memory.
#[derive(Default)]
pub(crate) struct Table(HashMap<String, Vec<u8>>);

impl Files for Table {
    fn read(&mut self, path: &str) -> Result<Vec<u8>, ReadError> {
        self.0.get(path).cloned().ok_or(ReadError::NotFound)
    }
}

/// What became of a text.
pub(crate) struct Outcome {
    pub(crate) graph: Option<Graph>,
    pub(crate) diagnostics: Diagnostics,
    pub(crate) sources: SourceMap,
    /// The files that were read, if all could be.
    pub(crate) files: Vec<String>,
}

impl Outcome {
    /// The codes of the errors and warnings, in order.
    pub(crate) fn codes(&self) -> Vec<Code> {
        self.diagnostics.iter().map(|d| d.code).collect()
    }

    pub(crate) fn text(&self) -> String {
        render(&self.sources, &self.diagnostics, Style::Plain)
    }

    /// The graph of a text without mistakes.
    #[track_caller]
    pub(crate) fn good(self) -> Graph {
        assert!(self.diagnostics.is_empty(), "{}", self.text());
        let graph = self.graph.expect("a graph where there are no errors");
        if let Err(violations) = verify(&graph) {
            panic!("{violations:?}\n{}", print::print(&graph));
        }
        graph
    }

    /// Checks that there is one message, of this code, and that it has all of these words.
    #[track_caller]
    pub(crate) fn only(self, code: Code, words: &[&str]) -> Outcome {
        let text = self.text();
        assert_eq!(self.codes(), [code], "{text}");
        for word in words {
            assert!(text.contains(word), "{word:?} is not in\n{text}");
        }
        assert_eq!(self.graph.is_none(), code.severity() == Severity::Error);
        self
    }
}

/// Loads and expands `main.arch`, with other files beside it.
pub(crate) fn run_files(request: &Request, files: &[(&str, &str)]) -> Outcome {
    let table = files.iter().map(|(path, text)| ((*path).to_owned(), text.as_bytes().to_vec()));
    run_bytes(request, Table(table.collect()))
}

pub(crate) fn bytes(files: &[(&str, &[u8])]) -> Table {
    Table(files.iter().map(|(path, bytes)| ((*path).to_owned(), bytes.to_vec())).collect())
}

pub(crate) fn run_bytes(request: &Request, mut files: Table) -> Outcome {
    let mut sources = SourceMap::default();
    let mut diagnostics = Diagnostics::default();
    let loaded = load(request, &mut files, &mut sources, &mut diagnostics);
    let read = loaded.iter().flat_map(|l| l.files().map(str::to_owned)).collect();
    let graph = loaded.and_then(|loaded| expand(&loaded, request, &mut diagnostics));
    assert_eq!(graph.is_none(), diagnostics.has_errors(), "{}", render(&sources, &diagnostics, Style::Plain));
    Outcome { graph, diagnostics, sources, files: read }
}

/// A whole file.
pub(crate) fn file(text: &str) -> Outcome {
    run_files(&Request::new("main.arch"), &[("main.arch", text)])
}

/// A whole file with settings.
pub(crate) fn with(text: &str, set: &[(&str, &str)]) -> Outcome {
    let set = set.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
    run_files(&Request { set, ..Request::new("main.arch") }, &[("main.arch", text)])
}

/// The body of a net on an input of 8x8x4.
pub(crate) fn body(text: &str) -> Outcome {
    file(&format!("net N {{ input 8x8x4\n{text}\n}}"))
}

/// The lines of a graph's text that follow the input's, without the outputs.
#[track_caller]
pub(crate) fn lines(text: &str) -> Vec<String> {
    let printed = print::print(&body(text).good());
    printed.lines().skip(2).filter(|l| !l.starts_with("output ")).map(str::to_owned).collect()
}

/// The full names of the operations of a body, the input left out.
#[track_caller]
pub(crate) fn names(text: &str) -> Vec<String> {
    let graph = body(text).good();
    graph.ids().skip(1).map(|id| graph.path(id)).collect()
}
