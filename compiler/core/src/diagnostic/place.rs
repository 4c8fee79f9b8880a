//! Where a span stands in its text, as people count it.

use std::ops::Range;

use crate::source::{SourceMap, Span};

/// A span that lies inside its text, on characters' boundaries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place<'a> {
    /// The name of the file.
    pub(super) name: &'a str,
    /// Its text.
    pub(super) text: &'a str,
    /// The bytes.
    pub(super) range: Range<usize>,
}

impl<'a> Place<'a> {
    /// The place of a span. What reaches out of the text or into the middle of a character is cut back, so that a wrong
    /// span is shown a little off instead of not at all.
    pub(super) fn of(sources: &'a SourceMap, span: Span) -> Self {
        let source = sources.get(span.file);
        let text: &str = &source.text;
        let start = boundary(text, span.start as usize);
        let end = boundary(text, span.end as usize).max(start);
        Place { name: &source.name, text, range: start..end }
    }

    /// Line and column of the first character, both from 1; columns count characters.
    pub(super) fn start(&self) -> (usize, usize) {
        line_column(self.text, self.range.start)
    }

    /// Line and column of the character behind the last, both from 1.
    pub(super) fn end(&self) -> (usize, usize) {
        line_column(self.text, self.range.end)
    }
}

/// The last boundary of a character at or before a position.
fn boundary(text: &str, position: usize) -> usize {
    (0..=position.min(text.len())).rev().find(|&i| text.is_char_boundary(i)).unwrap_or(0)
}

fn line_column(text: &str, position: usize) -> (usize, usize) {
    let before = text.get(..position).unwrap_or(text);
    let line_start = before.rfind('\n').map_or(0, |n| n + 1);
    let lines = before.bytes().filter(|&b| b == b'\n').count();
    (lines + 1, before.get(line_start..).map_or(0, |line| line.chars().count()) + 1)
}
