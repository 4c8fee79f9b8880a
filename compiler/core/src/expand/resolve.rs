//! Resolves every name of every file, whether the text is ever executed or not: parameters, constants and indices,
//! values of `let`, blocks, nets and aliases, keys of arguments and attributes. What it lets pass, the expander need
//! not report, and what nothing uses, it warns of.
//!
//! Names are lexical: a block sees its own parameters and what stands between its braces. Only `defaults` and the shape
//! that arrives are dynamic, and these have no names.

mod arguments;
mod expressions;
mod names;
mod statements;

use std::collections::HashMap;

use self::names::{Names, Role};
use super::files;
use super::limits;
use super::load::{Definition, Module, item};
use super::report::Reporter;
use crate::diagnostic::suggest;
use crate::diagnostic::{Code, Diagnostic};
use crate::syntax::ast::{self, Ident, Parameter};

/// The names that are the arriving shape.
pub(super) const SHAPE_NAMES: [&str; 3] = ["channels", "rows", "cols"];

/// Resolves every module.
pub(super) fn resolve(modules: &[Module], reporter: &mut Reporter<'_>) {
    for module in modules {
        // Users cannot mend the zoo, so it does not warn.
        let warn = !module.path.starts_with(files::ZOO);
        let mut resolver = Resolver { modules, module, reporter, warn, names: Names::default(), block: None };
        for item in &module.file.items {
            if resolver.reporter.is_full() {
                return;
            }
            match item {
                ast::Item::Use(_) => {}
                ast::Item::Block(block) => {
                    resolver.block = Some(&block.name.value);
                    resolver.definition(&block.parameters, &block.body);
                }
                ast::Item::Net(net) => {
                    resolver.block = None;
                    resolver.definition(&net.parameters, &net.body);
                }
                ast::Item::Alias(alias) => {
                    resolver.block = None;
                    resolver.alias(alias);
                }
            }
        }
    }
}

struct Resolver<'a, 'r, 'd> {
    modules: &'a [Module],
    module: &'a Module,
    reporter: &'r mut Reporter<'d>,
    warn: bool,
    names: Names<'a>,
    /// The block whose body this is; `None` in a net.
    block: Option<&'a str>,
}

impl<'a> Resolver<'a, '_, '_> {
    fn definition(&mut self, parameters: &'a [Parameter], body: &'a ast::Body) {
        self.names.open(true);
        for parameter in parameters {
            if let Some(default) = &parameter.default {
                self.expression(default);
            }
            self.define(&parameter.name, Role::Parameter);
        }
        self.statements(body);
        self.close();
    }

    /// Adds a name to the innermost braces.
    fn define(&mut self, name: &'a Ident, role: Role) {
        if SHAPE_NAMES.contains(&name.value.as_str()) && role != Role::Value {
            let message = format!("`{}` is the arriving shape and cannot be defined", name.value);
            self.reporter.push(
                Diagnostic::new(Code::ReservedName, name.span, message, "")
                    .help(format!("choose another name, for example `{}_in`", name.value)),
            );
            return;
        }
        if let Some(first) = self.names.define(name, role) {
            let message = format!("{} `{}` is defined twice", role.describe(), name.value);
            self.reporter.push(
                Diagnostic::new(Code::DuplicateName, name.span, message, "defined again")
                    .also(first, "first defined here")
                    .help("rename one of them; a name can be used again between other braces"),
            );
        }
    }

    /// Closes the innermost braces, and warns of what nothing used.
    fn close(&mut self) {
        for (name, known) in self.names.close() {
            if known.used || !self.warn || name.starts_with('_') {
                continue;
            }
            let message = format!("{} `{name}` is never used", known.role.describe());
            self.reporter.push(
                Diagnostic::new(Code::UnusedName, known.span, message, "")
                    .help(format!("delete it, or call it `_{name}`")),
            );
        }
    }

    fn alias(&mut self, alias: &'a ast::Alias) {
        // Nothing is in sight but the arguments themselves.
        self.names.open(true);
        for argument in &alias.arguments {
            self.expression(&argument.value);
        }
        self.names.close();
        let Some(net) = self.base(alias) else { return };
        let mut seen = HashMap::new();
        for argument in &alias.arguments {
            let Some(key) = &argument.name else {
                let message = "an alias takes keyword arguments only";
                let first = net.parameters.first().map_or("classes", |p| p.name.value.as_str());
                self.reporter.push(
                    Diagnostic::new(
                        Code::PositionalInAlias,
                        argument.value.span,
                        message,
                        "its name is missing",
                    )
                    .help(format!("write which parameter it is, as in `{first}=..`")),
                );
                continue;
            };
            self.argument_key(key, &mut seen, &net.name, &net.parameters);
        }
    }

    /// The net that an alias stands for in the end.
    fn base(&mut self, alias: &'a ast::Alias) -> Option<&'a ast::Net> {
        let mut seen: Vec<&'a ast::Alias> = vec![alias];
        let (mut module, mut at) = (self.module, alias);
        loop {
            let found = module
                .names
                .get(&at.base.value)
                .and_then(|&d: &Definition| Some((self.modules.get(d.module)?, item(self.modules, d)?)));
            match found {
                Some((_, ast::Item::Net(net))) => return Some(net),
                Some((next, ast::Item::Alias(alias))) => {
                    if seen.iter().any(|&s| std::ptr::eq(s, alias)) {
                        self.alias_cycle(&seen, at);
                        return None;
                    }
                    if seen.len() == limits::ALIASES {
                        let most = limits::ALIASES;
                        let first = seen.first().map_or(at.base.span, |a| a.base.span);
                        let message = format!("this alias leads through more than {most} others");
                        self.reporter.push(
                            Diagnostic::new(Code::TooDeep, first, message, "")
                                .help("let an alias stand for the net itself"),
                        );
                        return None;
                    }
                    seen.push(alias);
                    (module, at) = (next, alias);
                }
                Some((_, ast::Item::Block(block))) => {
                    let message = format!("`{}` is a block; an alias stands for a net", block.name.value);
                    self.reporter.push(
                        Diagnostic::new(Code::UnknownNet, at.base.span, message, "not a net")
                            .also(block.name.span, "defined here"),
                    );
                    return None;
                }
                Some((_, ast::Item::Use(_))) | None => {
                    let message = format!("there is no net `{}`", at.base.value);
                    let modules = self.modules;
                    let nets = module.names.iter().filter(|(_, d)| super::request::is_net(modules, **d));
                    let own = at.name.value.as_str();
                    let known = nets.map(|(n, _)| n.as_str()).filter(|&n| n != own);
                    let d = Diagnostic::new(Code::UnknownNet, at.base.span, message, "");
                    self.reporter.push(match suggest::help(&at.base.value, known) {
                        Some(help) => d.help(help),
                        None => d,
                    });
                    return None;
                }
            }
        }
    }

    fn alias_cycle(&mut self, seen: &[&ast::Alias], last: &ast::Alias) {
        let start = seen.iter().position(|a| a.name.value == last.base.value).unwrap_or(0);
        let circle = &seen[start..];
        // Every alias of the circle leads here; it is reported by the one that the text has first.
        let first = circle.iter().map(|a| a.span).min();
        if seen.first().map(|a| a.span) != first {
            return;
        }
        let names: Vec<String> = circle.iter().map(|a| format!("`{}`", a.name.value)).collect();
        let message = format!("`{}` stands for itself", last.base.value);
        let circle = format!("{} is `{}`", names.join(" is "), last.base.value);
        self.reporter.push(
            Diagnostic::new(Code::AliasCycle, last.base.span, message, "this closes the circle").note(circle),
        );
    }
}
