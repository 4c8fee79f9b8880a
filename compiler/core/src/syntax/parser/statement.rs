//! Bodies and the statements in them.

use super::{Node, Parsed, Parser, Reported, Rule};
use crate::source::{Span, Spanned};
use crate::syntax::ast::{
    Body, Branch, Expression, Following, Ident, Pattern, PreprocessKind, PreprocessStep, Statement,
    StatementKind,
};

impl<'a> Parser<'a> {
    /// The body whose brace is expected at a position, and the position behind it.
    pub(super) fn body(&mut self, position: usize, end: usize) -> Parsed<(Body, usize)> {
        let (open, close) = self.braces(position, end)?;
        let mut statements = Vec::new();
        let mut position = open + 1;
        while let Some(token) = self.peek(position, close) {
            if self.scan.is_bad(token.range.start, token.range.start + 1) {
                position = token.range.end;
                continue;
            }
            match self.statement(token.range.start, close) {
                Ok((statement, behind)) => {
                    statements.push(statement);
                    position = behind;
                }
                Err(Reported { at }) => position = self.resume(at.max(token.range.end), close),
            }
        }
        let behind = self.behind(close);
        Ok((Body { statements, span: self.span(open, behind) }, behind))
    }

    /// Where a brace that is expected at a position opens and closes.
    fn braces(&mut self, position: usize, end: usize) -> Parsed<(usize, usize)> {
        match self.peek(position, end) {
            Some(token) if self.token_text(&token) == "{" => {
                let open = token.range.start;
                Ok((open, self.scan.close_of(open).unwrap_or(end)))
            }
            token => Err(self.report_missing_brace(position, token.as_ref())),
        }
    }

    /// The position behind a closing brace, which an error may have left out.
    fn behind(&self, close: usize) -> usize {
        if self.text.get(close..).is_some_and(|rest| rest.starts_with('}')) { close + 1 } else { close }
    }

    fn statement(&mut self, start: usize, end: usize) -> Parsed<(Statement, usize)> {
        let (label, start) = self.label(start, end)?;
        let (kind, span, behind) = match self.peek(start, end) {
            Some(token) => match self.token_text(&token) {
                "stack" => self.stack(start, end)?,
                "for" => self.for_loop(start, end)?,
                "if" => self.if_chain(start, end)?,
                "residual" => self.residual(start, end)?,
                "inception" => self.inception(start, end)?,
                "gate" => self.gate(start, end)?,
                _ => self.simple(start, end)?,
            },
            None => return Err(self.report_missing_statement(start)),
        };
        Ok((Statement { label, kind, span }, behind))
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
        let next = self.peek(node.end(), end).map_or(node.end(), |t| t.range.start);
        Ok((Some(label), next))
    }

    fn stack(&mut self, start: usize, end: usize) -> Parsed<(StatementKind, Span, usize)> {
        let head = self.read(Rule::stack_head, start, end)?;
        let count = self.first_expression(&head)?;
        let index = self.index(&head)?;
        let (body, behind) = self.body(head.end(), end)?;
        let span = self.span(start, start).to(body.span);
        Ok((StatementKind::Stack { count, index, body }, span, behind))
    }

    fn for_loop(&mut self, start: usize, end: usize) -> Parsed<(StatementKind, Span, usize)> {
        let head = self.read(Rule::for_head, start, end)?;
        let Some(pattern) = head.children().find(|n| n.rule() == Rule::pattern) else {
            return Err(Reported { at: head.end() });
        };
        let pattern = self.pattern(&pattern)?;
        let list = self.first_expression(&head)?;
        let index = self.index(&head)?;
        let (body, behind) = self.body(head.end(), end)?;
        let span = self.span(start, start).to(body.span);
        Ok((StatementKind::For { pattern, list, index, body }, span, behind))
    }

