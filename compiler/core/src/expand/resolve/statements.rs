//! Names in statements: what they define, what they use, and where they may stand.

use std::collections::HashMap;

use super::{Resolver, Role};
use crate::diagnostic::suggest;
use crate::diagnostic::{Code, Diagnostic};
use crate::ir::budget::Quantity;
use crate::source::Span;
use crate::syntax::ast::{
    Attribute, Body, Expression, Following, Ident, Operation, Pattern, PreprocessKind, Statement,
    StatementKind,
};
use crate::syntax::vocabulary::OperationKind;

impl<'a> Resolver<'a, '_, '_> {
    /// Resolves what stands between braces that define something themselves.
    fn inner(&mut self, body: &'a Body) {
        self.names.open(false);
        self.statements(body);
        self.close();
    }

    /// Resolves statements. The parser bounds the depth of this recursion.
    pub(super) fn statements(&mut self, body: &'a Body) {
        for statement in &body.statements {
            if self.reporter.is_full() {
                return;
            }
            self.label(statement);
            self.statement(statement);
        }
    }

    fn statement(&mut self, statement: &'a Statement) {
        match &statement.kind {
            StatementKind::Input(size) => {
                self.net_only(statement.span, "input");
                self.expression(size);
            }
            StatementKind::Operation(operation) => self.operation(operation),
            StatementKind::Call(call) => self.call(call),
            StatementKind::Stack { count, index, body } => {
                self.expression(count);
                self.repeated(None, index.as_ref(), body);
            }
            StatementKind::For { pattern, list, index, body } => {
                self.expression(list);
                self.repeated(Some(pattern), index.as_ref(), body);
            }
            StatementKind::If { condition, then, otherwise } => {
                self.expression(condition);
                self.inner(then);
                if let Some(otherwise) = otherwise {
                    self.inner(otherwise);
                }
            }
            StatementKind::Residual { after, body, shortcut } => {
                self.inner(body);
                if let Some(shortcut) = shortcut {
                    self.inner(shortcut);
                }
                after.iter().for_each(|following| self.following(following));
            }
            StatementKind::Inception { branches } => {
                if branches.is_empty() {
                    let message = "an `inception` without branches computes nothing";
                    self.reporter.push(
                        Diagnostic::new(Code::NothingComputed, statement.span, message, "").help(
                            "write what it joins, as in `branch { conv 1x1 64 } branch { conv 3x3 64 }`",
                        ),
                    );
                }
                branches.iter().for_each(|branch| self.inner(&branch.body))
            }
            StatementKind::Gate { body } => self.inner(body),
            StatementKind::Const { name, value } => {
                self.expression(value);
                self.define(name, Role::Constant);
            }
            StatementKind::Let(name) => self.define(name, Role::Value),
            StatementKind::From(name) | StatementKind::Add(name) => self.value(name),
            StatementKind::Concat(names) => names.iter().for_each(|name| self.value(name)),
            StatementKind::Defaults(entries) => {
                for entry in entries {
                    self.attributes(entry.kind.value, &entry.attributes);
                }
            }
            StatementKind::Output(names) => {
                self.net_only(statement.span, "output");
                // Those that are no `let` are names of operations, which are known at the end.
                names.iter().for_each(|name| {
                    self.names.use_value(&name.value);
                });
            }
            StatementKind::Preprocess(steps) => {
                self.net_only(statement.span, "preprocess");
                for step in steps {
                    self.preprocess(&step.kind);
                }
            }
            StatementKind::Labels(_) => self.net_only(statement.span, "labels"),
            StatementKind::Budget(entries) => {
                self.net_only(statement.span, "budget");
                self.budget(entries);
            }
        }
    }

    fn preprocess(&mut self, step: &'a PreprocessKind) {
        match step {
            PreprocessKind::Resize { size: value, .. }
            | PreprocessKind::Crop(value)
            | PreprocessKind::Scale(value) => self.expression(value),
            PreprocessKind::Normalize(attributes) => {
                attributes.iter().for_each(|attribute| self.expression(&attribute.value));
            }
            PreprocessKind::Bgr => {}
        }
    }

    fn net_only(&mut self, span: Span, word: &str) {
        if let Some(block) = self.block {
            let message = format!("`{word}` belongs to a net, and `{block}` is a block");
            self.reporter.push(
                Diagnostic::new(Code::WrongPlace, span, message, "")
                    .help("move it into the net that calls the block"),
            );
        }
    }

    fn label(&mut self, statement: &Statement) {
        let Some(label) = &statement.label else { return };
        let word = match &statement.kind {
            StatementKind::Input(_)
            | StatementKind::Operation(_)
            | StatementKind::Call(_)
            | StatementKind::Stack { .. }
            | StatementKind::For { .. }
            | StatementKind::Residual { .. }
            | StatementKind::Inception { .. }
            | StatementKind::Gate { .. }
            | StatementKind::Add(_)
            | StatementKind::Concat(_) => return,
            StatementKind::If { .. } => "if",
            StatementKind::Const { .. } => "const",
            StatementKind::Let(_) => "let",
            StatementKind::From(_) => "from",
            StatementKind::Defaults(_) => "defaults",
            StatementKind::Output(_) => "output",
            StatementKind::Preprocess(_) => "preprocess",
            StatementKind::Labels(_) => "labels",
            StatementKind::Budget(_) => "budget",
        };
        let message = format!("`{word}` has no name that the label `{}` could replace", label.value);
        self.reporter.push(
            Diagnostic::new(Code::LabelNotAllowed, label.span, message, "").help(
                "labels stand before operations, calls, loops, residuals, inceptions, gates and branches",
            ),
        );
    }

