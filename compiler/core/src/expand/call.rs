//! Calls of blocks, and of parameters that hold an operation.

use std::collections::HashMap;

use super::limits;
use super::load::item;
use super::machine::{End, Expander};
use super::value::Value;
use crate::diagnostic::{Code, Diagnostic};
use crate::ir::scope::ScopeKind;
use crate::syntax::ast::{self, Call, Ident, Parameter};

impl<'a> Expander<'a, '_> {
    pub(super) fn call(&mut self, call: &'a Call, label: Option<&'a Ident>) {
        let name = &call.name;
        // Parameters shadow blocks.
        if let Some(value) = self.bound(&name.value) {
            return self.call_value(call, label, &value);
        }
        let modules = &self.loaded.modules;
        let module = self.levels.last().map_or(0, |level| level.module);
        let found = modules.get(module).and_then(|m| m.names.get(&name.value)).copied();
        let Some((definition, ast::Item::Block(block))) = found.and_then(|d| Some((d, item(modules, d)?)))
        else {
            // The resolver has reported it.
            return self.skip();
        };
        let depth = self.levels.iter().filter(|level| matches!(level.end, End::Call { .. })).count();
        if depth >= limits::CALL_DEPTH {
            return self.too_deep(call);
        }
        let mut given = HashMap::new();
        let mut position = 0;
        for argument in &call.arguments {
            let value = self.evaluate(&argument.value);
            match &argument.name {
                Some(key) => {
                    given.insert(key.value.as_str(), value);
                }
                None => {
                    if let Some(parameter) = block.parameters.get(position) {
                        given.insert(parameter.name.value.as_str(), value);
                    }
                    position += 1;
                }
            }
        }
        let around = self.scope();
        let segment = self.name(around, &block.name.value, label, call.span);
        let kind = ScopeKind::Block(block.name.value.clone());
        let Some(scope) = self.open(around, kind, segment, call.span) else { return };
        self.enter(&block.body, scope, End::Call { block: &block.name.value, span: call.span });
        if let Some(level) = self.levels.last_mut() {
            level.module = definition.module;
        }
        self.bind(&block.parameters, given);
    }

    /// Binds parameters, in their order, so that a default can use those before it.
    pub(super) fn bind(&mut self, parameters: &'a [Parameter], mut given: HashMap<&str, Value>) {
        for parameter in parameters {
            let name = parameter.name.value.as_str();
            let value = match (given.remove(name), &parameter.default) {
                (Some(value), _) => value,
                (None, Some(default)) => self.evaluate(default),
                // The resolver, or the selection of the net, has reported it.
                (None, None) => Value::Unknown,
            };
            self.define(name, value);
        }
    }

    /// Applies a parameter that holds an operation.
    pub(super) fn call_value(&mut self, call: &'a Call, label: Option<&'a Ident>, value: &Value) {
        match value {
            Value::Operation(kind) => {
                if let Some(argument) = call.arguments.first() {
                    let message = format!("`{}` holds an operation and takes no arguments", call.name.value);
                    let help = format!("`defaults {} {{ .. }}` gives it attributes", kind.word());
                    self.report(
                        Diagnostic::new(Code::TooManyArguments, argument.value.span, message, "").help(help),
                    );
                }
                self.apply(*kind, &[], &[], call.span, label);
            }
            Value::Unknown => self.poison(),
            other => {
                let message =
                    format!("`{}` is {}, which cannot be called", call.name.value, other.describe());
                self.report(
                    Diagnostic::new(Code::NotABlock, call.name.span, message, "")
                        .help("give it an operation without sizes, for example `relu`"),
                );
                self.poison();
            }
        }
    }

    fn too_deep(&mut self, call: &'a Call) {
        let name = &call.name.value;
        let recursive = self
            .levels
            .iter()
            .filter(|level| matches!(&level.end, End::Call { block, .. } if *block == name))
            .count();
        let message = match recursive {
            0 => format!("calls nest deeper than {}", limits::CALL_DEPTH),
            _ => format!("`{name}` calls itself without end"),
        };
        let d =
            Diagnostic::new(Code::TooDeep, call.span, message, format!("{} calls deep", limits::CALL_DEPTH));
        self.report(match recursive {
            0 => d,
            _ => d.help("`stack` repeats; a block that calls itself needs an `if` that ends it"),
        });
        self.halted = true;
    }
}