    fn pattern(&mut self, node: &Node<'a>) -> Parsed<Pattern> {
        let mut names = node.children().map(|n| self.name(&n)).collect::<Parsed<Vec<_>>>()?;
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

    fn first_expression(&mut self, node: &Node<'a>) -> Parsed<Expression> {
        let rules = [Rule::expression, Rule::positional];
        match node.children().find(|n| rules.contains(&n.rule())) {
            Some(found) => self.expression(&found),
            None => Err(Reported { at: node.end() }),
        }
    }

    /// `if`, and every `else if` behind it. The chain is read in a loop and then nested from its end.
    fn if_chain(&mut self, start: usize, end: usize) -> Parsed<(StatementKind, Span, usize)> {
        let mut links = Vec::new();
        let mut otherwise = None;
        let mut position = start;
        loop {
            let head = self.read(Rule::if_head, position, end)?;
            let condition = self.first_expression(&head)?;
            let (then, behind) = self.body(head.end(), end)?;
            links.push((position, condition, then));
            position = behind;
            let Some(word) = self.peek_is(position, end, "else") else { break };
            if let Some(next) = self.peek_is(word.range.end, end, "if") {
                position = next.range.start;
                continue;
            }
            let (last, behind) = self.body(word.range.end, end)?;
            otherwise = Some(last);
            position = behind;
            break;
        }
        let mut result = None;
        for (start, condition, then) in links.into_iter().rev() {
            if let Some((kind, span)) = result.take() {
                otherwise = Some(Body { statements: vec![Statement { label: None, kind, span }], span });
            }
            let last = otherwise.as_ref().map_or(then.span, |b| b.span);
            let span = self.span(start, start).to(last);
            result = Some((StatementKind::If { condition, then, otherwise: otherwise.take() }, span));
        }
        let (kind, span) = result.ok_or(Reported { at: position })?;
        Ok((kind, span, position))
    }

    fn residual(&mut self, start: usize, end: usize) -> Parsed<(StatementKind, Span, usize)> {
        let head = self.read(Rule::residual_head, start, end)?;
        let mut after = Vec::new();
        for child in head.children() {
            match child.rule() {
                Rule::operation => after.push(Following::Operation(self.operation(&child)?)),
                Rule::call => after.push(Following::Call(self.call(&child)?)),
                _ => {}
            }
        }
        let (body, mut behind) = self.body(head.end(), end)?;
        let mut span = self.span(start, start).to(body.span);
        let mut shortcut = None;
        if let Some(word) = self.peek_is(behind, end, "shortcut") {
            let (other, position) = self.body(word.range.end, end)?;
            span = span.to(other.span);
            shortcut = Some(other);
            behind = position;
        }
        Ok((StatementKind::Residual { after, body, shortcut }, span, behind))
    }

    fn inception(&mut self, start: usize, end: usize) -> Parsed<(StatementKind, Span, usize)> {
        let (open, close) = self.braces(start + "inception".len(), end)?;
        let mut branches = Vec::new();
        let mut position = open + 1;
        while let Some(token) = self.peek(position, close) {
            match self.branch(token.range.start, close) {
                Ok((branch, behind)) => {
                    branches.push(branch);
                    position = behind;
                }
                Err(Reported { at }) => position = self.next_branch(at.max(token.range.end), close),
            }
        }
        let behind = self.behind(close);
        Ok((StatementKind::Inception { branches }, self.span(start, behind), behind))
    }

    fn branch(&mut self, start: usize, end: usize) -> Parsed<(Branch, usize)> {
        let (label, start) = self.label(start, end)?;
        let Some(word) = self.peek_is(start, end, "branch") else {
            return Err(self.report_missing_branch(start, end));
        };
        let (body, behind) = self.body(word.range.end, end)?;
        let span = self.token_span(&word).to(body.span);
        Ok((Branch { label, body, span }, behind))
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

    fn gate(&mut self, start: usize, end: usize) -> Parsed<(StatementKind, Span, usize)> {
        let (body, behind) = self.body(start + "gate".len(), end)?;
        let span = self.span(start, start).to(body.span);
        Ok((StatementKind::Gate { body }, span, behind))
    }

    /// A statement without a body.
    fn simple(&mut self, start: usize, end: usize) -> Parsed<(StatementKind, Span, usize)> {
        let node = self.read(Rule::simple, start, end)?;
        let behind = node.end();
        let from = self.span(start, start);
        let kind = match node.rule() {
            Rule::operation => {
                let operation = self.operation(&node)?;
                let span = operation.span;
                return Ok((StatementKind::Operation(operation), span, behind));
            }
            Rule::call => {
                let call = self.call(&node)?;
                let span = call.span;
                return Ok((StatementKind::Call(call), span, behind));
            }
            Rule::input => {
                let shape = self.first_expression(&node)?;
                let span = from.to(shape.span);
                return Ok((StatementKind::Input(shape), span, behind));
            }
            Rule::constant => {
                let name = self.first_name(&node)?;
                let value = self.first_expression(&node)?;
                let span = from.to(value.span);
                return Ok((StatementKind::Const { name, value }, span, behind));
            }
            Rule::concat_names => {
                let names = self.names(&node)?;
                let span = names.last().map_or(from, |n| from.to(n.span));
                return Ok((StatementKind::Concat(names), span, behind));
            }
            Rule::output => {
                let names = self.names(&node)?;
                let span = names.last().map_or(from, |n| from.to(n.span));
                return Ok((StatementKind::Output(names), span, behind));
            }
            Rule::let_name => StatementKind::Let(self.first_name(&node)?),
            Rule::from_name => StatementKind::From(self.first_name(&node)?),
            Rule::add_name => StatementKind::Add(self.first_name(&node)?),
            Rule::defaults => {
                let entries = self.defaults(&node)?;
                // The rule may have taken white space behind its last entry.
                let last = node.children().last().map_or(behind, |entry| entry.end());
                return Ok((StatementKind::Defaults(entries), self.span(start, last), behind));
            }
            Rule::preprocess => StatementKind::Preprocess(self.preprocess(&node)?),
            _ => match node.children().find(|n| n.rule() == Rule::string) {
                Some(string) => StatementKind::Labels(self.string(&string)),
                None => return Err(Reported { at: behind }),
            },
        };
        Ok((kind, self.span_of(&node), behind))
    }

    /// The names of `concat` and `output`; those of `output` may be paths.
    fn names(&mut self, node: &Node<'a>) -> Parsed<Vec<Ident>> {
        let mut names = Vec::new();
        for child in node.children() {
            match child.rule() {
                Rule::path if child.text().contains('.') => {
                    names.push(Spanned { value: child.text().to_owned(), span: self.span_of(&child) });
                }
                Rule::name | Rule::path => names.push(self.name(&child)?),
                _ => {}
            }
        }
        Ok(names)
    }

    fn first_name(&mut self, node: &Node<'a>) -> Parsed<Ident> {
        match node.children().find(|n| n.rule() == Rule::name) {
            Some(name) => self.name(&name),
            None => Err(Reported { at: node.end() }),
        }
    }

    fn preprocess(&mut self, node: &Node<'a>) -> Parsed<Vec<PreprocessStep>> {
        let mut steps = Vec::new();
        for child in node.children() {
            let start = self.span(child.start(), child.start());
            let (kind, span) = match child.rule() {
                Rule::resize => {
                    let size = self.first_expression(&child)?;
                    let filter = child.children().find(|n| n.rule() == Rule::name);
                    let filter = filter.map(|n| self.name(&n)).transpose()?;
                    let span = start.to(filter.as_ref().map_or(size.span, |f| f.span));
                    (PreprocessKind::Resize { size, filter }, span)
                }
                Rule::crop => {
                    let size = self.first_expression(&child)?;
                    let span = start.to(size.span);
                    (PreprocessKind::Crop(size), span)
                }
                Rule::bgr => (PreprocessKind::Bgr, self.span_of(&child)),
                Rule::scale => {
                    let factor = self.first_expression(&child)?;
                    let span = start.to(factor.span);
                    (PreprocessKind::Scale(factor), span)
                }
                Rule::normalize => {
                    let attributes = self.attributes(&child)?;
                    let word = self.span(child.start(), child.start() + "normalize".len());
                    let span = attributes.last().map_or(word, |a| word.to(a.value.span));
                    (PreprocessKind::Normalize(attributes), span)
                }
                _ => continue,
            };
            steps.push(PreprocessStep { kind, span });
        }
        Ok(steps)
    }
}
