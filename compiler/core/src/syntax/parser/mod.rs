//! The parser. It walks the items and the statements of a body by hand, from one to the next, and hands each to the
//! grammar, so that a mistake costs one statement and the rest of the file is still read.

#[cfg(test)]
mod agreement;
mod explain;
mod expression;
mod item;
mod literal;
mod operation;
mod preprocess;
mod report;
mod simple;
mod statement;
mod stray;
mod words;

use pest::Parser as _;

use super::ast::{Expression, File, Ident};
use super::lexer::{Lexer, Token, TokenKind, quote};
use super::scan::{self, Scan};
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::source::{FileId, Span, Spanned};

/// The parser that pest writes from the grammar.
mod grammar {
    #![allow(missing_docs, unreachable_pub, reason = "pest writes this")]
    #[derive(pest_derive::Parser)]
    #[grammar = "syntax/grammar.pest"]
    pub(crate) struct Grammar;
}

use grammar::{Grammar, Rule};

type Pair<'a> = pest::iterators::Pair<'a, Rule>;

/// An error was reported; the parser goes on where the next statement may begin, but not before byte `at`.
#[derive(Clone, Copy, Debug)]
struct Reported {
    at: usize,
}

type Parsed<T> = Result<T, Reported>;

/// Parses a text. Whatever is wrong with it goes to `diagnostics`; the tree then lacks the statements and items that
/// could not be read. The tree's depth is bounded, so that code may recurse over it.
pub fn parse(file: FileId, text: &str, diagnostics: &mut Diagnostics) -> File {
    // Editors on Windows begin files with a byte order mark.
    let start = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
    let mut own = Diagnostics::default();
    let items = match scan::scan(file, text, start, &mut own) {
        Some(scan) => Parser { file, text, scan, diagnostics: &mut own }.items(start),
        None => Vec::new(),
    };
    hand_over(own, diagnostics);
    File { items, span: Span::new(file, 0, text.len()) }
}

/// Parses an expression that is all of a text from byte `start` on, as the value of a setting is. `None` after errors.
pub fn parse_expression(
    file: FileId,
    text: &str,
    start: usize,
    diagnostics: &mut Diagnostics,
) -> Option<Expression> {
    let mut own = Diagnostics::default();
    let expression = scan::scan(file, text, start, &mut own)
        .and_then(|scan| Parser { file, text, scan, diagnostics: &mut own }.whole_expression(start));
    hand_over(own, diagnostics);
    expression
}

/// Adds the diagnostics of a file in the order of their places; the scan and the parser each have their own.
fn hand_over(own: Diagnostics, diagnostics: &mut Diagnostics) {
    let mut own: Vec<Diagnostic> = own.iter().cloned().collect();
    own.sort_by_key(|d| d.primary.as_ref().map(|label| label.span.start));
    own.into_iter().for_each(|d| diagnostics.push(d));
}

struct Parser<'a> {
    file: FileId,
    text: &'a str,
    scan: Scan,
    diagnostics: &'a mut Diagnostics,
}

/// What the grammar made of a piece of text that begins at byte `base`.
#[derive(Clone)]
struct Node<'a> {
    pair: Pair<'a>,
    base: usize,
}

impl<'a> Node<'a> {
    fn rule(&self) -> Rule {
        self.pair.as_rule()
    }

    fn text(&self) -> &'a str {
        self.pair.as_str()
    }

    fn start(&self) -> usize {
        self.base + self.pair.as_span().start()
    }

    /// Behind the last character that the rule took, which may be white space.
    fn end(&self) -> usize {
        self.base + self.pair.as_span().end()
    }

    /// What the rule is made of, without the signs that are rules only so that messages can speak of them.
    fn children(&self) -> impl Iterator<Item = Node<'a>> + use<'a> {
        let base = self.base;
        let silent = |rule| matches!(rule, Rule::assign | Rule::brace);
        let inner = self.pair.clone().into_inner();
        inner.filter(move |pair| !silent(pair.as_rule())).map(move |pair| Node { pair, base })
    }
}

