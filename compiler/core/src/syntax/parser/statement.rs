//! Bodies, and the statements that have bodies.

use super::{Node, Parsed, Parser, Reported, Rule};
use crate::source::Span;
use crate::syntax::ast::{Body, Branch, Expression, Following, Ident, Pattern, Statement, StatementKind};
use crate::syntax::lexer::TokenKind;

/// What a statement does, its span, and where the parser stands behind it. It travels in a box, because it is large
/// and the functions that pass it on call each other once a brace.
pub(super) struct Built {
    kind: StatementKind,
    span: Span,
    behind: usize,
}

pub(super) fn built(kind: StatementKind, span: Span, behind: usize) -> Parsed<Box<Built>> {
    Ok(Box::new(Built { kind, span, behind }))
}

/// What a body belongs to, for the message that its brace is missing.
#[derive(Clone, Copy)]
pub(super) struct Owner {
    /// The rule that the text before the body matches.
    pub(super) rule: Rule,
    /// Where that text begins.
    pub(super) start: usize,
}

impl<'a> Parser<'a> {
    /// The body whose brace is expected at a position, and the position behind it.
    pub(super) fn body(&mut self, owner: Owner, position: usize, end: usize) -> Parsed<(Body, usize)> {
        let (open, close) = self.braces(owner, position, end)?;
        let mut statements = Vec::new();
        let mut position = open + 1;
        // Whether the last of the statements stands right before the position.
        let mut adjacent = false;
        while let Some(token) = self.peek(position, close) {
            if self.scan.is_bad(token.range.start, token.range.start + 1) {
                adjacent = false;
                position = self.resume(token.range.end, close);
                continue;
            }
            let previous = if adjacent { statements.last() } else { None };
            let checked = self.check_start(&token, close, previous);
            (adjacent, position) =
                match checked.and_then(|()| self.statement(token.range.start, close, &mut statements)) {
                    Ok(behind) => (true, behind),
                    Err(Reported { at }) => (false, self.resume(at.max(token.range.end), close)),
                };
        }
        let behind = self.behind(close);
        Ok((Body { statements, span: self.span(open, behind) }, behind))
    }

    /// Where a brace that is expected at a position opens and closes.
    fn braces(&mut self, owner: Owner, position: usize, end: usize) -> Parsed<(usize, usize)> {
        match self.peek(position, end) {
            Some(token) if self.token_text(&token) == "{" => {
                let open = token.range.start;
                Ok((open, self.scan.close_of(open).unwrap_or(end)))
            }
            _ => Err(self.report_missing_brace(owner, position, end)),
        }
    }

    /// The position behind a closing brace, which an error may have left out.
    fn behind(&self, close: usize) -> usize {
        if self.text.get(close..).is_some_and(|rest| rest.starts_with('}')) { close + 1 } else { close }
    }

    // The functions from here to `gate` call each other once a brace. They leave to others what needs room, so that
    // their frames are small: a debug build keeps every temporary value of a function in its frame.

    /// Reads a statement to the end of a list and returns the position behind it.
    fn statement(&mut self, start: usize, end: usize, list: &mut Vec<Statement>) -> Parsed<usize> {
        let (label, start) = self.label(start, end)?;
        if label.is_some() {
            self.check_labelled(start, end)?;
        }
        let built = self.unlabelled(start, end)?;
        let behind = built.behind;
        list.push(Statement { label, kind: built.kind, span: built.span });
        Ok(behind)
    }

    /// Refuses what is no statement behind a label.
    fn check_labelled(&mut self, start: usize, end: usize) -> Parsed<()> {
        self.peek(start, end).map_or(Ok(()), |token| self.check_start(&token, end, None))
    }

    fn unlabelled(&mut self, start: usize, end: usize) -> Parsed<Box<Built>> {
        match self.peek(start, end).map_or("", |token| self.token_text(&token)) {
            "stack" => self.stack(start, end),
            "for" => self.for_loop(start, end),
            "if" => self.if_chain(start, end),
            "residual" => self.residual(start, end),
            "inception" => self.inception(start, end),
            "gate" => self.gate(start, end),
            _ => self.simple(start, end),
        }
    }

