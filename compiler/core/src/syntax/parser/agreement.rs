//! The parser walks by hand what the grammar's `file` describes; here the two are held together.

use std::path::{Path, PathBuf};

use pest::Parser as _;
use proptest::prelude::*;

use super::grammar::{Grammar, Rule};
use crate::diagnostic::Diagnostics;
use crate::source::SourceMap;
use crate::syntax::parse;
use crate::syntax::vocabulary::{KEYWORDS, OperationKind};

/// Whether the parser has nothing to say about a text.
fn is_good(text: &str) -> bool {
    let file = SourceMap::default().add("t", text);
    let mut diagnostics = Diagnostics::default();
    parse(file, text, &mut diagnostics);
    diagnostics.is_empty()
}

fn arch_files(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            arch_files(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "arch") {
            files.push(path);
        }
    }
}

#[test]
fn every_good_text_of_the_repository_is_a_file_of_the_grammar() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut files = Vec::new();
    for folder in ["archs", "tests", "examples", "compiler/core/tests"] {
        arch_files(&root.join(folder), &mut files);
    }
    let mut good = 0;
    for path in files {
        let Ok(text) = std::fs::read_to_string(&path) else { continue };
        if is_good(&text) {
            good += 1;
            let result = Grammar::parse(Rule::file, &text);
            assert!(result.is_ok(), "{}: {}", path.display(), result.unwrap_err());
        }
    }
    assert!(good >= 20, "only {good} good texts");
}

/// Texts that hang together well enough that some are good.
fn soup() -> impl Strategy<Value = String> {
    let words = OperationKind::ALL.iter().map(|kind| kind.word()).chain(KEYWORDS.iter().copied());
    let word = prop::sample::select(words.collect::<Vec<_>>()).prop_map(str::to_owned);
    let piece = prop::sample::select(vec![
        "conv 3x3 64",
        "relu",
        "bn",
        "dense 10",
        "a",
        "b",
        "a()",
        "f(a, b=1)",
        "a:",
        "stride=2",
        "a=b",
        "3",
        "2x2",
        "(1, 2)",
        "[1, 2]",
        "{}",
        "{ relu }",
        "{ bn",
        "}",
        "(",
        ")",
        "[",
        "]",
        ",",
        "+",
        "-",
        "*",
        "**",
        "==",
        "<",
        "=",
        "\"s\"",
        "if a { relu }",
        "else { bn }",
        "stack 2 { relu }",
        "for a in [1] { bn }",
        "residual { relu }",
        "shortcut {}",
        "inception { branch { relu } }",
        "branch {}",
        "gate { relu }",
        "const a = 1",
        "let a",
        "from a",
        "concat a, b",
        "output a, b",
        "defaults conv { bias=false }",
        "if a {1} else {2}",
        "max(1, 2)",
        "not a",
        "\n",
        "// c\n",
        "a.0.b",
        "preprocess { bgr }",
    ]);
    let part = prop_oneof![5 => piece.prop_map(str::to_owned), 1 => word];
    prop::collection::vec(part, 0..6).prop_map(|parts| format!("net A {{ {} }}", parts.join(" ")))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1024, ..ProptestConfig::default() })]

    #[test]
    fn what_the_parser_takes_the_grammar_takes(text in soup()) {
        if is_good(&text) {
            prop_assert!(Grammar::parse(Rule::file, &text).is_ok());
        }
    }
}
