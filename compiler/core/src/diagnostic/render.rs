//! Turns diagnostics into text, as rustc lays it out.

use std::borrow::Cow;

use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{AnnotationKind, Element, Group, Level, Origin, Renderer, Snippet};

use super::place::Place;
use super::{Diagnostic, Diagnostics, Label, Severity};
use crate::source::{FileId, SourceMap};

/// How the text is set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// Without colours, for files and tests.
    Plain,
    /// With the escape codes of ANSI terminals.
    Coloured,
}

/// Longer lines are not shown, only named: they were not written by a person, and a terminal would not show them.
const MAX_LINE_BYTES: usize = 2000;

/// Longer messages are cut: they quote something that was not written by a person either.
const MAX_MESSAGE_CHARACTERS: usize = 1000;

/// Diagnostics as text, each followed by an empty line; empty if there are none.
pub fn render(sources: &SourceMap, diagnostics: &Diagnostics, style: Style) -> String {
    let renderer = match style {
        Style::Plain => Renderer::plain(),
        Style::Coloured => Renderer::styled(),
    };
    let renderer = renderer.decor_style(DecorStyle::Ascii);
    let mut text = String::new();
    for diagnostic in diagnostics.iter() {
        text.push_str(renderer.render(&[group(sources, diagnostic)]).trim_end());
        text.push_str("\n\n");
    }
    text
}

fn group<'a>(sources: &'a SourceMap, diagnostic: &'a Diagnostic) -> Group<'a> {
    let level = match diagnostic.code.severity() {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let mut group =
        Group::with_title(level.primary_title(cut(&diagnostic.message)).id(diagnostic.code.as_str()));
    for file in files(diagnostic) {
        group = group.elements(excerpts(sources, diagnostic, file));
    }
    let notes = diagnostic.notes.iter().map(|note| Level::NOTE.message(cut(note)));
    let help = diagnostic.help.iter().map(|help| Level::HELP.message(cut(help)));
    group.elements(notes).elements(help)
}

/// A message, or the beginning of one that quotes something endless.
fn cut(message: &str) -> Cow<'_, str> {
    match message.char_indices().nth(MAX_MESSAGE_CHARACTERS) {
        Some((end, _)) => Cow::Owned(format!("{}..", &message[..end])),
        None => Cow::Borrowed(message),
    }
}

/// The files that a diagnostic points into, the primary one first.
fn files(diagnostic: &Diagnostic) -> Vec<FileId> {
    let mut files = Vec::new();
    for label in labels(diagnostic) {
        if !files.contains(&label.span.file) {
            files.push(label.span.file);
        }
    }
    files
}

fn labels(diagnostic: &Diagnostic) -> impl Iterator<Item = &Label> {
    diagnostic.primary.iter().chain(&diagnostic.secondary)
}

/// The lines of a file that a diagnostic is about, with its labels beneath them.
fn excerpts<'a>(sources: &'a SourceMap, diagnostic: &'a Diagnostic, file: FileId) -> Vec<Element<'a>> {
    let source = sources.get(file);
    let mut snippet = Snippet::source(source.text.as_ref()).path(source.name.as_str());
    let mut elements = Vec::new();
    let mut shown = false;
    for label in labels(diagnostic).filter(|l| l.span.file == file) {
        let place = Place::of(sources, label.span);
        if longest_line(&place) > MAX_LINE_BYTES {
            let (line, column) = place.start();
            elements.push(Origin::path(place.name).line(line).char_column(column).into());
            if !label.text.is_empty() {
                elements.push(Level::NOTE.message(cut(&label.text)).into());
            }
            continue;
        }
        let primary = diagnostic.primary.as_ref().is_some_and(|p| std::ptr::eq(p, label));
        let kind = if primary { AnnotationKind::Primary } else { AnnotationKind::Context };
        let words = (!label.text.is_empty()).then(|| cut(&label.text));
        snippet = snippet.annotation(kind.span(place.range).label(words));
        shown = true;
    }
    if shown {
        elements.insert(0, snippet.into());
    }
    elements
}