    /// `label:`, if there is one, and where the statement proper begins.
    fn label(&mut self, start: usize, end: usize) -> Parsed<(Option<Ident>, usize)> {
        let colon = self.peek(start, end).and_then(|word| self.peek_is(word.range.end, end, ":"));
        if colon.is_none() {
            return Ok((None, start));
        }
        let node = self.read(Rule::label, start, end)?;
        let Some(name) = node.children().next() else { return Err(Reported { at: node.end() }) };
        let label = self.name(&name)?;
        match self.peek(node.end(), end) {
            Some(next) if next.kind == TokenKind::Word => Ok((Some(label), next.range.start)),
            _ => Err(self.report_missing_statement(&label, end)),
        }
    }

    fn stack(&mut self, start: usize, end: usize) -> Parsed<Box<Built>> {
        let head = self.head(Rule::stack_head, start, end)?;
        let (body, behind) = self.body(Owner { rule: Rule::stack_head, start }, head.behind, end)?;
        head.stack(body, behind)
    }

    fn for_loop(&mut self, start: usize, end: usize) -> Parsed<Box<Built>> {
        let head = self.head(Rule::for_head, start, end)?;
        let (body, behind) = self.body(Owner { rule: Rule::for_head, start }, head.behind, end)?;
        head.for_loop(body, behind)
    }

    /// `if`, and every `else if` behind it. The chain is read in a loop and then nested from its end.
    fn if_chain(&mut self, start: usize, end: usize) -> Parsed<Box<Built>> {
        let mut links = Vec::new();
        let mut position = start;
        loop {
            position = self.if_link(position, end, &mut links)?;
            let Some(word) = self.peek_is(position, end, "else") else { return nest(links, None, position) };
            match self.peek_is(word.range.end, end, "if") {
                Some(next) => position = next.range.start,
                None => {
                    let owner = Owner { rule: Rule::else_word, start: word.range.start };
                    let (body, behind) = self.body(owner, word.range.end, end)?;
                    return nest(links, Some(body), behind);
                }
            }
        }
    }

    /// One `if c { .. }` of a chain; returns the position behind it.
    fn if_link(&mut self, start: usize, end: usize, links: &mut Vec<Link>) -> Parsed<usize> {
        let head = self.head(Rule::if_head, start, end)?;
        let (then, behind) = self.body(Owner { rule: Rule::if_head, start }, head.behind, end)?;
        links.push(Link { start: self.span(start, start), condition: head.expression, then });
        Ok(behind)
    }

    fn residual(&mut self, start: usize, end: usize) -> Parsed<Box<Built>> {
        let (after, behind) = self.residual_head(start, end)?;
        let owner = Owner { rule: Rule::residual_head, start };
        let (body, behind) = self.body(owner, behind, end)?;
        let start = self.span(start, start);
        match self.peek_is(behind, end, "shortcut") {
            None => finish_residual(start, after, body, None, behind),
            Some(word) => {
                let owner = Owner { rule: Rule::shortcut_word, start: word.range.start };
                let (shortcut, behind) = self.body(owner, word.range.end, end)?;
                finish_residual(start, after, body, Some(shortcut), behind)
            }
        }
    }

    fn inception(&mut self, start: usize, end: usize) -> Parsed<Box<Built>> {
        let (open, close) =
            self.braces(Owner { rule: Rule::inception_word, start }, start + "inception".len(), end)?;
        let mut branches = Vec::new();
        let mut position = open + 1;
        while let Some(token) = self.peek(position, close) {
            position = match self.branch(token.range.start, close, &mut branches) {
                Ok(behind) => behind,
                Err(Reported { at }) => self.next_branch(at.max(token.range.end), close),
            };
        }
        let behind = self.behind(close);
        built(StatementKind::Inception { branches }, self.span(start, behind), behind)
    }

    /// Reads a branch to the end of a list and returns the position behind it.
    fn branch(&mut self, start: usize, end: usize, list: &mut Vec<Branch>) -> Parsed<usize> {
        let (label, start) = self.label(start, end)?;
        let Some(word) = self.peek_is(start, end, "branch") else {
            return Err(self.report_missing_branch(start, end));
        };
        let owner = Owner { rule: Rule::branch_word, start };
        let (body, behind) = self.body(owner, word.range.end, end)?;
        let span = self.token_span(&word).to(body.span);
        list.push(Branch { label, body, span });
        Ok(behind)
    }

    fn next_branch(&self, from: usize, end: usize) -> usize {
        let mut position = from;
        while let Some(token) = self.peek(position, end) {
            if self.token_text(&token) == "branch" {
                return token.range.start;
            }
            position = self.scan.close_of(token.range.start).unwrap_or(token.range.end).max(token.range.end);
        }
        end
    }

