//! The checks before the grammar runs: characters and operators that the language does not have, brackets that do not
//! match, and nesting without end. What follows may rely on paired brackets and on bounded depth.

use super::lexer::{Lexer, Token, TokenKind, quote};
use super::vocabulary::BYTE_UNITS;
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::source::{FileId, Span};

/// The longest file, in bytes.
pub const MAX_BYTES: usize = 1 << 20;

/// How deep brackets of all kinds may nest; every `else if` of a chain counts as a level too. The stages behind recurse
/// over the tree, so this bounds their stack.
pub const MAX_NESTING: usize = 32;

/// How many errors of a file are reported.
pub(crate) const MAX_ERRORS: usize = 20;

/// What the scan found out about a text.
#[derive(Debug, Default)]
pub(crate) struct Scan {
    /// Where each bracket opens and where it is taken to close, in the order of opening. One that is never closed ends
    /// before the item or bracket that cannot be inside it.
    brackets: Vec<(usize, usize)>,
    /// Where tokens stand that were reported already, in order.
    bad: Vec<usize>,
}

impl Scan {
    /// Where the bracket that opens at `open` closes: the position of the closing bracket, or of what cannot be inside.
    pub(crate) fn close_of(&self, open: usize) -> Option<usize> {
        let found = self.brackets.binary_search_by_key(&open, |b| b.0).ok()?;
        self.brackets.get(found).map(|b| b.1)
    }

    /// Whether something between `start` and `end` was reported already.
    pub(crate) fn is_bad(&self, start: usize, end: usize) -> bool {
        let first = self.bad.partition_point(|&b| b < start);
        self.bad.get(first).is_some_and(|&b| b < end)
    }
}

struct Open {
    token: Token,
    /// The index in `Scan::brackets`.
    index: usize,
    /// How many `else if` the chain has that is going on inside this bracket.
    chain: usize,
    /// The indentation of the line that it stands in.
    indentation: usize,
}

struct Scanner<'a> {
    file: FileId,
    text: &'a str,
    diagnostics: &'a mut Diagnostics,
    scan: Scan,
    open: Vec<Open>,
    /// Whether the token at hand is the first of its line, and the indentation of its line, in bytes.
    leads_line: bool,
    indentation: usize,
    /// The first brace whose closing brace stands further to the left than the line that opens it.
    suspect: Option<Token>,
}

/// Scans a text from byte `start` on. `None` if it is too long or too deep for anything else to look at it.
pub(crate) fn scan(file: FileId, text: &str, start: usize, diagnostics: &mut Diagnostics) -> Option<Scan> {
    if text.len() > MAX_BYTES {
        let message = format!("the file has {} bytes, more than the limit of {MAX_BYTES}", text.len());
        diagnostics.push(Diagnostic::new(Code::FileTooLarge, Span::new(file, 0, 0), message, ""));
        return None;
    }
    let scanner = Scanner {
        file,
        text,
        diagnostics,
        scan: Scan::default(),
        open: Vec::new(),
        leads_line: true,
        indentation: 0,
        suspect: None,
    };
    scanner.run(start)
}

