//! Tokens as a scanner sees them, good or bad: what the checks before the grammar, the recovery after an error and
//! the wording of an error need. The grammar itself reads characters.

use std::ops::Range;

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TokenKind {
    /// A word, reserved or not, or several with dots between (`layer1.0.conv2`).
    Word,
    /// A number or size, or what begins like one (`3y`).
    Number,
    /// `"..."` on one line.
    String,
    /// `"` without its end on the same line.
    OpenString,
    /// `( [ {`
    Open,
    /// `) ] }`
    Close,
    /// An operator or separator, or an operator of other languages.
    Punctuation,
    /// A character that no token begins with.
    Unknown,
}

/// A token and its bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Token {
    pub(crate) kind: TokenKind,
    pub(crate) range: Range<usize>,
}

/// The tokens of `text` from byte `position` on, white space and comments left out.
#[derive(Clone, Debug)]
pub(crate) struct Lexer<'a> {
    text: &'a str,
    position: usize,
}

/// Two characters that belong together; other languages' operators too, so that messages show them whole.
const PAIRS: &[&str] =
    &["**", "==", "!=", "<=", ">=", "&&", "||", "->", "=>", "::", "+=", "-=", "*=", "/=", "/*"];

impl<'a> Lexer<'a> {
    /// `position` must be at a character's boundary; a position inside a token begins there.
    pub(crate) fn new(text: &'a str, position: usize) -> Self {
        Lexer { text, position }
    }

    fn rest(&self) -> &'a str {
        self.text.get(self.position..).unwrap_or("")
    }

    /// Goes over white space and comments and says where the next token begins.
    pub(crate) fn skip_trivia(&mut self) -> usize {
        loop {
            let rest = self.rest();
            let trimmed = rest.trim_start_matches([' ', '\t', '\r', '\n']);
            self.position += rest.len() - trimmed.len();
            if !trimmed.starts_with("//") {
                return self.position;
            }
            self.position += trimmed.find('\n').unwrap_or(trimmed.len());
        }
    }
}

/// The length of a word and of those that dots join to it.
fn word_length(text: &str) -> usize {
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let mut length = 0;
    loop {
        let rest = &text[length..];
        length += rest.find(|c| !word(c)).unwrap_or(rest.len());
        if !text[length..].strip_prefix('.').is_some_and(|rest| rest.starts_with(word)) {
            return length;
        }
        length += 1;
    }
}

/// The length of a number or size and of everything glued to it.
fn number_length(text: &str) -> usize {
    let bytes = text.as_bytes();
    let digit = |i: usize| bytes.get(i).is_some_and(u8::is_ascii_digit);
    let mut i = 0;
    while let Some(&b) = bytes.get(i) {
        let exponent =
            matches!(b, b'e' | b'E') && matches!(bytes.get(i + 1), Some(b'+' | b'-')) && digit(i + 2);
        match b {
            _ if exponent => i += 2,
            b'.' if digit(i + 1) => i += 1,
            b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' | b'_' => i += 1,
            _ => break,
        }
    }
    i
}

impl Iterator for Lexer<'_> {
    type Item = Token;

    fn next(&mut self) -> Option<Token> {
        let start = self.skip_trivia();
        let rest = self.rest();
        let first = rest.chars().next()?;
        let (kind, length) = match first {
            'a'..='z' | 'A'..='Z' | '_' => (TokenKind::Word, word_length(rest)),
            '0'..='9' => (TokenKind::Number, number_length(rest)),
            '"' => match rest[1..].find(['"', '\n']) {
                Some(i) if rest[1 + i..].starts_with('"') => (TokenKind::String, i + 2),
                Some(i) => (TokenKind::OpenString, i + 1),
                None => (TokenKind::OpenString, rest.len()),
            },
            '(' | '[' | '{' => (TokenKind::Open, 1),
            ')' | ']' | '}' => (TokenKind::Close, 1),
            _ if PAIRS.iter().any(|p| rest.starts_with(p)) => (TokenKind::Punctuation, 2),
            '+' | '-' | '*' | '/' | '=' | '<' | '>' | ',' | ':' | ';' | '!' | '%' | '^' | '&' | '|' | '.'
            | '?' | '~' => (TokenKind::Punctuation, 1),
            other => (TokenKind::Unknown, other.len_utf8()),
        };
        self.position = start + length;
        Some(Token { kind, range: start..self.position })
    }
}

/// A piece of the text for a message, in backquotes; its beginning if it is long.
pub(crate) fn quote(text: &str) -> String {
    match text.char_indices().nth(40) {
        Some((cut, _)) => format!("`{}..`", &text[..cut]),
        None => format!("`{text}`"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_cover_what_is_there() {
        let text = "conv 3x3 4*width // x {\n stride=1e-5 \"a b\" [-2**i] a.0.b1 c. d \u{d7} \"open";
        let tokens: Vec<&str> = Lexer::new(text, 0).map(|t| &text[t.range]).collect();
        let expected = [
            "conv", "3x3", "4", "*", "width", "stride", "=", "1e-5", "\"a b\"", "[", "-", "2", "**", "i",
            "]", "a.0.b1", "c", ".", "d", "\u{d7}", "\"open",
        ];
        assert_eq!(tokens, expected);
    }

    #[test]
    fn numbers_end_at_what_is_not_glued_to_them() {
        let lengths = ["1.5.2 ", "1..2", "3y", "1e-5", "1e-x", "3x3x3x3-1", "7"].map(number_length);
        assert_eq!(lengths, [5, 1, 2, 4, 2, 7, 1]);
    }
}
