//! Diagnostics as records for programs; a host writes them as JSON.

use serde::Serialize;

use super::place::Place;
use super::{Diagnostics, Label, Severity};
use crate::source::SourceMap;

/// One diagnostic.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Record<'a> {
    /// `E0101`
    pub code: &'static str,
    /// `error` or `warning`
    pub severity: &'static str,
    /// What is wrong, in one line.
    pub message: &'a str,
    /// Where; absent where there is no text to point at.
    #[serde(flatten)]
    pub place: Option<RecordPlace<'a>>,
    /// The words under the place; may be empty.
    pub label: &'a str,
    /// Further places.
    pub labels: Vec<RecordLabel<'a>>,
    /// Facts that have no place of their own.
    pub notes: &'a [String],
    /// What to do about it.
    pub help: &'a [String],
}

/// A range of characters. Lines and columns count from 1, columns in characters; the end is the character behind the
/// last.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[allow(missing_docs, reason = "each is what its name says")]
pub struct RecordPlace<'a> {
    pub file: &'a str,
    pub line: usize,
    pub column: usize,
    pub end_line: usize,
    pub end_column: usize,
}

/// A further place and the words about it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RecordLabel<'a> {
    /// Where.
    #[serde(flatten)]
    pub place: RecordPlace<'a>,
    /// The words.
    pub text: &'a str,
}

/// A record for every diagnostic, in order.
pub fn records<'a>(sources: &'a SourceMap, diagnostics: &'a Diagnostics) -> Vec<Record<'a>> {
    let place = |label: &Label| {
        let place = Place::of(sources, label.span);
        let ((line, column), (end_line, end_column)) = (place.start(), place.end());
        RecordPlace { file: place.name, line, column, end_line, end_column }
    };
    let record = |d: &'a super::Diagnostic| Record {
        code: d.code.as_str(),
        severity: match d.code.severity() {
            Severity::Error => "error",
            Severity::Warning => "warning",
        },
        message: &d.message,
        place: d.primary.as_ref().map(place),
        label: d.primary.as_ref().map_or("", |label| &label.text),
        labels: d.secondary.iter().map(|l| RecordLabel { place: place(l), text: &l.text }).collect(),
        notes: &d.notes,
        help: &d.help,
    };
    diagnostics.iter().map(record).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::{Code, Diagnostic};
    use crate::source::Span;

    #[test]
    fn columns_count_characters_and_the_end_is_behind_the_last() {
        let mut sources = SourceMap::default();
        let file = sources.add("a.arch", "relu\n\u{e9}\u{e9}x y\n");
        let mut diagnostics = Diagnostics::default();
        let first = Diagnostic::new(Code::Syntax, Span::new(file, 9, 10), "bad", "x");
        diagnostics.push(first.also(Span::new(file, 0, 4), "relu").note("n").help("h"));
        diagnostics.push(Diagnostic::without_place(Code::FileNotFound, "gone"));
        let json = serde_json::to_value(records(&sources, &diagnostics)).unwrap();
        let expected = serde_json::json!([
            {
                "code": "E0001", "severity": "error", "message": "bad", "label": "x",
                "file": "a.arch", "line": 2, "column": 3, "end_line": 2, "end_column": 4,
                "labels": [{
                    "file": "a.arch", "line": 1, "column": 1, "end_line": 1, "end_column": 5, "text": "relu",
                }],
                "notes": ["n"], "help": ["h"],
            },
            {
                "code": "E0501", "severity": "error", "message": "gone", "label": "", "labels": [], "notes": [],
                "help": [],
            },
        ]);
        assert_eq!(json, expected);
    }
}