impl Scanner<'_> {
    fn run(mut self, start: usize) -> Option<Scan> {
        let lexer = Lexer::new(self.text, start);
        let mut chains = 0;
        let mut before: Option<Token> = None;
        for token in lexer {
            let text = &self.text[token.range.clone()];
            self.follow_lines(before.as_ref().map_or(start, |b| b.range.end), token.range.start);
            let else_before = before.as_ref().is_some_and(|b| &self.text[b.range.clone()] == "else");
            if let Some(top) = self.open.last_mut() {
                if else_before && text == "if" {
                    top.chain += 1;
                    chains += 1;
                } else if text != "else" && before.as_ref().is_some_and(|b| b.kind == TokenKind::Close) {
                    chains -= std::mem::take(&mut top.chain);
                }
            }
            match token.kind {
                TokenKind::Open => {
                    self.scan.brackets.push((token.range.start, self.text.len()));
                    let index = self.scan.brackets.len() - 1;
                    self.open.push(Open {
                        token: token.clone(),
                        index,
                        chain: 0,
                        indentation: self.indentation,
                    });
                }
                TokenKind::Close => chains -= self.close(&token, text),
                TokenKind::Word if matches!(text, "net" | "block" | "use") && self.begins_item(&token) => {
                    if self.open.first().is_some_and(|first| first.indentation >= self.indentation) {
                        self.report_unclosed(&token);
                        self.open.drain(..).for_each(|o| self.scan.brackets[o.index].1 = token.range.start);
                        chains = 0;
                    }
                }
                TokenKind::Unknown | TokenKind::OpenString | TokenKind::Punctuation | TokenKind::Number => {
                    self.check(&token, text);
                }
                TokenKind::Word | TokenKind::String => {}
            }
            if self.open.len() + chains > MAX_NESTING {
                let message = format!("brackets and `else if` nest deeper than {MAX_NESTING} levels");
                let diagnostic =
                    Diagnostic::new(Code::NestedTooDeeply, self.span(&token), message, "one too many");
                self.diagnostics
                    .push(diagnostic.help("give the inner part a name, as a `block` or a `const`"));
                return None;
            }
            before = Some(token);
        }
        if !self.open.is_empty() {
            let end = self.text.len();
            self.report_unclosed(&Token { kind: TokenKind::Unknown, range: end..end });
        }
        Some(self.scan)
    }

    fn span(&self, token: &Token) -> Span {
        Span::new(self.file, token.range.start, token.range.end)
    }

    /// Notes that the token at a position has been reported, so that what follows from it is not.
    fn mark(&mut self, position: usize) {
        self.scan.bad.insert(self.scan.bad.partition_point(|&b| b < position), position);
    }

    fn report(&mut self, token: &Token, diagnostic: Diagnostic) {
        self.mark(token.range.start);
        if self.diagnostics.len() < MAX_ERRORS {
            self.diagnostics.push(diagnostic);
        }
    }

    /// Notes whether a line ends between two tokens.
    fn follow_lines(&mut self, from: usize, to: usize) {
        let gap = &self.text[from..to];
        self.leads_line = from == 0 || gap.contains('\n');
        if self.leads_line {
            self.indentation = gap.len() - gap.rfind('\n').map_or(0, |n| n + 1);
        }
    }

    fn begins_item(&self, token: &Token) -> bool {
        !self.open.is_empty()
            && self.leads_line
            && Lexer::new(self.text, token.range.end)
                .next()
                .is_some_and(|t| matches!(t.kind, TokenKind::Word | TokenKind::String))
    }

    /// Closes a bracket and returns how many `else if` ended with it.
    fn close(&mut self, token: &Token, text: &str) -> usize {
        let opening = |open: &Open| &self.text[open.token.range.clone()];
        let partner = |open: &Open| matches!((opening(open), text), ("(", ")") | ("[", "]") | ("{", "}"));
        let Some(found) = self.open.iter().rposition(partner) else {
            let message = format!("`{text}` closes nothing");
            let diagnostic =
                Diagnostic::new(Code::UnbalancedBracket, self.span(token), message, "not opened before");
            self.report(token, diagnostic);
            return 0;
        };
        if let Some(inner) = self.open.get(found + 1).map(|o| o.token.clone()) {
            let open = &self.text[inner.range.clone()];
            let diagnostic = Diagnostic::new(
                Code::UnbalancedBracket,
                self.span(token),
                format!("`{text}` comes before the `{open}` inside it is closed"),
                format!("closes an outer `{}`", &self.text[self.open[found].token.range.clone()]),
            );
            let diagnostic = diagnostic.also(self.span(&inner), format!("this `{open}` is not closed"));
            self.report(token, diagnostic);
            // Whatever is said about the inside of the open bracket follows from this.
            self.scan
                .bad
                .insert(self.scan.bad.partition_point(|&b| b < inner.range.start), inner.range.start);
        }
        let mut chains = 0;
        for open in self.open.drain(found..) {
            self.scan.brackets[open.index].1 = token.range.start;
            chains += open.chain;
            if self.leads_line && self.indentation < open.indentation {
                self.suspect.get_or_insert(open.token);
            }
        }
        chains
    }

    /// Reports the bracket that most probably lacks its end. `at` is where that came out.
    fn report_unclosed(&mut self, at: &Token) {
        let Some(last) = self.open.last().map(|o| o.token.clone()) else { return };
        let token = self.suspect.take().unwrap_or(last);
        let text = &self.text[token.range.clone()];
        let diagnostic = Diagnostic::new(
            Code::UnbalancedBracket,
            self.span(&token),
            format!("this `{text}` is never closed"),
            "opened here",
        );
        self.mark(token.range.start);
        let place = if at.range.is_empty() { "the file ends here" } else { "this cannot be inside" };
        let diagnostic = diagnostic.also(self.span(at), place);
        self.report(at, diagnostic);
    }

    /// Reports a token that is wrong wherever it stands.
    fn check(&mut self, token: &Token, text: &str) {
        let span = self.span(token);
        let new = |code, message: String, help: &str| {
            let diagnostic = Diagnostic::new(code, span, message, "");
            if help.is_empty() { diagnostic } else { diagnostic.help(help) }
        };
        let diagnostic = match token.kind {
            TokenKind::OpenString => new(
                Code::UnterminatedString,
                "this string does not end on its line".into(),
                "close it with `\"`",
            ),
            TokenKind::Number => {
                if is_number(text) {
                    return;
                }
                let sides = |c: char| c == 'x' || c.is_ascii_digit();
                let help = match text.split('x').count() {
                    4.. if text.chars().all(sides) => {
                        "a size has two or three sides; a batch is not one of them"
                    }
                    _ if means_bytes(text) => "bytes are counted in `KiB`, `MiB` and `GiB`: `8MiB`",
                    _ => "a number is like `64`, `0.5` or `1e-5`; a size is like `3x3` or `224x224x3`",
                };
                new(Code::InvalidNumber, format!("{} is neither a number nor a size", quote(text)), help)
            }
            TokenKind::Punctuation => {
                let help = match text {
                    ";" => "nothing ends a statement; delete it",
                    "&&" | "&" => "write `and`",
                    "||" | "|" => "write `or`",
                    "!" => "write `not`",
                    "^" => "a power is `**`",
                    "%" => "there is no remainder; use `floor`: `a - b * floor(a / b)`",
                    "/*" => "comments begin with `//` and end with the line",
                    "->" | "=>" => "operations follow one another without a sign between them",
                    "+=" | "-=" | "*=" | "/=" => "a `const` does not change; give the new value a new name",
                    "." | "::" | "?" | "~" => "",
                    _ => return,
                };
                new(Code::UnknownOperator, format!("`{text}` is not an operator of this language"), help)
            }
            TokenKind::Unknown => {
                let c = text.chars().next().unwrap_or_default();
                let help = match c {
                    '\u{201c}' | '\u{201d}' | '\u{2018}' | '\u{2019}' | '\'' | '\u{ab}' | '\u{bb}' => {
                        "a string stands between `\"` and `\"`"
                    }
                    '\u{d7}' => "a size is written with the letter x: `3x3`",
                    '\u{2212}' | '\u{2013}' | '\u{2014}' => "minus is `-`",
                    '\u{a0}' | '\u{feff}' | '\u{200b}' | '\u{3000}' => {
                        "this is an invisible character; write a space"
                    }
                    '#' => "comments begin with `//`",
                    c if c.is_alphabetic() => "names have the letters a to z, A to Z, digits and `_`",
                    _ => "",
                };
                let shown = if c.is_control() || c.is_whitespace() || help.starts_with("this is an invisible")
                {
                    format!("the character U+{:04X} has no meaning here", u32::from(c))
                } else {
                    format!("the character `{c}` has no meaning here")
                };
                new(Code::InvalidCharacter, shown, help)
            }
            TokenKind::Word | TokenKind::String | TokenKind::Open | TokenKind::Close => return,
        };
        self.report(token, diagnostic);
    }
}

/// Whether a number ends in a unit of bytes as others write it: `8MB`, `8mib`, `8k`.
fn means_bytes(text: &str) -> bool {
    let unit = text.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.').to_ascii_lowercase();
    matches!(unit.as_str(), "b" | "k" | "m" | "g" | "kb" | "mb" | "gb" | "kib" | "mib" | "gib")
}

/// Whether the grammar takes a token as a number or size.
fn is_number(text: &str) -> bool {
    let digits = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit());
    let size = text.split('x');
    if matches!(size.clone().count(), 2 | 3) && size.clone().all(digits) {
        return true;
    }
    let bytes = BYTE_UNITS.iter().find_map(|(unit, _)| text.strip_suffix(unit));
    // A unit takes the place of an exponent.
    let (mantissa, exponent) =
        bytes.map_or_else(|| text.split_once(['e', 'E']).unwrap_or((text, "0")), |digits| (digits, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, "0"));
    digits(whole) && digits(fraction) && digits(exponent.strip_prefix(['+', '-']).unwrap_or(exponent))
}
