//! Structured diagnostics: what is wrong, where, and what to do. Stages collect them in a [`Diagnostics`];
//! one place, [`render`], turns them into text.

mod codes;
pub mod json;
mod place;
pub mod render;
pub(crate) mod suggest;

pub use codes::Code;

use crate::source::Span;

/// How much a diagnostic matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The network is wrong; nothing is generated.
    Error,
    /// The network compiles, but probably not to what was meant.
    Warning,
}

/// A message, the places that it is about, and the remedy.
#[derive(Clone, Debug, PartialEq)]
pub struct Diagnostic {
    /// Which kind of problem this is; its severity follows from it.
    pub code: Code,
    /// What is wrong, in one line without a full stop.
    pub message: String,
    /// The place that the message is about. `None` where there is no text to point at, as for a missing file.
    pub primary: Option<Label>,
    /// Further places that explain the first: where a shape came from, where a name was defined, the calls that
    /// led here (innermost first).
    pub secondary: Vec<Label>,
    /// Facts that have no place of their own.
    pub notes: Vec<String>,
    /// What to do about it.
    pub help: Vec<String>,
}

/// A place with a few words about it.
#[derive(Clone, Debug, PartialEq)]
pub struct Label {
    /// The place.
    pub span: Span,
    /// The words; may be empty.
    pub text: String,
}

impl Diagnostic {
    /// A diagnostic about one place. `label` are the words under the place and may be empty.
    pub fn new(code: Code, span: Span, message: impl Into<String>, label: impl Into<String>) -> Self {
        Diagnostic { primary: Some(Label { span, text: label.into() }), ..Self::without_place(code, message) }
    }

    /// A diagnostic that has no place in a text.
    pub fn without_place(code: Code, message: impl Into<String>) -> Self {
        Diagnostic {
            code,
            message: message.into(),
            primary: None,
            secondary: Vec::new(),
            notes: Vec::new(),
            help: Vec::new(),
        }
    }

    /// Adds a further place.
    #[must_use]
    pub fn also(mut self, span: Span, text: impl Into<String>) -> Self {
        self.secondary.push(Label { span, text: text.into() });
        self
    }

    /// Adds a fact.
    #[must_use]
    pub fn note(mut self, text: impl Into<String>) -> Self {
        self.notes.push(text.into());
        self
    }

    /// Adds a remedy.
    #[must_use]
    pub fn help(mut self, text: impl Into<String>) -> Self {
        self.help.push(text.into());
        self
    }
}

/// The diagnostics of a compilation, in the order in which they were found.
#[derive(Clone, Debug, Default)]
pub struct Diagnostics {
    list: Vec<Diagnostic>,
}

impl Diagnostics {
    /// Adds a diagnostic, unless the same one is there already (a loop meets a mistake once an iteration).
    pub fn push(&mut self, diagnostic: Diagnostic) {
        let same = |d: &Diagnostic| {
            d.code == diagnostic.code && d.primary == diagnostic.primary && d.message == diagnostic.message
        };
        if !self.list.iter().any(same) {
            self.list.push(diagnostic);
        }
    }

    /// Takes the warnings out. Where there are errors too, a warning most often follows from one of them: a name that
    /// is misspelt where it is used is also a name that is never used.
    pub(crate) fn drop_warnings(&mut self) {
        self.list.retain(|d| d.code.severity() == Severity::Error);
    }

    /// Whether any of them is an error.
    pub fn has_errors(&self) -> bool {
        self.list.iter().any(|d| d.code.severity() == Severity::Error)
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &Diagnostic> {
        self.list.iter()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.list.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }
}
