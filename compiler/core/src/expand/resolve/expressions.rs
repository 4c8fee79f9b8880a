//! Names in expressions, and how many arguments functions take.

use super::{Resolver, SHAPE_NAMES};
use crate::diagnostic::suggest;
use crate::diagnostic::{Code, Diagnostic};
use crate::source::{Span, Spanned};
use crate::syntax::ast::{self, Expression, ExpressionKind, Function};

impl<'a> Resolver<'a, '_, '_> {
    /// Resolves an expression. The parser bounds the depth of this recursion.
    pub(super) fn expression(&mut self, expression: &'a Expression) {
        match &expression.kind {
            ExpressionKind::Number(_)
            | ExpressionKind::Size(_)
            | ExpressionKind::Bool(_)
            | ExpressionKind::Padding(_)
            | ExpressionKind::Operation(_) => {}
            ExpressionKind::Name(name) => self.name(name, expression.span),
            ExpressionKind::Tuple(items) | ExpressionKind::List(items) => {
                items.iter().for_each(|item| self.expression(item));
            }
            ExpressionKind::Index(list, index) => {
                self.expression(list);
                self.expression(index);
            }
            ExpressionKind::Unary(_, operand) => self.expression(operand),
            ExpressionKind::Binary(_, left, right) => {
                self.expression(left);
                self.expression(right);
            }
            ExpressionKind::If { condition, then, otherwise } => {
                self.expression(condition);
                self.expression(then);
                self.expression(otherwise);
            }
            ExpressionKind::Call { function, arguments } => {
                self.function(function, arguments.len());
                arguments.iter().for_each(|argument| self.expression(argument));
            }
        }
    }

    fn name(&mut self, name: &str, span: Span) {
        if SHAPE_NAMES.contains(&name) || self.names.use_name(name).is_some() {
            return;
        }
        let mut d = Diagnostic::new(Code::UnknownName, span, format!("there is no `{name}` here"), "");
        if let Some(block) = self.block {
            let net = self.module.file.items.iter().find_map(|item| match item {
                ast::Item::Net(net) => net.parameters.iter().find(|p| p.name.value == name).map(|p| (net, p)),
                ast::Item::Use(_) | ast::Item::Block(_) | ast::Item::Alias(_) => None,
            });
            if let Some((net, parameter)) = net {
                let text = format!("a parameter of the net `{}`", net.name.value);
                let help =
                    format!("a block sees its own parameters only: give `{block}` a parameter `{name}`");
                self.reporter.push(d.also(parameter.name.span, text).help(help));
                return;
            }
        }
        if self.names.use_value(name) {
            d = d.note(format!("`{name}` is a value of `let`, not a number; `from {name}` goes on from it"));
        } else if let Some(&definition) = self.module.names.get(name) {
            let what = match super::item(self.modules, definition) {
                Some(ast::Item::Block(_)) => "a block",
                _ => "a net",
            };
            d = d.note(format!("`{name}` is {what}, which is no value"));
        } else {
            let known: Vec<&str> = self.names.names().chain(SHAPE_NAMES).collect();
            let words = ["true", "false", "same", "valid"];
            let near = suggest::nearest(name, known.iter().copied().chain(words));
            let help = near.map(|n| format!("did you mean `{n}`?")).or_else(|| suggest::help(name, known));
            if let Some(help) = help {
                d = d.help(help);
            }
        }
        self.reporter.push(d);
    }

    fn function(&mut self, function: &Spanned<Function>, count: usize) {
        let (word, wanted, fits) = match function.value {
            Function::Min => ("min", "two or more arguments", count >= 2),
            Function::Max => ("max", "two or more arguments", count >= 2),
            Function::Floor => ("floor", "one argument", count == 1),
            Function::Ceil => ("ceil", "one argument", count == 1),
            Function::RoundTo => {
                ("round_to", "two arguments, a number and what it is rounded to", count == 2)
            }
        };
        if !fits {
            let here = if count == 1 { "is one".to_owned() } else { format!("are {count}") };
            let message = format!("`{word}` takes {wanted}, and here {here}");
            self.reporter.push(Diagnostic::new(Code::FunctionArguments, function.span, message, ""));
        }
    }
}