/// The length in bytes of the longest line that a place is in.
fn longest_line(place: &Place<'_>) -> usize {
    let from = place.text[..place.range.start].rfind('\n').map_or(0, |n| n + 1);
    let to = place.text[place.range.end..].find('\n').map_or(place.text.len(), |n| place.range.end + n);
    place.text[from..to].split('\n').map(str::len).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::diagnostic::Code;
    use crate::source::Span;

    fn one(diagnostic: Diagnostic) -> Diagnostics {
        let mut diagnostics = Diagnostics::default();
        diagnostics.push(diagnostic);
        diagnostics
    }

    #[test]
    fn a_diagnostic_has_its_code_its_places_its_notes_and_its_help() {
        let mut sources = SourceMap::default();
        let net = sources.add("a.arch", "net A {\n    input 8x8x3\n    b(3)\n}\n");
        let block = sources.add("b.arch", "block b(k) {\n    conv k\n}\n");
        let diagnostic =
            Diagnostic::new(Code::PositionalCount, Span::new(block, 17, 23), "no channels", "here")
                .also(Span::new(net, 28, 32), "called here")
                .note("a fact")
                .help("a remedy");
        let expected = "\
error[E0006]: no channels
 --> b.arch:2:5
  |
2 |     conv k
  |     ^^^^^^ here
  |
 ::: a.arch:3:5
  |
3 |     b(3)
  |     ---- called here
  |
  = note: a fact
  = help: a remedy

";
        assert_eq!(render(&sources, &one(diagnostic), Style::Plain), expected);
    }

    #[test]
    fn a_diagnostic_without_a_place_is_its_message() {
        let diagnostics =
            one(Diagnostic::without_place(Code::Syntax, "nothing there").help("look elsewhere"));
        let text = render(&SourceMap::default(), &diagnostics, Style::Plain);
        assert_eq!(text, "error[E0001]: nothing there\n |\n = help: look elsewhere\n\n");
    }

    #[test]
    fn colours_are_escape_codes_and_nothing_else() {
        let mut sources = SourceMap::default();
        let file = sources.add("a.arch", "relu\n");
        let diagnostics = one(Diagnostic::new(Code::Syntax, Span::new(file, 0, 4), "bad", "here"));
        let coloured = render(&sources, &diagnostics, Style::Coloured);
        assert!(coloured.contains("\u{1b}["));
        let mut rest = coloured.as_str();
        let mut plain = String::new();
        while let Some((before, after)) = rest.split_once("\u{1b}[") {
            plain.push_str(before);
            rest = after.split_once('m').map_or("", |(_, rest)| rest);
        }
        plain.push_str(rest);
        assert_eq!(plain, render(&sources, &diagnostics, Style::Plain));
    }

    #[test]
    fn a_line_that_nobody_wrote_is_named_and_not_shown() {
        let mut sources = SourceMap::default();
        let file = sources.add("a.arch", "relu ".repeat(100_000));
        let diagnostics =
            one(Diagnostic::new(Code::Syntax, Span::new(file, 250_000, 250_004), "bad", "this"));
        let text = render(&sources, &diagnostics, Style::Plain);
        assert!(text.len() < 300 && text.contains("a.arch:1:250001") && text.contains("this"), "{text}");
    }

    #[test]
    fn a_long_line_is_shown_around_the_place() {
        let mut sources = SourceMap::default();
        let file = sources.add("a.arch", "relu ".repeat(300));
        let diagnostics = one(Diagnostic::new(Code::Syntax, Span::new(file, 750, 754), "bad", "this"));
        let text = render(&sources, &diagnostics, Style::Plain);
        assert!(text.lines().all(|line| line.len() < 160), "{text}");
        assert!(text.contains("^^^^ this"), "{text}");
    }

    #[test]
    fn a_message_that_quotes_a_megabyte_is_cut() {
        let diagnostics =
            one(Diagnostic::without_place(Code::Syntax, "\u{e9}".repeat(1 << 20)).help("x".repeat(5000)));
        assert!(render(&SourceMap::default(), &diagnostics, Style::Plain).chars().count() < 2100);
    }

    proptest! {
        #[test]
        fn any_span_renders(
            text in "[ax1\t\r\n\u{e9}\u{2192}\u{1f600}\u{0301}{}]{0,80}",
            spans in prop::collection::vec((0usize..100, 0usize..100), 1..5),
            coloured in any::<bool>(),
        ) {
            let mut sources = SourceMap::default();
            let files = [sources.add("a.arch", text.as_str()), sources.add("b.arch", "")];
            let mut spans = spans.into_iter().enumerate().map(|(i, (a, b))| Span::new(files[i / 3], a, b));
            let mut diagnostic = Diagnostic::new(Code::Syntax, spans.next().unwrap(), "m", "l");
            diagnostic = spans.fold(diagnostic, |d, span| d.also(span, ""));
            let style = if coloured { Style::Coloured } else { Style::Plain };
            prop_assert!(render(&sources, &one(diagnostic), style).contains("E0001"));
        }
    }
}
