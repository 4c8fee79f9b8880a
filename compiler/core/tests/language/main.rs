//! LANGUAGE.md, executed. `ARCHC_BLESS=1 cargo test -p archc-core --test language` writes what it states anew; then
//! read the diff.
//!
//! What stands behind "```arch" says what a block is:
//!
//! - nothing: a whole file, whose first net compiles without a diagnostic;
//! - `input=8x8x3`: statements of a net, behind an input of that shape;
//! - `true`: expressions, one a line, each of which holds on an input of 8x6x4;
//! - `file=blocks/unit.arch`: a file that a later block uses;
//!
//! and `net=NAME`, `set=KEY=VALUE` and `output=NAME` are the options of the command line. `error=E0302` and
//! `warning=W0101` are the one diagnostic that comes of the block.
//!
//! A "```text" block directly behind an example states facts about it: what is rendered of its diagnostics, or lines of
//! the kinds in `facts.rs`. Between `<!-- NAME -->` and `<!-- end -->` stands what `generated` makes. Blocks of other
//! kinds, such as "```console", are not executed.

#![allow(clippy::disallowed_methods, reason = "tests read files")]

mod coverage;
mod document;
mod facts;
#[allow(dead_code, reason = "each test uses a part of it")]
#[path = "../support/mod.rs"]
mod support;

use std::fs;
use std::path::PathBuf;
use std::sync::LazyLock;

use archc_core::diagnostic::Code;
use archc_core::syntax::vocabulary::{self, KEYWORDS, OperationKind};
use document::Document;

/// The document, executed once for all the tests.
static DOCUMENT: LazyLock<Document> = LazyLock::new(|| {
    let text = fs::read_to_string(path()).expect("the document");
    document::execute(&text.replace("\r\n", "\n"))
});

fn path() -> PathBuf {
    support::root().join("LANGUAGE.md")
}

/// What stands behind a marker.
fn generated(name: &str) -> Option<String> {
    match name {
        "operations" => Some(vocabulary::markdown_table()),
        "reserved words" => {
            let operations = OperationKind::ALL.iter().map(|kind| kind.word());
            let mut words: Vec<&str> = KEYWORDS.iter().copied().chain(operations).collect();
            words.sort_unstable();
            Some(format!("{}\n", facts::wrap(&words.join(" "), " ", "")))
        }
        _ => None,
    }
}

#[test]
fn examples_do_what_the_document_says() {
    let mut errors = DOCUMENT.problems.clone();
    let difference = support::expect(&path(), &DOCUMENT.rewritten).err();
    // What follows is the whole document.
    errors.extend(difference.map(|text| text.lines().take(3).collect::<Vec<_>>().join("\n")));
    support::fail_with(&errors);
}

#[test]
fn every_construct_has_an_example() {
    let seen = coverage::Seen::in_texts(DOCUMENT.good.iter().map(String::as_str));
    let missing = seen.missing();
    assert!(missing.is_empty(), "LANGUAGE.md has no example of {}", missing.join(", "));
}

#[test]
fn every_family_of_diagnostics_is_described() {
    let text = &DOCUMENT.rewritten;
    for code in Code::ALL {
        let family = format!("| {}xx |", &code.as_str()[..3]);
        assert!(text.contains(&family), "{code} belongs to no family in LANGUAGE.md: no {family:?}");
    }
    for (at, _) in text.match_indices("[E0").chain(text.match_indices("[W0")) {
        let code = text.get(at + 1..at + 6).unwrap_or("");
        assert!(Code::ALL.iter().any(|c| c.as_str() == code), "LANGUAGE.md names {code}");
    }
}
