//! Which constructs of the language texts have.

use std::collections::BTreeSet;

use archc_core::syntax::vocabulary::{KEYWORDS, OperationKind, PREPROCESS_WORDS};

/// Words that are in neither list of the vocabulary.
const OTHER_WORDS: &[&str] =
    &["channels", "rows", "cols", "bilinear", "bicubic", "box", "lanczos", "mean", "std"];
const SIGNS: &[&str] = &["**", "*", "/", "+", "-", "==", "!=", "<", "<=", ">", ">=", "[", "(", ":", "="];

/// What was found.
#[derive(Default)]
pub(crate) struct Seen<'a> {
    tokens: BTreeSet<&'a str>,
    /// Attributes, by the operation that they stand behind.
    attributes: BTreeSet<(&'a str, &'a str)>,
}

impl<'a> Seen<'a> {
    pub(crate) fn in_texts(texts: impl Iterator<Item = &'a str>) -> Self {
        let mut seen = Seen::default();
        for text in texts {
            let tokens = tokens(text);
            let mut operation = "";
            for (i, &token) in tokens.iter().enumerate() {
                if OperationKind::from_word(token).is_some() {
                    operation = token;
                }
                if tokens.get(i + 1) == Some(&"=") {
                    seen.attributes.insert((operation, token));
                }
            }
            seen.tokens.extend(tokens);
        }
        seen
    }

    /// What the vocabulary has and the texts have not.
    pub(crate) fn missing(&self) -> Vec<String> {
        let operations = OperationKind::ALL.iter().map(|kind| kind.word());
        let words =
            operations.chain([KEYWORDS, PREPROCESS_WORDS, OTHER_WORDS, SIGNS].into_iter().flatten().copied());
        let mut missing: Vec<String> =
            words.filter(|word| !self.tokens.contains(word)).map(|word| format!("`{word}`")).collect();
        for kind in OperationKind::ALL {
            for attribute in kind.spec().attributes {
                if !self.attributes.contains(&(kind.word(), attribute.key)) {
                    missing.push(format!("`{}` of `{}`", attribute.key, kind.word()));
                }
            }
        }
        missing
    }
}

/// The words and signs of a text, without its comments and strings.
fn tokens(text: &str) -> Vec<&str> {
    let mut tokens = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '/' if rest.starts_with("//") => rest.find('\n').unwrap_or(rest.len()),
            '"' => rest[1..].find('"').map_or(rest.len(), |i| i + 2),
            _ if first.is_ascii_alphanumeric() || first == '_' => {
                rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len())
            }
            _ if SIGNS.iter().any(|sign| sign.len() == 2 && rest.starts_with(sign)) => 2,
            _ => first.len_utf8(),
        };
        let (token, behind) = rest.split_at(length);
        if !token.starts_with("//") && !token.starts_with('"') {
            tokens.push(token);
        }
        rest = behind;
    }
    tokens
}
