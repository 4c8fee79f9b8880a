//! Items: `use`, `block`, `net` and its aliases.

use super::statement::Owner;
use super::{Node, Parsed, Parser, Reported, Rule};
use crate::syntax::ast::{Alias, Argument, Block, Ident, Item, Net, Parameter, Use};
use crate::syntax::lexer::TokenKind;

impl<'a> Parser<'a> {
    /// Every item from a position to the end of the text.
    pub(super) fn items(mut self, start: usize) -> Vec<Item> {
        let end = self.text.len();
        let mut items = Vec::new();
        let mut position = start;
        while let Some(token) = self.peek(position, end).filter(|_| !self.is_full()) {
            let at = token.range.start;
            let result = match self.token_text(&token) {
                "use" => self.use_item(at, end),
                "block" => self.block(at, end),
                "net" => self.net(at, end),
                _ => Err(self.report_outside_item(&token)),
            };
            position = match result {
                Ok((item, behind)) => {
                    items.push(item);
                    behind
                }
                Err(Reported { at: reached }) => self.next_item(reached.max(token.range.end), end),
            };
        }
        items
    }

    /// Where the next item begins, brackets passed whole.
    fn next_item(&self, from: usize, end: usize) -> usize {
        let mut position = from;
        let mut after_sign = false;
        while let Some(token) = self.peek(position, end) {
            // `my-net` has no item in it.
            if !after_sign && matches!(self.token_text(&token), "use" | "block" | "net") {
                return token.range.start;
            }
            after_sign = token.kind == TokenKind::Punctuation;
            position = self.scan.close_of(token.range.start).unwrap_or(token.range.end).max(token.range.end);
        }
        end
    }

    fn use_item(&mut self, start: usize, end: usize) -> Parsed<(Item, usize)> {
        let node = self.read(Rule::use_item, start, end)?;
        let span = self.span_of(&node);
        match node.children().find(|n| n.rule() == Rule::string) {
            Some(path) => Ok((Item::Use(Use { path: self.string(&path), span }), node.end())),
            None => Err(Reported { at: node.end() }),
        }
    }

    fn block(&mut self, start: usize, end: usize) -> Parsed<(Item, usize)> {
        let head = self.read(Rule::block_head, start, end)?;
        let (name, parameters) = self.item_head(&head)?;
        let (body, behind) = self.body(Owner { rule: head.rule(), start }, head.end(), end)?;
        let span = self.span(start, start).to(body.span);
        Ok((Item::Block(Block { name, parameters, body, span }), behind))
    }

    fn net(&mut self, start: usize, end: usize) -> Parsed<(Item, usize)> {
        let equals = self.peek(start, end).and_then(|net| {
            let name = self.peek(net.range.end, end)?;
            self.peek_is(name.range.end, end, "=")
        });
        if equals.is_some() {
            return self.alias(start, end);
        }
        let head = self.read(Rule::net_head, start, end)?;
        let (name, parameters) = self.item_head(&head)?;
        let (body, behind) = self.body(Owner { rule: head.rule(), start }, head.end(), end)?;
        let span = self.span(start, start).to(body.span);
        Ok((Item::Net(Net { name, parameters, body, span }), behind))
    }

    fn alias(&mut self, start: usize, end: usize) -> Parsed<(Item, usize)> {
        let node = self.read(Rule::alias, start, end)?;
        let mut names = node.children().filter(|n| n.rule() == Rule::name);
        let (Some(name), Some(base)) = (names.next(), names.next()) else {
            return Err(Reported { at: node.end() });
        };
        let (name, base) = (self.name(&name)?, self.name(&base)?);
        let mut span = self.span(start, start).to(base.span);
        let mut arguments = Vec::new();
        if let Some(list) = node.children().find(|n| n.rule() == Rule::arguments) {
            arguments = self.arguments(&list)?;
            span = span.to(self.span_of(&list));
        }
        Ok((Item::Alias(Alias { name, base, arguments, span }), node.end()))
    }

    /// The name and parameters of a block or net.
    fn item_head(&mut self, head: &Node<'a>) -> Parsed<(Ident, Vec<Parameter>)> {
        let Some(name) = head.children().find(|n| n.rule() == Rule::name) else {
            return Err(Reported { at: head.end() });
        };
        let name = self.name(&name)?;
        let mut parameters = Vec::new();
        let list = head.children().find(|n| n.rule() == Rule::parameters);
        for node in list.iter().flat_map(Node::children) {
            parameters.push(self.parameter(&node)?);
        }
        Ok((name, parameters))
    }

    fn parameter(&mut self, node: &Node<'a>) -> Parsed<Parameter> {
        let mut children = node.children();
        let Some(name) = children.next() else { return Err(Reported { at: node.end() }) };
        let name = self.name(&name)?;
        let default = children.next().map(|value| self.expression(&value)).transpose()?;
        Ok(Parameter { name, default })
    }

    /// `(value, name=value)`
    pub(super) fn arguments(&mut self, list: &Node<'a>) -> Parsed<Vec<Argument>> {
        let mut arguments = Vec::new();
        for node in list.children() {
            let mut argument = (None, None);
            for child in node.children() {
                match child.rule() {
                    Rule::name => argument.0 = Some(self.name(&child)?),
                    _ => argument.1 = Some(self.expression(&child)?),
                }
            }
            let (name, Some(value)) = argument else { return Err(Reported { at: node.end() }) };
            arguments.push(Argument { name, value });
        }
        Ok(arguments)
    }
}
