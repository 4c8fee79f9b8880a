//! Reads name maps.

use super::expression::{Expression, Term};
use super::pattern::{Ours, OursPart, Theirs, TheirsPart};
use super::{Constant, Line, MapSyntaxError, NameMap};

impl NameMap {
    /// Reads a map; the format is described at the module's head.
    ///
    /// # Errors
    /// Every line that cannot be read.
    pub fn parse(text: &str) -> Result<NameMap, Vec<MapSyntaxError>> {
        let mut map = NameMap::default();
        let mut errors = Vec::new();
        for (i, text) in text.lines().enumerate() {
            let text = text.split_once("//").map_or(text, |(front, _)| front).trim();
            if let Err(message) = map.line(i + 1, text) {
                errors.push(MapSyntaxError { line: i + 1, message });
            }
        }
        if errors.is_empty() { Ok(map) } else { Err(errors) }
    }

    fn line(&mut self, number: usize, text: &str) -> Result<(), String> {
        if text.is_empty() {
            return Ok(());
        }
        if let Some(pattern) = text.strip_prefix('-') {
            let pattern = pattern.trim();
            if pattern.is_empty() || pattern.contains(char::is_whitespace) {
                return Err("`-` is followed by one pattern".into());
            }
            self.dropped.push(pattern.to_owned());
            return Ok(());
        }
        if let Some((ours, numbers)) = text.split_once(":=") {
            self.constants.push(Constant { ours: left(ours.trim())?, numbers: constants(numbers)? });
            return Ok(());
        }
        let Some((ours, theirs)) = text.split_once('=') else {
            return Err("expected `OURS = THEIRS`, `OURS.ROLE := NUMBERS` or `- PATTERN`".into());
        };
        let ours = left(ours.trim())?;
        let theirs: Vec<Theirs> =
            theirs.split('|').map(|name| right(name.trim())).collect::<Result<_, _>>()?;
        for term in theirs.iter().flat_map(Theirs::terms) {
            let variables = match term {
                Term::Variable(variable) => std::slice::from_ref(variable),
                Term::Rank(variables) => variables,
            };
            if let Some(missing) = variables.iter().find(|v| ours.place(v).is_none()) {
                return Err(format!("`{missing}` is not on the left side"));
            }
        }
        self.lines.push(Line { number, ours, theirs });
        Ok(())
    }
}

/// `0.485 0.456 0.406`
fn constants(text: &str) -> Result<Vec<f32>, String> {
    let number = |word: &str| match word.parse::<f32>() {
        Ok(number) if number.is_finite() => Ok(number),
        _ => Err(format!("`{word}` is not a number")),
    };
    let numbers: Vec<f32> = text.split_whitespace().map(number).collect::<Result<_, _>>()?;
    if numbers.is_empty() { Err("`:=` is followed by numbers".into()) } else { Ok(numbers) }
}

/// `stage.{i}.conv{j}`
fn left(text: &str) -> Result<Ours, String> {
    let mut parts = Vec::new();
    for piece in pieces(text)? {
        let part = match piece {
            Piece::Text(text) => OursPart::Text(text.to_owned()),
            Piece::Rank(_) => return Err("`#` stands on the right side only".into()),
            Piece::Braces(_) if matches!(parts.last(), Some(OursPart::Number { .. })) => {
                return Err("two numbers without anything between them".into());
            }
            Piece::Braces(inner) => {
                let (sum, range) = match inner.split_once(':') {
                    None => (inner, None),
                    Some((sum, range)) => (sum, Some(bounds(range)?)),
                };
                let sum = Expression::parse(sum)?;
                let Some((variable, offset)) = sum.as_offset() else {
                    return Err(format!(
                        "`{inner}` must be a variable, or a variable and a number, on the left side"
                    ));
                };
                OursPart::Number { variable: variable.to_owned(), offset, range }
            }
        };
        parts.push(part);
    }
    Ok(Ours(parts))
}

/// `0-2`
fn bounds(text: &str) -> Result<(u64, u64), String> {
    let parsed = text
        .split_once('-')
        .and_then(|(low, high)| Some((low.trim().parse().ok()?, high.trim().parse().ok()?)));
    match parsed {
        Some((low, high)) if low <= high => Ok((low, high)),
        _ => Err(format!("`{text}` is not a range such as `0-2`")),
    }
}

