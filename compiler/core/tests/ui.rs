//! Bad texts and what archc says about them: every `tests/ui/FAMILY/NAME.arch` has its expected output beside it in
//! `NAME.stderr`. `ARCHC_BLESS=1 cargo test -p archc-core --test ui` writes the expectations anew; then read the diff.
//!
//! The first comment lines of a text may hold options: `// --net NAME`, `// --set KEY=VALUE`, `// --output NAME`,
//! `// --mode MODE`, `// --tune FILE`. Folders below a family hold what its texts use.

#![allow(clippy::disallowed_methods, reason = "tests read files")]

#[allow(dead_code, reason = "each test uses a part of it")]
mod support;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use archc_core::diagnostic::render::{Style, render};
use archc_core::diagnostic::{Code, Diagnostics, Severity};
use archc_core::expand::{Files, Measured, ReadError, Request};
use support::{Folder, Outcome, compile};

/// The codes that no file in the repository should make, each with the reason; the tests below this list make them.
const WITHOUT_FILE: &[(Code, &str)] = &[
    (Code::FileUnreadable, "what the system says differs from one to the next"),
    (Code::FileTooLarge, "it would be a file of a mebibyte"),
    (Code::TooManyFiles, "it would be 65 files"),
    (Code::ModeTooInexact, "hosts ask for modes and look at what they cost; `compiler/build` makes it"),
    (Code::Internal, "it would be a mistake in archc; the fuzz target `compile` looks for one"),
];

/// A text and what came of it.
struct Case {
    /// `FAMILY/NAME.arch`
    name: String,
    expected: PathBuf,
    diagnostics: Diagnostics,
    rendered: String,
    has_graph: bool,
}

/// Every text, compiled once for all the tests.
static CASES: LazyLock<Vec<Case>> = LazyLock::new(|| {
    let families = entries(&ui()).into_iter().filter(|p| p.is_dir());
    let texts = families.flat_map(|family| entries(&family)).filter(|p| has_extension(p, "arch"));
    texts.map(|path| case(&path)).collect()
});

fn ui() -> PathBuf {
    support::root().join("tests/ui")
}

/// What a folder holds, sorted.
fn entries(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("a folder of ui tests");
    let mut paths: Vec<PathBuf> = entries.map(|e| e.expect("an entry").path()).collect();
    paths.sort();
    paths
}

fn has_extension(path: &Path, extension: &str) -> bool {
    path.extension().is_some_and(|e| e == extension)
}

fn name_of(path: &Path) -> String {
    path.file_name().expect("a name").to_string_lossy().into_owned()
}

fn case(path: &Path) -> Case {
    let name = format!("{}/{}", name_of(path.parent().expect("a family")), name_of(path));
    let mut request = Request::new(&name);
    // Options are ASCII, so that a file that is not UTF-8 can have them too.
    let text = String::from_utf8_lossy(&fs::read(path).expect("a readable case")).into_owned();
    for option in text.lines().map_while(|line| line.strip_prefix("// --")) {
        let (word, value) = option.split_once(' ').unwrap_or((option, ""));
        match word {
            "net" => request.net = Some(value.to_owned()),
            "set" => {
                let (key, value) = value.split_once('=').unwrap_or((value, ""));
                request.set.push((key.to_owned(), value.to_owned()));
            }
            "output" => request.outputs.push(value.to_owned()),
            "mode" => request.mode = value.parse().expect("a mode"),
            "tune" => request.measured = Measured::File(value.to_owned()),
            _ => panic!("{name}: no option --{word}"),
        }
    }
    let Outcome { sources, diagnostics, compiled } = compile(&request, &mut Folder(ui()));
    Case {
        name,
        expected: path.with_extension("stderr"),
        rendered: render(&sources, &diagnostics, Style::Plain),
        diagnostics,
        has_graph: compiled.is_some(),
    }
}

#[test]
fn every_text_has_its_expected_output() {
    let mut errors = Vec::new();
    for case in CASES.iter() {
        if case.diagnostics.is_empty() {
            errors.push(format!("{}: archc finds nothing wrong with it", case.name));
        } else if case.diagnostics.has_errors() == case.has_graph {
            errors.push(format!("{}: a graph exactly if there are no errors", case.name));
        } else if let Err(error) = support::expect(&case.expected, &case.rendered) {
            errors.push(error);
        }
    }
    support::fail_with(&errors);
}

