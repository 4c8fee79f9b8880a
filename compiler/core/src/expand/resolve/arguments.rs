//! Calls: which block, and whether its arguments fit its parameters.

use std::collections::HashMap;

use super::{Resolver, item};
use crate::diagnostic::suggest;
use crate::diagnostic::{Code, Diagnostic};
use crate::source::Span;
use crate::syntax::ast::{self, Call, Ident, Parameter};

impl<'a> Resolver<'a, '_, '_> {
    pub(super) fn call(&mut self, call: &'a Call) {
        call.arguments.iter().for_each(|argument| self.expression(&argument.value));
        let name = &call.name;
        // A parameter comes before a block of the same name; what it holds is known when it is called.
        if self.names.use_name(&name.value).is_some() {
            return;
        }
        match self.module.names.get(&name.value).and_then(|&d| item(self.modules, d)) {
            Some(ast::Item::Block(block)) => self.arguments(call, block),
            Some(ast::Item::Net(net)) => self.not_a_block(name, &net.name),
            Some(ast::Item::Alias(alias)) => self.not_a_block(name, &alias.name),
            Some(ast::Item::Use(_)) | None => self.unknown_block(name),
        }
    }

    fn not_a_block(&mut self, name: &Ident, defined: &Ident) {
        let message = format!("`{}` is a net, and only blocks can be called", name.value);
        self.reporter.push(
            Diagnostic::new(Code::NotABlock, name.span, message, "")
                .also(defined.span, "defined here")
                .help("move what both need into a block"),
        );
    }

    fn unknown_block(&mut self, name: &Ident) {
        let message = format!("there is no block `{}`", name.value);
        let mut d = Diagnostic::new(Code::UnknownBlock, name.span, message, "");
        let elsewhere = self.modules.iter().find(|module| {
            module
                .file
                .items
                .iter()
                .any(|item| matches!(item, ast::Item::Block(b) if b.name.value == name.value))
        });
        if let Some(module) = elsewhere {
            d = d.note(format!(
                "`{}` defines it, but `use` does not bring what a file uses itself",
                module.path
            ));
        }
        let blocks = self.module.names.iter().filter_map(|(known, &definition)| {
            matches!(item(self.modules, definition), Some(ast::Item::Block(_))).then_some(known.as_str())
        });
        let words = crate::syntax::vocabulary::OperationKind::ALL.iter().map(|kind| kind.word());
        let near = suggest::nearest(&name.value, blocks.clone().chain(words));
        let known = near.map(|n| format!("did you mean `{n}`?"));
        let known = match elsewhere {
            Some(module) => known.or_else(|| Some(format!("add a `use` of `{}`", module.path))),
            None => known.or_else(|| suggest::help(&name.value, blocks)),
        };
        self.reporter.push(match known {
            Some(help) => d.help(help),
            None => d.help(format!("define it, as in `block {}(width) {{ conv 3x3 width }}`", name.value)),
        });
    }

    fn arguments(&mut self, call: &'a Call, block: &'a ast::Block) {
        let mut seen = HashMap::new();
        let mut position = 0;
        let mut named: Option<&Ident> = None;
        for argument in &call.arguments {
            match &argument.name {
                Some(key) => {
                    self.argument_key(key, &mut seen, &block.name, &block.parameters);
                    named = Some(key);
                }
                None => {
                    if let Some(key) = named {
                        let message = "an argument without a name stands behind one with a name";
                        self.reporter.push(
                            Diagnostic::new(Code::TooManyArguments, argument.value.span, message, "")
                                .also(key.span, "the one with a name")
                                .help("write arguments without names first"),
                        );
                        return;
                    }
                    match block.parameters.get(position) {
                        Some(parameter) => {
                            seen.insert(parameter.name.value.as_str(), argument.value.span);
                        }
                        None => {
                            self.too_many(call, block);
                            return;
                        }
                    }
                    position += 1;
                }
            }
        }
        let missing: Vec<&Parameter> = block
            .parameters
            .iter()
            .filter(|p| p.default.is_none() && !seen.contains_key(p.name.value.as_str()))
            .collect();
        if missing.is_empty() {
            return;
        }
        let names: Vec<String> = missing.iter().map(|p| format!("`{}`", p.name.value)).collect();
        let message = format!("`{}` needs {}", block.name.value, names.join(", "));
        let mut d = Diagnostic::new(Code::MissingArgument, call.span, message, "not given here");
        for parameter in missing {
            d = d.also(parameter.name.span, "this parameter has no default");
        }
        self.reporter.push(d);
    }

    fn too_many(&mut self, call: &'a Call, block: &'a ast::Block) {
        let given = call.arguments.len();
        let takes = match block.parameters.len() {
            0 => "no arguments".to_owned(),
            1 => "one argument".to_owned(),
            n => format!("{n} arguments"),
        };
        let message = format!("`{}` takes {takes}, and here are {given}", block.name.value);
        let place = call.arguments.get(block.parameters.len()).map_or(call.span, |a| a.value.span);
        self.reporter.push(
            Diagnostic::new(Code::TooManyArguments, place, message, "from here on")
                .also(block.name.span, "defined here"),
        );
    }

    /// Checks the key of an argument, and that it is the first of its name.
    pub(super) fn argument_key(
        &mut self,
        key: &'a Ident,
        seen: &mut HashMap<&'a str, Span>,
        owner: &Ident,
        parameters: &'a [Parameter],
    ) {
        if !parameters.iter().any(|p| p.name.value == key.value) {
            let message = format!("`{}` has no parameter `{}`", owner.value, key.value);
            let d = Diagnostic::new(Code::UnknownParameter, key.span, message, "")
                .also(owner.span, "defined here");
            let known = parameters.iter().map(|p| p.name.value.as_str());
            self.reporter.push(match suggest::help(&key.value, known) {
                Some(help) => d.help(help),
                None => d,
            });
        } else if let Some(first) = seen.insert(&key.value, key.span) {
            let message = format!("`{}` is given twice", key.value);
            self.reporter.push(
                Diagnostic::new(Code::DuplicateArgument, key.span, message, "again")
                    .also(first, "first given here"),
            );
        }
    }
}