/// `conv{i+2}_block{j+1}`
fn right(text: &str) -> Result<Theirs, String> {
    let mut parts: Vec<TheirsPart> = Vec::new();
    for piece in pieces(text)? {
        if matches!(parts.last(), Some(TheirsPart::Rank(_))) {
            return Err("nothing may stand behind `#{..}`".into());
        }
        parts.push(match piece {
            Piece::Text(text) => TheirsPart::Text(text.to_owned()),
            Piece::Rank(inner) => TheirsPart::Rank(Expression::parse(inner)?),
            Piece::Braces(inner) => match inner.split_once(':') {
                None => TheirsPart::Number(Expression::parse(inner)?),
                Some((sum, "a")) => TheirsPart::Letter(Expression::parse(sum)?, 'a'),
                Some((sum, "A")) => TheirsPart::Letter(Expression::parse(sum)?, 'A'),
                Some((_, other)) => {
                    return Err(format!("`:{other}` is no form of a number; letters are `:a` or `:A`"));
                }
            },
        });
    }
    Ok(Theirs(parts))
}

/// A part of a side.
enum Piece<'a> {
    Text(&'a str),
    /// What stands in `{..}`.
    Braces(&'a str),
    /// What stands in `#{..}`.
    Rank(&'a str),
}

fn pieces(text: &str) -> Result<Vec<Piece<'_>>, String> {
    if text.is_empty() {
        return Err("a name is missing".into());
    }
    if let Some(c) =
        text.split(['{', '}']).step_by(2).collect::<String>().chars().find(|c| c.is_whitespace() || *c == '=')
    {
        return Err(format!("a name has no {c:?}"));
    }
    let mut pieces = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let Some(open) = rest.find('{') else {
            pieces.push(Piece::Text(rest));
            break;
        };
        let Some(length) = rest[open..].find('}') else {
            return Err("`{` is not closed".into());
        };
        let (front, inner) = (&rest[..open], &rest[open + 1..open + length]);
        rest = &rest[open + length + 1..];
        let ranked = front.strip_suffix('#');
        let front = ranked.unwrap_or(front);
        if !front.is_empty() {
            pieces.push(Piece::Text(front));
        }
        pieces.push(if ranked.is_some() { Piece::Rank(inner) } else { Piece::Braces(inner) });
    }
    Ok(pieces)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_wrong_line_is_told() {
        let cases = [
            ("conv1", "expected `OURS = THEIRS`"),
            ("= x", "a name is missing"),
            ("conv1 =", "a name is missing"),
            ("a = b=c", "a name has no '='"),
            ("a = b |", "a name is missing"),
            ("a{i} = b{i} | c{j}", "`j` is not on the left"),
            ("a | b = c", "a name has no ' '"),
            ("conv 1 = x", "a name has no ' '"),
            ("-", "one pattern"),
            ("- a b", "one pattern"),
            ("a{i = x", "`{` is not closed"),
            ("a{i}{j} = x", "without anything between"),
            ("a{2*i} = x", "must be a variable"),
            ("a{i+j} = x", "must be a variable"),
            ("a{} = x", "not a sum"),
            ("a{i} = x{i*2}", "not a sum"),
            ("a{i} = x{i+}", "not a sum"),
            ("a{i} = x{j}", "`j` is not on the left"),
            ("a{i} = x{(i,j)}", "`j` is not on the left"),
            ("a{i}.{j} = x{(i,j+1)}", "not a sum"),
            ("a{i}.{j} = x{i,j}", "not a sum"),
            ("a{i}.{j} = x{(i)+(j)}", "not a sum"),
            ("a{i}.{j} = x{(i,)}", "not a sum"),
            ("a{i}.b{(i,j)} = x", "must be a variable"),
            ("a.mean := ", "followed by numbers"),
            ("a.mean := 0 x", "`x` is not a number"),
            ("a.mean := 1e40", "`1e40` is not a number"),
            ("a b := 0", "a name has no ' '"),
            ("a{i:2-1} = x", "not a range"),
            ("a{i:2} = x", "not a range"),
            ("a{i} = x{i:b}", "letters are `:a`"),
            ("a#{i} = x", "right side only"),
            ("a{i} = x#{i}y", "nothing may stand behind"),
            ("a{i} = x{99999999999*i}", "not a sum"),
            ("a{i} = x{(i)}", "not a sum"),
            ("a{i} = x{(i,J)}", "not a sum"),
            ("a{i} = x{(i,j}", "not a sum"),
            ("a{i} = x{(i,j)}", "`j` is not on the left"),
            ("a{(i,j)} = x", "must be a variable"),
        ];
        let text: String =
            cases.iter().map(|(line, _)| format!("{line}\n// fine\nok{{i}} = fine{{i}}\n")).collect();
        let errors = NameMap::parse(&text).expect_err("lines are wrong");
        assert_eq!(errors.len(), cases.len(), "{errors:#?}");
        for (i, (error, (line, expected))) in errors.iter().zip(cases).enumerate() {
            assert_eq!(error.line, 3 * i + 1, "{error}");
            assert!(error.message.contains(expected), "{line}: {error}");
        }
    }
}
