//! PTX text as tokens with their lines.

use crate::fault::ParseError;

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Kind {
    /// Names, opcodes with their modifiers, directives, registers.
    Word(String),
    Integer(i64),
    F32(u32),
    F64(u64),
    Text(String),
    Symbol(u8),
}

#[derive(Clone, Debug)]
pub(super) struct Token {
    pub(super) kind: Kind,
    pub(super) line: u32,
}

/// All tokens of a text.
///
/// # Errors
/// A byte or a number that PTX does not have.
pub(super) fn tokens(text: &str) -> Result<Vec<Token>, ParseError> {
    let bytes = text.as_bytes();
    let mut tokens = Vec::with_capacity(bytes.len() / 4);
    let (mut at, mut line) = (0, 1);
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'\n' => {
                line += 1;
                at += 1;
            }
            b' ' | b'\t' | b'\r' | 0 => at += 1,
            b'/' if bytes.get(at + 1) == Some(&b'/') => {
                at += bytes[at..].iter().position(|&b| b == b'\n').unwrap_or(bytes.len() - at);
            }
            b'/' if bytes.get(at + 1) == Some(&b'*') => {
                let end = text.get(at..).and_then(|rest| rest.find("*/")).map(|n| at + n + 2);
                let end = end.ok_or_else(|| ParseError::new(line, "a comment that does not end"))?;
                line += bytes[at..end].iter().filter(|&&b| b == b'\n').count() as u32;
                at = end;
            }
            b'"' => {
                let length = bytes[at + 1..].iter().position(|&b| b == b'"');
                let length = length.ok_or_else(|| ParseError::new(line, "a string that does not end"))?;
                let text = String::from_utf8_lossy(&bytes[at + 1..at + 1 + length]).into_owned();
                tokens.push(Token { kind: Kind::Text(text), line });
                at += length + 2;
            }
            b'0'..=b'9' => {
                let length =
                    bytes[at..].iter().position(|b| !b.is_ascii_alphanumeric()).unwrap_or(bytes.len() - at);
                let kind = number(&text[at..at + length])
                    .ok_or_else(|| ParseError::new(line, format!("the number {}", &text[at..at + length])))?;
                tokens.push(Token { kind, line });
                at += length;
            }
            b'_' | b'$' | b'%' | b'.' | b'a'..=b'z' | b'A'..=b'Z' => {
                let mut end = at + 1;
                while let Some(&b) = bytes.get(end) {
                    // `L2::128B` is one modifier; the colon behind a label stands alone.
                    match b {
                        b'_' | b'$' | b'%' | b'.' | b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => end += 1,
                        b':' if bytes.get(end + 1) == Some(&b':') => end += 2,
                        _ => break,
                    }
                }
                tokens.push(Token { kind: Kind::Word(text[at..end].to_owned()), line });
                at = end;
            }
            b'[' | b']' | b'{' | b'}' | b'(' | b')' | b'<' | b'>' | b',' | b';' | b':' | b'!' | b'@'
            | b'+' | b'-' | b'=' | b'|' => {
                tokens.push(Token { kind: Kind::Symbol(byte), line });
                at += 1;
            }
            _ => return Err(ParseError::new(line, format!("the byte {byte:#04x}"))),
        }
    }
    Ok(tokens)
}

/// A number: decimal, hexadecimal, octal, binary, or the bits of a float.
fn number(text: &str) -> Option<Kind> {
    let digits = text.strip_suffix('U').unwrap_or(text);
    let radix = |prefix: usize, radix| u64::from_str_radix(digits.get(prefix..)?, radix).ok();
    Some(match digits.as_bytes() {
        [b'0', b'f' | b'F', ..] => Kind::F32(u32::try_from(radix(2, 16)?).ok()?),
        [b'0', b'd' | b'D', ..] => Kind::F64(radix(2, 16)?),
        [b'0', b'x' | b'X', ..] => Kind::Integer(radix(2, 16)? as i64),
        [b'0', b'b' | b'B', ..] => Kind::Integer(radix(2, 2)? as i64),
        [b'0', _, ..] => Kind::Integer(radix(1, 8)? as i64),
        _ => Kind::Integer(radix(0, 10)? as i64),
    })
}
