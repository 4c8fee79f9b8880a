//! Why the grammar does not match: what was expected, what stands there instead, and what was probably meant.

use pest::Parser as _;
use pest::error::{Error, ErrorVariant, InputLocation};

use super::grammar::Grammar;
use super::statement::Owner;
use super::words::{describe, usage};
use super::{Parser, Reported, Rule};
use crate::diagnostic::{Code, Diagnostic};
use crate::syntax::lexer::{Lexer, Token, TokenKind, quote};
use crate::syntax::vocabulary::{self, OperationKind};

/// Where a rule does not match.
struct Mismatch<'e> {
    /// The rule that the parser entered the grammar by.
    rule: Rule,
    /// Where its text begins, and before what it ends.
    start: usize,
    end: usize,
    /// The token that does not fit; `None` at the end of the text.
    token: Option<Token>,
    /// Where that is.
    at: usize,
    /// What the grammar tried there.
    expected: &'e [Rule],
}

impl Mismatch<'_> {
    fn expects(&self, rules: &[Rule]) -> bool {
        self.expected.iter().any(|rule| rules.contains(rule))
    }
}

impl Parser<'_> {
    /// Reports that `rule` does not match the text at `start`.
    pub(super) fn report_mismatch(
        &mut self,
        rule: Rule,
        start: usize,
        end: usize,
        error: &Error<Rule>,
    ) -> Reported {
        let ErrorVariant::ParsingError { positives, .. } = &error.variant else {
            // The only other error is that of pest's guard of the stack.
            let message = "this is nested too deeply for the stack at hand";
            self.report(Diagnostic::new(Code::NestedTooDeeply, self.span(start, start), message, ""));
            return Reported { at: end };
        };
        let offset = match error.location {
            InputLocation::Pos(at) | InputLocation::Span((at, _)) => at,
        };
        // What ends the body that `end` stands for may be what does not fit.
        let token = self.peek(start + offset, self.text.len());
        let at = token.as_ref().map_or(end, |t| t.range.start);
        // What was reported by the scan is the reason.
        if !self.scan.is_bad(start, at + 1) {
            let mismatch = Mismatch { rule, start, end, token, at, expected: positives };
            let diagnostic = self.explain(&mismatch);
            self.report(diagnostic);
        }
        Reported { at: at.min(end) }
    }

    /// Reports that something else stands where the brace of a body should.
    pub(super) fn report_missing_brace(&mut self, owner: Owner, position: usize, end: usize) -> Reported {
        let token = self.peek(position, self.text.len());
        let at = token.as_ref().map_or(end, |t| t.range.start);
        // Behind a value there might have been an operator as well.
        let expected: &[Rule] = match owner.rule {
            Rule::stack_head | Rule::for_head | Rule::if_head => &[Rule::body, Rule::operator],
            _ => &[Rule::body],
        };
        if !self.scan.is_bad(owner.start, at + 1) {
            let Owner { rule, start } = owner;
            let diagnostic = self.explain(&Mismatch { rule, start, end, token, at, expected });
            self.report(diagnostic);
        }
        Reported { at: at.min(end) }
    }

    fn explain(&self, mismatch: &Mismatch<'_>) -> Diagnostic {
        let special = match mismatch.rule {
            Rule::operation => self.explain_operation(mismatch),
            Rule::budget => self.explain_budget(mismatch),
            _ => None,
        };
        special.or_else(|| self.explain_token(mismatch)).unwrap_or_else(|| self.explain_generally(mismatch))
    }

    /// What there is to say about some tokens wherever they are.
    fn explain_token(&self, mismatch: &Mismatch<'_>) -> Option<Diagnostic> {
        let token = mismatch.token.as_ref()?;
        let span = self.token_span(token);
        let before = self.token_before(mismatch.start, mismatch.at)?;
        let word_before = (before.kind == TokenKind::Word).then(|| self.token_text(&before));
        let glued = before.range.end == token.range.start;
        match (self.token_text(token), word_before) {
            ("=", Some(_)) if mismatch.expects(&[Rule::operator]) => {
                let message = "`=` gives a name its value and does not compare";
                Some(Diagnostic::new(Code::UnknownOperator, span, message, "").help("a comparison is `==`"))
            }
            ("==", _) if matches!(mismatch.rule, Rule::constant | Rule::alias) => {
                let message = "`==` compares and does not give a name its value";
                Some(Diagnostic::new(Code::UnknownOperator, span, message, "").help("write `=`"))
            }
            ("-", Some(word)) if glued && !mismatch.expects(&[Rule::operator]) => {
                let next = self.peek(token.range.end, mismatch.end)?;
                let name = format!("{word}_{}", self.token_text(&next));
                let message = "a name has no hyphens";
                let span = self.token_span(&before).to(self.token_span(&next));
                Some(
                    Diagnostic::new(Code::InvalidName, span, message, "")
                        .help(format!("write {}", quote(&name))),
                )
            }
            ("(", Some(word)) if mismatch.expects(&[Rule::operator]) && !vocabulary::is_reserved(word) => {
                Some(self.no_function(&before))
            }
            (":", _) if mismatch.expects(&[Rule::body]) => {
                let message = "a body stands in braces, without a colon before it";
                Some(Diagnostic::new(Code::Syntax, span, message, "").help("write `{ .. }`"))
            }
            (",", _) if mismatch.rule == Rule::for_head && mismatch.expects(&[Rule::in_word]) => {
                let message = "several names stand in parentheses";
                Some(Diagnostic::new(Code::Syntax, span, message, "").help("write `for (a, b) in ..`"))
            }
            _ => None,
        }
    }

    /// That no `key=` follows the word `budget`; what follows may be the next statement.
    fn explain_budget(&self, mismatch: &Mismatch<'_>) -> Option<Diagnostic> {
        let word = self.peek(mismatch.start, mismatch.end)?;
        let key = self.peek(word.range.end, mismatch.end).filter(|t| t.kind == TokenKind::Word);
        let assigned = key.and_then(|key| self.peek_is(key.range.end, mismatch.end, "="));
        if assigned.is_some() {
            return None;
        }
        let d = Diagnostic::new(
            Code::Syntax,
            self.token_span(&word),
            "`budget` needs what it limits, and a `=`",
            "",
        );
        Some(d.help(format!("it is written {}", usage(mismatch.rule)?)))
    }

    /// That a name has the hyphen that stands behind its first word.
    pub(super) fn hyphenated(&self, first: &Token, word: &str, hyphen: &Token) -> Option<Diagnostic> {
        let next =
            self.peek(hyphen.range.end, self.text.len()).filter(|t| t.range.start == hyphen.range.end)?;
        let name = format!("{word}_{}", self.token_text(&next));
        let span = self.token_span(first).to(self.token_span(&next));
        let diagnostic = Diagnostic::new(Code::InvalidName, span, "a name has no hyphens", "");
        Some(diagnostic.help(format!("write {}", quote(&name))))
    }

    /// That a word before `(` is no function.
    pub(super) fn no_function(&self, word: &Token) -> Diagnostic {
        let message = format!("there is no function {}", quote(self.token_text(word)));
        Diagnostic::new(Code::UnknownFunction, self.token_span(word), message, "")
            .help("the functions are `min`, `max`, `floor`, `ceil` and `round_to`")
    }

    /// "expected .., found ..", with the form of the statement.
    fn explain_generally(&self, mismatch: &Mismatch<'_>) -> Diagnostic {
        let expected = self.expectation(mismatch);
        let found = self.found(mismatch.token.as_ref());
        let span = match &mismatch.token {
            Some(token) => self.token_span(token),
            // At the end: behind the last token, where the missing part would have to be.
            None => {
                let last =
                    self.token_before(mismatch.start, mismatch.at).map_or(mismatch.at, |t| t.range.end);
                self.span(last, last)
            }
        };
        let diagnostic =
            Diagnostic::new(Code::Syntax, span, format!("expected {expected}, found {found}"), "");
        let in_conditional = mismatch.expects(&[Rule::else_word]);
        let chain = "an `if` in an expression needs an `else`: `if a {1} else {2}`";
        // The form of a statement says nothing about what is wrong in its brackets.
        let inside = self.open_bracket(mismatch.start, mismatch.at).is_some();
        match usage(mismatch.rule) {
            _ if in_conditional => diagnostic.help(chain),
            Some(usage) if !inside || mismatch.rule == Rule::preprocess => {
                diagnostic.help(format!("it is written {usage}"))
            }
            _ => diagnostic,
        }
    }

    /// What the grammar expected, in words.
    fn expectation(&self, mismatch: &Mismatch<'_>) -> String {
        let open = self.open_bracket(mismatch.start, mismatch.at);
        // Behind a value there may be an operator, but what is missing is what ends or parts the values.
        if mismatch.expects(&[Rule::operator, Rule::arithmetic, Rule::subscript]) {
            match open {
                Some("(") => return "`,` or `)`".into(),
                Some("[") => return "`,` or `]`".into(),
                Some(_) => return "`}`".into(),
                None => {}
            }
        }
        let mut words: Vec<&str> = mismatch.expected.iter().filter_map(|&rule| describe(rule)).collect();
        words.sort_unstable();
        words.dedup();
        // An attribute may always follow; it is not what is missing.
        if words.len() > 1 {
            words.retain(|&word| word != "an operator" && word != "`key=value`" && word != "`[`");
        }
        match (words.as_slice(), open) {
            ([] | ["`=`" | "`,`"], Some("(")) => "`,` or `)`".into(),
            ([], _) => "something else".into(),
            ([only], _) => (*only).into(),
            ([first @ .., last], _) => format!("{} or {last}", first.join(", ")),
        }
    }

    /// What stands there instead, in words.
    pub(super) fn found(&self, token: Option<&Token>) -> String {
        match token {
            Some(token) => {
                let text = self.token_text(token);
                super::words::name_of_reserved(text).unwrap_or_else(|| quote(text))
            }
            None => "the end of the file".into(),
        }
    }

    /// The last token that begins between two positions.
    pub(super) fn token_before(&self, start: usize, at: usize) -> Option<Token> {
        Lexer::new(self.text, start).take_while(|token| token.range.start < at).last()
    }

    /// The innermost bracket that opens behind `start` and is open at `at`.
    fn open_bracket(&self, start: usize, at: usize) -> Option<&str> {
        let mut open = Vec::new();
        for token in Lexer::new(self.text, start).take_while(|token| token.range.start < at) {
            match token.kind {
                TokenKind::Open => open.push(self.token_text(&token)),
                TokenKind::Close => drop(open.pop()),
                _ => {}
            }
        }
        open.pop()
    }

    /// Says which of an operation's positionals is missing. `None` if the mistake is inside of one.
    fn explain_operation(&self, mismatch: &Mismatch<'_>) -> Option<Diagnostic> {
        let word = self.peek(mismatch.start, mismatch.end)?;
        let kind = OperationKind::from_word(self.token_text(&word))?;
        let mut position = word.range.end;
        let mut values = Vec::new();
        for _ in kind.spec().positionals {
            let start = Lexer::new(self.text, position).skip_trivia();
            let Ok(pairs) = Grammar::parse(Rule::positional, self.text.get(start..mismatch.end)?) else {
                break;
            };
            // The rule may have taken white space behind the value.
            let taken = start + pairs.as_str().len();
            position = self.token_before(start, taken).map_or(taken, |last| last.range.end);
            values.push(self.span(start, position));
        }
        let next = self.peek(position, self.text.len());
        // An `if` on the next line that is no expression is a statement.
        let statement = next.as_ref().is_some_and(|next| {
            let gap = self.text.get(position..next.range.start).unwrap_or("");
            self.token_text(next) == "if" && gap.contains('\n')
        });
        let at = next.as_ref().map_or(self.text.len(), |next| next.range.start);
        let word = self.token_span(&word);
        (statement || at == mismatch.at).then(|| self.missing_positional(kind, word, &values, next.as_ref()))
    }
}