    fn gate(&mut self, start: usize, end: usize) -> Parsed<Box<Built>> {
        let (body, behind) = self.body(Owner { rule: Rule::gate_word, start }, start + "gate".len(), end)?;
        let span = self.span(start, start).to(body.span);
        built(StatementKind::Gate { body }, span, behind)
    }

    /// The head of a `stack`, `for` or `if`.
    fn head(&mut self, rule: Rule, start: usize, end: usize) -> Parsed<Box<Head>> {
        let node = self.read(rule, start, end)?;
        let pattern = node.children().find(|n| n.rule() == Rule::pattern);
        let pattern = pattern.map(|n| self.pattern(&n)).transpose()?;
        let expression = self.first_expression(&node)?;
        let index = self.index(&node)?;
        Ok(Box::new(Head { pattern, expression, index, start: self.span(start, start), behind: node.end() }))
    }

    fn pattern(&mut self, node: &Node<'a>) -> Parsed<Pattern> {
        let names = node.children().filter(|n| n.rule() == Rule::name);
        let mut names = names.map(|n| self.name(&n)).collect::<Parsed<Vec<_>>>()?;
        if node.text().starts_with('(') {
            return Ok(Pattern::Tuple(names, self.span_of(node)));
        }
        names.pop().map(Pattern::Name).ok_or(Reported { at: node.end() })
    }

    /// `as i`, if there is one.
    fn index(&mut self, head: &Node<'a>) -> Parsed<Option<Ident>> {
        let index = head.children().find(|n| n.rule() == Rule::index);
        let name = index.and_then(|n| n.children().find(|n| n.rule() == Rule::name));
        name.map(|n| self.name(&n)).transpose()
    }

    /// The operations behind `residual`, and the position behind them.
    fn residual_head(&mut self, start: usize, end: usize) -> Parsed<(Vec<Following>, usize)> {
        let head = self.read(Rule::residual_head, start, end)?;
        let mut after = Vec::new();
        for child in head.children() {
            match child.rule() {
                Rule::operation => after.push(Following::Operation(self.operation(&child)?)),
                Rule::call => after.push(Following::Call(self.call(&child)?)),
                _ => {}
            }
        }
        Ok((after, head.end()))
    }
}

/// What stands before the brace of a `stack`, `for` or `if`.
struct Head {
    /// Of a `for`.
    pattern: Option<Pattern>,
    /// The count, the list or the condition.
    expression: Expression,
    index: Option<Ident>,
    /// Where the statement begins, as an empty span.
    start: Span,
    behind: usize,
}

impl Head {
    fn stack(self, body: Body, behind: usize) -> Parsed<Box<Built>> {
        let span = self.start.to(body.span);
        built(StatementKind::Stack { count: self.expression, index: self.index, body }, span, behind)
    }

    fn for_loop(self, body: Body, behind: usize) -> Parsed<Box<Built>> {
        let span = self.start.to(body.span);
        // The grammar has a pattern in every `for`.
        let Some(pattern) = self.pattern else { return Err(Reported { at: behind }) };
        built(StatementKind::For { pattern, list: self.expression, index: self.index, body }, span, behind)
    }
}

/// `if c { .. }` in a chain.
struct Link {
    /// Where it begins, as an empty span.
    start: Span,
    condition: Expression,
    then: Body,
}

/// The statement of a chain: every link but the first is the `else` of the one before.
fn nest(links: Vec<Link>, mut otherwise: Option<Body>, behind: usize) -> Parsed<Box<Built>> {
    let mut result = None;
    for Link { start, condition, then } in links.into_iter().rev() {
        if let Some((kind, span)) = result.take() {
            otherwise = Some(Body { statements: vec![Statement { label: None, kind, span }], span });
        }
        let last = otherwise.as_ref().map_or(then.span, |body| body.span);
        result = Some((StatementKind::If { condition, then, otherwise: otherwise.take() }, start.to(last)));
    }
    let (kind, span) = result.ok_or(Reported { at: behind })?;
    built(kind, span, behind)
}

fn finish_residual(
    start: Span,
    after: Vec<Following>,
    body: Body,
    shortcut: Option<Body>,
    behind: usize,
) -> Parsed<Box<Built>> {
    let span = start.to(shortcut.as_ref().map_or(body.span, |shortcut| shortcut.span));
    built(StatementKind::Residual { after, body, shortcut }, span, behind)
}