    /// The body of a loop: one brace for what the loop defines and what stands in it.
    fn repeated(&mut self, pattern: Option<&'a Pattern>, index: Option<&'a Ident>, body: &'a Body) {
        self.names.open(false);
        match pattern {
            None => {}
            Some(Pattern::Name(name)) => self.define(name, Role::Element),
            Some(Pattern::Tuple(names, _)) => names.iter().for_each(|name| self.define(name, Role::Element)),
        }
        if let Some(index) = index {
            self.define(index, Role::Index);
        }
        self.statements(body);
        self.close();
    }

    fn following(&mut self, following: &'a Following) {
        match following {
            Following::Operation(operation) => self.operation(operation),
            Following::Call(call) => {
                if self.names.use_name(&call.name.value).is_none() {
                    let message = format!("`{}` is no parameter that holds an operation", call.name.value);
                    self.reporter.push(
                        Diagnostic::new(Code::NotABlock, call.name.span, message, "")
                            .help("only operations follow a residual's sum; call a block behind its braces"),
                    );
                }
                call.arguments.iter().for_each(|argument| self.expression(&argument.value));
            }
        }
    }

    fn value(&mut self, name: &Ident) {
        if self.names.use_value(&name.value) {
            return;
        }
        let message = format!("no `let` names `{}` here", name.value);
        let d = Diagnostic::new(Code::UnknownValue, name.span, message, "");
        let d = match (self.names.ended(&name.value), self.names.use_name(&name.value)) {
            (Some(span), _) => d
                .also(span, "this one ended with its brace")
                .help("write the `let` between the same braces or outside of them"),
            (None, Some(_)) => {
                d.note(format!("`{}` is no value of `let` but a number or a list", name.value))
            }
            (None, None) => match suggest::help(&name.value, self.names.values()) {
                Some(help) => d.help(help),
                None => d.help(format!("`let {}` names the current value", name.value)),
            },
        };
        self.reporter.push(d);
    }

    fn operation(&mut self, operation: &'a Operation) {
        operation.positionals.iter().for_each(|positional: &Expression| self.expression(positional));
        self.attributes(operation.kind.value, &operation.attributes);
    }

    fn attributes(&mut self, kind: OperationKind, attributes: &'a [Attribute]) {
        self.keys_and_values(attributes);
        for Attribute { key, .. } in attributes {
            if kind.attribute(&key.value).is_none() {
                self.unknown_attribute(kind, key);
            }
        }
    }

    fn budget(&mut self, entries: &'a [Attribute]) {
        self.keys_and_values(entries);
        for Attribute { key, .. } in entries {
            if Quantity::from_word(&key.value).is_none() {
                let message = format!("there is no budget of `{}`", key.value);
                let known = Quantity::ALL.iter().map(|q| q.word());
                let d = Diagnostic::new(Code::UnknownAttribute, key.span, message, "");
                self.reporter.push(match suggest::help(&key.value, known) {
                    Some(help) => d.help(help),
                    None => d.help("there are budgets of `arena` and `weights`, in bytes, and of `macs`"),
                });
            }
        }
    }

    /// Resolves the values of attributes, and reports keys that are given twice.
    fn keys_and_values(&mut self, attributes: &'a [Attribute]) {
        let mut seen: HashMap<&str, Span> = HashMap::new();
        for attribute in attributes {
            self.expression(&attribute.value);
            let key = &attribute.key;
            if let Some(&first) = seen.get(key.value.as_str()) {
                let message = format!("`{}` is given twice", key.value);
                self.reporter.push(
                    Diagnostic::new(Code::DuplicateAttribute, key.span, message, "again")
                        .also(first, "first given here"),
                );
            }
            seen.entry(&key.value).or_insert(key.span);
        }
    }

    fn unknown_attribute(&mut self, kind: OperationKind, key: &Ident) {
        // What other frameworks call them.
        let other = match key.value.as_str() {
            "padding" => "pad",
            "strides" => "stride",
            "groups" => "group",
            "dilations" | "dilation_rate" => "dilation",
            "epsilon" => "eps",
            "use_bias" => "bias",
            "alpha" | "negative_slope" => "slope",
            "ceil_mode" => "ceil",
            "count_include_pad" => "count_pad",
            word => word,
        };
        let message = format!("`{}` has no attribute `{}`", kind.word(), key.value);
        let d = Diagnostic::new(Code::UnknownAttribute, key.span, message, "");
        let known = kind.spec().attributes.iter().map(|a| a.key);
        self.reporter.push(if kind.attribute(other).is_some() {
            d.help(format!("did you mean `{other}`?"))
        } else {
            match suggest::help(&key.value, known) {
                Some(help) => d.help(help),
                None => d.help(format!("`{}` has no attributes", kind.word())),
            }
        });
    }
}
