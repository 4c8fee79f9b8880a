//! Statements without bodies.

use super::statement::{Built, built};
use super::{Node, Parsed, Parser, Reported, Rule};
use crate::source::{Span, Spanned};
use crate::syntax::ast::{Expression, Ident, StatementKind};
use crate::syntax::vocabulary::OperationKind;

impl<'a> Parser<'a> {
    /// A statement without a body.
    pub(super) fn simple(&mut self, start: usize, end: usize) -> Parsed<Box<Built>> {
        let rule = self.rule_of_statement(start, end);
        let node = self.read(rule, start, end)?;
        match rule {
            Rule::operation => {
                let operation = self.operation(&node)?;
                let span = operation.span;
                built(StatementKind::Operation(operation), span, node.end())
            }
            Rule::input => self.input(&node),
            Rule::constant => self.constant(&node),
            Rule::concat_names | Rule::output => self.name_list(&node),
            Rule::let_name | Rule::from_name | Rule::add_name => self.name_statement(&node),
            Rule::defaults => self.defaults_statement(&node),
            Rule::preprocess => {
                let steps = self.preprocess(&node)?;
                built(StatementKind::Preprocess(steps), self.span_of(&node), node.end())
            }
            Rule::labels => self.labels(&node),
            Rule::budget => self.budget(&node),
            _ => {
                let call = self.call(&node)?;
                let span = call.span;
                built(StatementKind::Call(call), span, node.end())
            }
        }
    }

    /// The rule for the statement that begins with the word at `start`.
    fn rule_of_statement(&self, start: usize, end: usize) -> Rule {
        match self.peek(start, end).map_or("", |token| self.token_text(&token)) {
            "input" => Rule::input,
            "const" => Rule::constant,
            "let" => Rule::let_name,
            "from" => Rule::from_name,
            "add" => Rule::add_name,
            "concat" => Rule::concat_names,
            "defaults" => Rule::defaults,
            "output" => Rule::output,
            "preprocess" => Rule::preprocess,
            "labels" => Rule::labels,
            "budget" => Rule::budget,
            word if OperationKind::from_word(word).is_some() => Rule::operation,
            _ => Rule::call,
        }
    }

    fn input(&mut self, node: &Node<'a>) -> Parsed<Box<Built>> {
        let shape = self.first_expression(node)?;
        let span = self.start_of(node).to(shape.span);
        built(StatementKind::Input(shape), span, node.end())
    }

    fn constant(&mut self, node: &Node<'a>) -> Parsed<Box<Built>> {
        let name = self.first_name(node)?;
        let value = self.first_expression(node)?;
        let span = self.start_of(node).to(value.span);
        built(StatementKind::Const { name, value }, span, node.end())
    }

    /// `concat` and `output`.
    fn name_list(&mut self, node: &Node<'a>) -> Parsed<Box<Built>> {
        let names = self.names(node)?;
        let start = self.start_of(node);
        let span = names.last().map_or(start, |name| start.to(name.span));
        let kind = match node.rule() {
            Rule::output => StatementKind::Output(names),
            _ => StatementKind::Concat(names),
        };
        built(kind, span, node.end())
    }

    /// `let`, `from` and `add`.
    fn name_statement(&mut self, node: &Node<'a>) -> Parsed<Box<Built>> {
        let name = self.first_name(node)?;
        let kind = match node.rule() {
            Rule::let_name => StatementKind::Let(name),
            Rule::from_name => StatementKind::From(name),
            _ => StatementKind::Add(name),
        };
        built(kind, self.span_of(node), node.end())
    }

    fn defaults_statement(&mut self, node: &Node<'a>) -> Parsed<Box<Built>> {
        let entries = self.defaults(node)?;
        // The rule may have taken white space behind its last entry.
        let last = node.children().last().map_or(node.end(), |entry| entry.end());
        built(StatementKind::Defaults(entries), self.span(node.start(), last), node.end())
    }

    fn labels(&mut self, node: &Node<'a>) -> Parsed<Box<Built>> {
        match node.children().find(|n| n.rule() == Rule::string) {
            Some(string) => {
                built(StatementKind::Labels(self.string(&string)), self.span_of(node), node.end())
            }
            None => Err(Reported { at: node.end() }),
        }
    }

    fn budget(&mut self, node: &Node<'a>) -> Parsed<Box<Built>> {
        let entries = self.attributes(node)?;
        let start = self.start_of(node);
        let span = entries.last().map_or(start, |entry| start.to(entry.value.span));
        built(StatementKind::Budget(entries), span, node.end())
    }

    /// The empty span at the start of a rule.
    fn start_of(&self, node: &Node<'a>) -> Span {
        self.span(node.start(), node.start())
    }

    /// The first expression or positional among the children of a rule.
    pub(super) fn first_expression(&mut self, node: &Node<'a>) -> Parsed<Expression> {
        let rules = [Rule::expression, Rule::positional];
        match node.children().find(|n| rules.contains(&n.rule())) {
            Some(found) => self.expression(&found),
            None => Err(Reported { at: node.end() }),
        }
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
}