#[test]
fn every_expected_output_has_its_text() {
    for family in entries(&ui()).into_iter().filter(|p| p.is_dir()) {
        for path in entries(&family).into_iter().filter(|p| has_extension(p, "stderr")) {
            assert!(path.with_extension("arch").exists(), "{} has no text", path.display());
        }
    }
}

#[test]
fn every_code_has_a_text() {
    let found: BTreeSet<Code> = CASES.iter().flat_map(|c| c.diagnostics.iter()).map(|d| d.code).collect();
    let excused: BTreeSet<Code> = WITHOUT_FILE.iter().map(|(code, _)| *code).collect();
    let missing: Vec<String> = Code::ALL
        .iter()
        .filter(|code| !found.contains(code) && !excused.contains(code))
        .map(|code| format!("{code} {code:?}"))
        .collect();
    assert!(missing.is_empty(), "no text in tests/ui makes {}", missing.join(", "));
    let needless: Vec<&Code> = excused.intersection(&found).collect();
    assert!(needless.is_empty(), "{needless:?} have texts and need no excuse");
}

/// A message is one line that goes on from `error: `, and its help and notes are sentences of the same kind.
#[test]
fn messages_follow_one_style() {
    for case in CASES.iter() {
        for d in case.diagnostics.iter() {
            let labels = d.primary.iter().chain(&d.secondary).map(|l| &l.text);
            for text in std::iter::once(&d.message).chain(labels).chain(&d.notes).chain(&d.help) {
                assert!(!text.contains('\n'), "{}: more than one line: {text}", case.name);
                assert!(!text.ends_with('.'), "{}: ends in a full stop: {text}", case.name);
                let mut characters = text.chars();
                let capital = characters.next().is_some_and(char::is_uppercase);
                let word = characters.next().is_some_and(char::is_lowercase);
                assert!(!(capital && word), "{}: begins with a capital: {text}", case.name);
            }
            assert!(!d.message.is_empty(), "{}: a diagnostic without a message", case.name);
        }
    }
}

/// Every error points at a place in a text or, where there is none, says what to do.
#[test]
fn errors_have_a_place_or_a_remedy() {
    for case in CASES.iter() {
        for d in case.diagnostics.iter().filter(|d| d.code.severity() == Severity::Error) {
            let placed = d.primary.is_some() || d.code == Code::TooManyErrors;
            let helped = !d.help.is_empty() || !d.notes.is_empty();
            assert!(placed || helped, "{}: {} says neither where nor what to do", case.name, d.code);
        }
    }
}

/// Files that a test makes up.
struct Table<F>(F);

impl<F: FnMut(&str) -> Result<Vec<u8>, ReadError>> Files for Table<F> {
    fn read(&mut self, path: &str) -> Result<Vec<u8>, ReadError> {
        (self.0)(path)
    }
}

fn codes_of(read: impl FnMut(&str) -> Result<Vec<u8>, ReadError>) -> (Vec<Code>, String) {
    let outcome = compile(&Request::new("main.arch"), &mut Table(read));
    let codes = outcome.diagnostics.iter().map(|d| d.code).collect();
    (codes, render(&outcome.sources, &outcome.diagnostics, Style::Plain))
}

#[test]
fn a_file_that_cannot_be_read_is_an_error_with_the_reason() {
    let (codes, text) = codes_of(|_| Err(ReadError::Other("permission denied".into())));
    assert_eq!(codes, [Code::FileUnreadable]);
    assert!(text.contains("permission denied") && text.contains("main.arch"), "{text}");
}

#[test]
fn a_file_that_is_too_large_is_an_error() {
    let (codes, text) = codes_of(|_| Ok(vec![b' '; (1 << 20) + 1]));
    assert_eq!(codes, [Code::FileTooLarge]);
    assert!(text.contains("main.arch"), "{text}");
}

#[test]
fn a_chain_of_files_without_end_is_an_error() {
    let mut number = 0;
    let (codes, _) = codes_of(|_| {
        number += 1;
        Ok(format!("use \"file{number}.arch\"\nnet A {{ input 8x8x3  relu }}\n").into_bytes())
    });
    assert!(codes.contains(&Code::TooManyFiles), "{codes:?}");
    assert!(number < 1000, "it read {number} files");
}
