//! What the parser says about a token that no statement or item can begin with, and about values that an operation
//! lacks or has too many of.

use super::words::{meant, name_of_reserved};
use super::{Parsed, Parser, Reported, Rule};
use crate::diagnostic::{Code, Diagnostic};
use crate::source::Span;
use crate::syntax::ast::{ExpressionKind, Operation, Statement, StatementKind};
use crate::syntax::lexer::{Token, TokenKind, quote};
use crate::syntax::vocabulary::{self, OperationKind, STATEMENT_WORDS};

impl Parser<'_> {
    /// Refuses a token that no statement begins with. `previous` is the statement right before it.
    pub(super) fn check_start(
        &mut self,
        token: &Token,
        end: usize,
        previous: Option<&Statement>,
    ) -> Parsed<()> {
        let text = self.token_text(token);
        if token.kind != TokenKind::Word {
            return Err(self.report_stray(token, previous));
        }
        if STATEMENT_WORDS.contains(&text) || OperationKind::from_word(text).is_some() {
            return Ok(());
        }
        let next = self.peek(token.range.end, end);
        let next_text = next.as_ref().map_or("", |next| self.token_text(next));
        match next_text {
            ":" => Ok(()),
            "-" => Err(self.report_unknown_word(token, next.as_ref(), previous)),
            _ if vocabulary::is_reserved(text) => Err(self.report_misplaced_word(token)),
            "(" => Ok(()),
            "=" => Err(self.report_stray_attribute(token, end, previous)),
            _ => Err(self.report_unknown_word(token, next.as_ref(), previous)),
        }
    }

    /// Reports a token that is no word.
    fn report_stray(&mut self, token: &Token, previous: Option<&Statement>) -> Reported {
        let span = self.token_span(token);
        let text = self.token_text(token);
        let behind = self.behind_bracket(token.range.start).unwrap_or(token.range.end);
        let reported = Reported { at: behind };
        let before = previous.and_then(|p| self.token_before(p.span.start as usize, token.range.start));
        let operation = previous.and_then(|p| match &p.kind {
            StatementKind::Operation(operation) => Some(operation),
            _ => None,
        });
        let value = matches!(token.kind, TokenKind::Number | TokenKind::String) || matches!(text, "(" | "[");
        let word_before =
            before.filter(|b| b.kind == TokenKind::Word && !vocabulary::is_reserved(self.token_text(b)));
        let glued = word_before.as_ref().is_some_and(|b| b.range.end == token.range.start);
        let hyphenated = word_before
            .as_ref()
            .filter(|_| text == "-" && glued)
            .and_then(|b| self.hyphenated(b, self.token_text(b), token));
        let function = word_before.filter(|_| text == "(");
        let diagnostic = match (hyphenated, function, operation) {
            (Some(diagnostic), _, _) => diagnostic,
            (None, Some(word), _) => self.no_function(&word),
            (None, None, Some(operation)) if value => self.one_too_many(operation, token, behind),
            _ if text == "=" && previous.is_some_and(|p| matches!(p.kind, StatementKind::Let(_))) => {
                let message = "`let` names the current value and takes no other";
                Diagnostic::new(Code::Syntax, span, message, "")
                    .help("`const NAME = VALUE` names a number or a list")
            }
            _ if text == "," => {
                let input = previous.is_some_and(|p| matches!(p.kind, StatementKind::Input(_)));
                Diagnostic::new(Code::Syntax, span, "a comma has no meaning here", "").help(if input {
                    "the input's shape is written `224x224x3` or `(rows, cols, channels)`"
                } else {
                    "statements, values and attributes have white space between them: `conv 3x3 64 stride=2`"
                })
            }
            _ => {
                let message = format!("expected a statement, found {}", quote(text));
                Diagnostic::new(Code::Syntax, span, message, "")
            }
        };
        self.report(diagnostic);
        reported
    }

    /// That an operation has a value too many, which begins with `token` and ends before `behind`.
    fn one_too_many(&self, operation: &Operation, token: &Token, behind: usize) -> Diagnostic {
        let spec = operation.kind.value.spec();
        let span = self.span(token.range.start, behind);
        if self.token_text(token) == "(" && spec.positionals.is_empty() && operation.attributes.is_empty() {
            let message = format!("`{}` has no parentheses behind it", spec.word);
            return Diagnostic::new(Code::PositionalCount, span, message, "")
                .help(format!("write `{}`", spec.example));
        }
        let is_x = |value: &ExpressionKind| matches!(value, ExpressionKind::Name(name) if name == "x" || name == "X");
        let spaced = operation.positionals.iter().any(|p| is_x(&p.kind));
        let help = if spaced {
            "a size has no spaces in it: `3x3`".into()
        } else {
            format!("for example `{}`", spec.example)
        };
        Diagnostic::new(Code::PositionalCount, span, takes(operation.kind.value), "one value too many")
            .also(operation.span, "")
            .help(help)
    }

    /// That an operation lacks a value where `found` stands. `values` are those that it has.
    pub(super) fn missing_positional(
        &self,
        kind: OperationKind,
        word: Span,
        values: &[Span],
        found: Option<&Token>,
    ) -> Diagnostic {
        let spec = kind.spec();
        let missing = spec.positionals.get(values.len()).map_or("a value", |p| p.name);
        let last = values.last().copied().unwrap_or(word);
        // What follows on another line is not what is wrong.
        let same_line = |token: &&Token| {
            self.text.get(last.end as usize..token.range.start).is_some_and(|gap| !gap.contains('\n'))
        };
        let diagnostic = match found.filter(same_line) {
            Some(token) => {
                let label = format!("expected {missing}, found {}", self.found(Some(token)));
                let diagnostic =
                    Diagnostic::new(Code::PositionalCount, self.token_span(token), takes(kind), label);
                diagnostic.also(word.to(last), "")
            }
            None => {
                let label = format!("{missing} is missing");
                Diagnostic::new(Code::PositionalCount, word.to(last), takes(kind), label)
            }
        };
        let text = |span: &Span| self.text.get(span.start as usize..span.end as usize).unwrap_or("");
        let parenthesised = values.first().filter(|v| v.start == word.end && text(v).starts_with('('));
        let negative = values.iter().find(|value| has_glued_minus(text(value)));
        let comma = found.is_some_and(|token| self.token_text(token) == ",");
        diagnostic.help(match (parenthesised, negative) {
            _ if comma => format!("its values have white space between them: `{}`", spec.example),
            (Some(_), _) => format!("its values stand behind it without parentheses: `{}`", spec.example),
            (None, Some(value)) => {
                format!(
                    "{} is a difference; a negative value stands in parentheses: `(-1)`",
                    quote(text(value).trim())
                )
            }
            (None, None) => format!("for example `{}`", spec.example),
        })
    }

    /// Reports a reserved word that begins no statement.
    fn report_misplaced_word(&mut self, token: &Token) -> Reported {
        let text = self.token_text(token);
        let (message, help) = match text {
            "else" => ("this `else` has no `if` before it", "`else` follows the brace that ends its `if`"),
            "shortcut" => (
                "this `shortcut` has no `residual` before it",
                "it is written `residual { .. } shortcut { .. }`",
            ),
            "branch" => (
                "a `branch` stands in an `inception`",
                "it is written `inception { branch { .. } branch { .. } }`",
            ),
            "net" | "block" | "use" => {
                ("a net, a block or a `use` cannot be inside of another", "is a `}` missing before it?")
            }
            _ => ("expected a statement", ""),
        };
        let label = name_of_reserved(text).map_or(String::new(), |name| format!("found {name}"));
        let label = if help.is_empty() { label } else { String::new() };
        let diagnostic = Diagnostic::new(Code::MisplacedWord, self.token_span(token), message, label);
        self.report(if help.is_empty() { diagnostic } else { diagnostic.help(help) });
        Reported { at: token.range.end }
    }

    /// Reports `key=value` that follows no operation, or one whose value is wrong.
    fn report_stray_attribute(&mut self, key: &Token, end: usize, previous: Option<&Statement>) -> Reported {
        let attribute = match self.read(Rule::attribute, key.range.start, end) {
            Ok(attribute) => attribute,
            Err(reported) => return Reported { at: reported.at.max(key.range.end) },
        };
        let message = format!("{} stands behind no operation", quote(attribute.text().trim_end()));
        let diagnostic = Diagnostic::new(Code::MisplacedAttribute, self.token_span(key), message, "");
        let help = match previous.map(|p| &p.kind) {
            Some(StatementKind::Call(_)) => "the arguments of a call stand in its parentheses",
            _ => "`const NAME = VALUE` gives a value a name; `key=value` stands behind an operation",
        };
        self.report(diagnostic.help(help));
        Reported { at: attribute.end() }
    }

    /// Reports a word that is no operation, no statement and no call.
    fn report_unknown_word(
        &mut self,
        word: &Token,
        next: Option<&Token>,
        previous: Option<&Statement>,
    ) -> Reported {
        let text = self.token_text(word);
        let mut span = self.token_span(word);
        // `max-pool`: the words that hyphens join to this one.
        let mut joined = text.to_owned();
        let mut last = word.clone();
        while let Some(hyphen) = self.peek_is(last.range.end, self.text.len(), "-") {
            let after =
                self.peek(hyphen.range.end, self.text.len()).filter(|t| t.range.start == hyphen.range.end);
            let Some(after) = after.filter(|_| hyphen.range.start == last.range.end && joined.len() < 40)
            else {
                break;
            };
            joined = format!("{joined}-{}", self.token_text(&after));
            span = span.to(self.token_span(&after));
            last = after;
        }
        let message = format!("there is no operation or statement {}", quote(&joined));
        let diagnostic = Diagnostic::new(Code::UnknownWord, span, message, "");
        let attribute = previous.and_then(|p| match &p.kind {
            StatementKind::Operation(operation) => operation.kind.value.attribute(text),
            _ => None,
        });
        let brace = next.is_some_and(|next| self.token_text(next) == "{");
        self.report(match (attribute, meant(&joined)) {
            (Some(attribute), _) => {
                diagnostic.help(format!("an attribute has a `=`: `{}=..`", attribute.key))
            }
            (None, _) if vocabulary::BYTE_UNITS.iter().any(|(unit, _)| *unit == text) => {
                diagnostic.help(format!("a number and its unit are one word: `8{text}`"))
            }
            (None, Some(found)) => diagnostic.help(format!("did you mean `{found}`?")),
            (None, None) if brace => diagnostic,
            (None, None) => diagnostic.help(format!(
                "a block, or an operation that a parameter holds, is called with parentheses: `{text}()`"
            )),
        });
        Reported { at: last.range.end }
    }

    /// Reports a token at the top of a file that begins no item.
    pub(super) fn report_outside_item(&mut self, token: &Token) -> Reported {
        let text = self.token_text(token);
        if !self.scan.is_bad(token.range.start, token.range.end) {
            let span = self.token_span(token);
            let known = STATEMENT_WORDS.contains(&text) || OperationKind::from_word(text).is_some();
            let diagnostic = if known {
                let message = format!("{} is outside of a net", name_of_reserved(text).unwrap_or_default());
                let diagnostic = Diagnostic::new(Code::MisplacedWord, span, message, "");
                diagnostic
                    .help("a network stands in `net NAME { .. }`, a part of one in `block NAME() { .. }`")
            } else {
                let message = format!("expected `net`, `block` or `use`, found {}", self.found(Some(token)));
                let diagnostic = Diagnostic::new(Code::Syntax, span, message, "");
                match meant(text).filter(|word| matches!(*word, "net" | "block" | "use")) {
                    Some(word) => diagnostic.help(format!("did you mean `{word}`?")),
                    None => diagnostic,
                }
            };
            self.report(diagnostic);
        }
        Reported { at: token.range.end }
    }
}

/// "`conv` takes a size and a number of channels".
fn takes(kind: OperationKind) -> String {
    let spec = kind.spec();
    let names: Vec<&str> = spec.positionals.iter().map(|p| p.name).collect();
    match names.as_slice() {
        [] => format!("`{}` takes no values, only attributes", spec.word),
        names => format!("`{}` takes {}", spec.word, names.join(" and ")),
    }
}

/// Whether a text has a `-` with white space before it and none behind it, as in `k -1`.
fn has_glued_minus(text: &str) -> bool {
    text.match_indices('-').any(|(at, _)| {
        let space = |c: char| c.is_ascii_whitespace();
        text[..at].ends_with(space) && text[at + 1..].starts_with(|c| !space(c))
    })
}
