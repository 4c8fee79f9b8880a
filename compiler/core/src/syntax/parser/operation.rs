//! Operations, their attributes, `defaults`, and calls.

use super::{Node, Parsed, Parser, Reported, Rule};
use crate::source::{Span, Spanned};
use crate::syntax::ast::{Attribute, Call, DefaultsEntry, Expression, Operation};
use crate::syntax::vocabulary::OperationKind;

impl<'a> Parser<'a> {
    /// An `operation` of the grammar.
    pub(super) fn operation(&mut self, node: &Node<'a>) -> Parsed<Operation> {
        let mut children = node.children();
        let Some(kind) = children.next() else { return Err(Reported { at: node.end() }) };
        let kind = self.operation_kind(&kind)?;
        let mut span = kind.span;
        let mut positionals = Vec::new();
        let mut attributes = Vec::new();
        for child in children {
            if child.rule() == Rule::positional {
                // `conv 3x3 relu`: what follows is the next statement. An `if` here is a whole expression.
                let found = self.peek(child.start(), child.end()).filter(|t| self.token_text(t) != "if");
                if found.as_ref().is_some_and(|token| self.begins_statement(token)) {
                    let values: Vec<Span> = positionals.iter().map(|p: &Expression| p.span).collect();
                    let diagnostic = self.missing_positional(kind.value, kind.span, &values, found.as_ref());
                    self.report(diagnostic);
                    return Err(Reported { at: child.start() });
                }
                let value = self.expression(&child)?;
                span = span.to(value.span);
                positionals.push(value);
            } else {
                let attribute = self.attribute(&child)?;
                span = span.to(attribute.value.span);
                attributes.push(attribute);
            }
        }
        Ok(Operation { kind, positionals, attributes, span })
    }

    /// The kind that an operation word stands for.
    fn operation_kind(&mut self, node: &Node<'a>) -> Parsed<Spanned<OperationKind>> {
        let word = node.text();
        let span = self.span_of(node);
        // The grammar's words are those of the vocabulary; a test holds them together.
        OperationKind::from_word(word).map(|value| Spanned { value, span }).ok_or(Reported { at: node.end() })
    }

    /// `key=value`
    fn attribute(&mut self, node: &Node<'a>) -> Parsed<Attribute> {
        let mut children = node.children();
        let (Some(key), Some(value)) = (children.next(), children.next()) else {
            return Err(Reported { at: node.end() });
        };
        let key = Spanned { value: key.text().to_owned(), span: self.span_of(&key) };
        let value = self.expression(&value)?;
        Ok(Attribute { key, value })
    }

    /// The attributes among the children of a rule.
    pub(super) fn attributes(&mut self, node: &Node<'a>) -> Parsed<Vec<Attribute>> {
        let mut attributes = Vec::new();
        for child in node.children().filter(|n| n.rule() == Rule::attribute) {
            attributes.push(self.attribute(&child)?);
        }
        Ok(attributes)
    }

    /// The entries of `defaults`.
    pub(super) fn defaults(&mut self, node: &Node<'a>) -> Parsed<Vec<DefaultsEntry>> {
        let mut entries = Vec::new();
        for entry in node.children().filter(|n| n.rule() == Rule::defaults_entry) {
            let Some(word) = entry.children().next() else { return Err(Reported { at: entry.end() }) };
            let kind = self.operation_kind(&word)?;
            entries.push(DefaultsEntry { kind, attributes: self.attributes(&entry)? });
        }
        Ok(entries)
    }

    /// `name(arguments)`
    pub(super) fn call(&mut self, node: &Node<'a>) -> Parsed<Call> {
        let mut children = node.children();
        let (Some(name), Some(list)) = (children.next(), children.next()) else {
            return Err(Reported { at: node.end() });
        };
        let name = self.name(&name)?;
        let arguments = self.arguments(&list)?;
        let span = name.span.to(self.span_of(&list));
        Ok(Call { name, arguments, span })
    }
}