impl<'a> Parser<'a> {
    /// Reads `rule` at `start`, from text that ends before `end`.
    fn read(&mut self, rule: Rule, start: usize, end: usize) -> Parsed<Node<'a>> {
        let text = self.text.get(start..end).unwrap_or("");
        match Grammar::parse(rule, text) {
            Ok(mut pairs) => match pairs.next() {
                Some(pair) => Ok(Node { pair, base: start }),
                None => Err(Reported { at: start }),
            },
            Err(error) => Err(self.report_mismatch(rule, start, end, &error)),
        }
    }

    fn whole_expression(&mut self, start: usize) -> Option<Expression> {
        let end = self.text.len();
        let node = self.read(Rule::expression, start, end).ok()?;
        let Some(token) = self.peek(node.end(), end) else { return self.expression(&node).ok() };
        let message = format!("unexpected {} behind the value", quote(self.token_text(&token)));
        self.report(Diagnostic::new(Code::Syntax, self.token_span(&token), message, ""));
        None
    }

    fn span(&self, start: usize, end: usize) -> Span {
        Span::new(self.file, start, end)
    }

    /// The span of a rule that ends with a character of its own, not with something that may repeat.
    fn span_of(&self, node: &Node<'_>) -> Span {
        self.span(node.start(), node.end())
    }

    fn token_span(&self, token: &Token) -> Span {
        self.span(token.range.start, token.range.end)
    }

    fn token_text(&self, token: &Token) -> &'a str {
        self.text.get(token.range.clone()).unwrap_or("")
    }

    /// The token at or behind a position, if it ends before `end`.
    fn peek(&self, position: usize, end: usize) -> Option<Token> {
        Lexer::new(self.text, position).next().filter(|t| t.range.end <= end)
    }

    /// The token at or behind a position, if it is this word or sign.
    fn peek_is(&self, position: usize, end: usize, text: &str) -> Option<Token> {
        self.peek(position, end).filter(|t| self.token_text(t) == text)
    }

    /// A word as a name; a reserved word is an error.
    fn name(&mut self, node: &Node<'_>) -> Parsed<Ident> {
        let ident = Spanned { value: node.text().to_owned(), span: self.span_of(node) };
        if super::vocabulary::is_reserved(&ident.value) {
            Err(self.report_reserved(&ident))
        } else {
            Ok(ident)
        }
    }

    /// Where to go on after an error at `at`: the next token that begins a statement, or `end`. Brackets that open on
    /// the way are passed whole.
    fn resume(&self, at: usize, end: usize) -> usize {
        let mut position = at;
        let mut operand_follows = false;
        while let Some(token) = self.peek(position, end) {
            if self.is_full() {
                return end;
            }
            let text = self.token_text(&token);
            // A rule may have taken white space, the end of the line included.
            let before = self.text.get(..token.range.start).unwrap_or("").trim_end_matches([' ', '\t', '\r']);
            let leads = before.is_empty() || before.ends_with('\n');
            // `key=value` at the start of a line belongs to the operation of the line before.
            let key = || self.peek_is(token.range.end, end, "=").is_some();
            let begins = self.begins_statement(&token) || (leads && !key());
            if token.kind == TokenKind::Word && !operand_follows && begins {
                return token.range.start;
            }
            operand_follows = matches!(token.kind, TokenKind::Punctuation)
                || matches!(
                    text,
                    "and" | "or" | "not" | "in" | "if" | "else" | "const" | "let" | "from" | "add"
                );
            position = match token.kind {
                TokenKind::Open => self.behind_bracket(token.range.start).unwrap_or(end).min(end),
                _ => token.range.end,
            };
        }
        end
    }

    /// The position behind the bracket that closes the one at `open`; the end of the text where none does.
    fn behind_bracket(&self, open: usize) -> Option<usize> {
        self.scan.close_of(open).map(|close| (close + 1).min(self.text.len()))
    }

    /// Whether a word begins a statement by itself, without a look at what follows.
    fn begins_statement(&self, token: &Token) -> bool {
        let text = self.token_text(token);
        super::vocabulary::STATEMENT_WORDS.contains(&text)
            || super::vocabulary::OperationKind::from_word(text).is_some()
    }
}
