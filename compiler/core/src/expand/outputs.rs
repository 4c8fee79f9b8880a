//! The end of a net: its outputs, and what reaches none of them.

use std::collections::{HashMap, HashSet};

use super::machine::{Current, Expander};
use crate::diagnostic::suggest;
use crate::diagnostic::{Code, Diagnostic};
use crate::ir::graph::Output;
use crate::ir::op::Op;
use crate::ir::scope::ScopeId;
use crate::ir::{NodeId, Scopes};
use crate::source::Span;
use crate::syntax::ast::{Ident, Net};

/// A name after `output`.
pub(super) struct Wanted<'a> {
    name: &'a Ident,
    /// What a `let` of that name was there. Operations are looked up at the end, since they may come later.
    value: Option<Current>,
    scope: ScopeId,
}

impl<'a> Expander<'a, '_> {
    /// `output a, b`
    pub(super) fn output(&mut self, names: &'a [Ident]) {
        let scope = self.scope();
        for name in names {
            if let Some(first) = self.wanted.iter().find(|w| w.name.value == name.value) {
                let message = format!("two outputs are called `{}`", name.value);
                let first = first.name.span;
                let mut d = Diagnostic::new(Code::DuplicateOutput, name.span, message, "again");
                if first != name.span {
                    d = d.also(first, "the first");
                }
                self.report(d.help("`let` gives a value another name"));
                continue;
            }
            self.wanted.push(Wanted { name, value: self.value_of(name), scope });
        }
    }

    /// Behind the last statement: outputs, preprocessing and warnings.
    pub(super) fn finish_net(&mut self, net: &Net, requested: &[String]) {
        if self.halted || self.reporter.is_full() {
            return;
        }
        if self.input.is_none() {
            if !self.reporter.failed() {
                let message = format!("the net `{}` has no `input`", net.name.value);
                self.report(
                    Diagnostic::new(Code::NoInput, net.name.span, message, "")
                        .help("begin it with the shape of an image, as in `input 224x224x3`"),
                );
            }
            return;
        }
        self.check_preprocess();
        if self.current == Current::Poisoned && self.wanted.is_empty() && requested.is_empty() {
            return;
        }
        let found = Found::new(self);
        if requested.is_empty() {
            for wanted in std::mem::take(&mut self.wanted) {
                self.wanted_output(&wanted, &found);
            }
        } else {
            for name in requested {
                self.requested_output(name, &found);
            }
        }
        if let (true, Current::Node(node)) = (self.graph.outputs.is_empty(), self.current) {
            self.graph.outputs.push(Output { name: "output".to_owned(), node });
        }
        if self.reporter.failed() {
            return;
        }
        self.check_outputs(net);
        if requested.is_empty() && !self.reporter.failed() {
            self.warn_unused();
        }
    }

    fn wanted_output(&mut self, wanted: &Wanted<'a>, found: &Found) {
        let name = &wanted.name.value;
        let value = wanted.value.or_else(|| {
            let local = self.graph.scopes.path(wanted.scope, name);
            found.get(&local).or_else(|| found.get(name)).map(Current::Node)
        });
        match value {
            Some(Current::Node(node)) => self.graph.outputs.push(Output { name: name.clone(), node }),
            Some(Current::Missing | Current::Poisoned) => {}
            None if self.skipped || self.reporter.failed() => {}
            None => {
                let message = format!("no `let`, operation or scope is called `{name}`");
                let prefix = self.graph.scopes.path(wanted.scope, "");
                let local = found.paths().filter_map(|path| match prefix.is_empty() {
                    true => Some(path),
                    false => path.strip_prefix(&prefix)?.strip_prefix('.'),
                });
                let lets = self.net_values.keys().copied();
                let help = suggest::nearest(name, local.chain(lets));
                let d = Diagnostic::new(Code::UnknownOutput, wanted.name.span, message, "");
                self.report(match help {
                    Some(near) => d.help(format!("did you mean `{near}`?")),
                    None => d.help(format!("`let {name}` behind an operation names its value")),
                });
            }
        }
    }

    fn requested_output(&mut self, name: &str, found: &Found) {
        if self.graph.outputs.iter().any(|o| o.name == name) {
            let message = format!("the output `{name}` is asked for twice");
            self.reporter.push(Diagnostic::without_place(Code::DuplicateOutput, message));
            return;
        }
        let value = self.net_values.get(name).copied().or_else(|| found.get(name).map(Current::Node));
        match value {
            Some(Current::Node(node)) => self.graph.outputs.push(Output { name: name.to_owned(), node }),
            Some(Current::Missing | Current::Poisoned) => {}
            None if self.skipped || self.reporter.failed() => {}
            None => {
                let message = format!("the net has no value `{name}` to be an output");
                let near = suggest::nearest(name, found.paths().chain(self.net_values.keys().copied()));
                let d = Diagnostic::without_place(Code::UnknownOutput, message);
                self.reporter.push(match near {
                    Some(near) => d.help(format!("did you mean `{near}`?")),
                    None => d.help("`archc summary` lists the names of all operations"),
                });
            }
        }
    }

    /// Outputs must be computed.
    fn check_outputs(&mut self, net: &Net) {
        // By its node: behind an error, others stand in as inputs.
        let input = self.graph.input();
        let Some(output) = self.graph.outputs.iter().find(|o| Some(o.node) == input) else { return };
        let (message, help) = match output.name.as_str() {
            "output" if self.graph.len() == 1 => (
                format!("the net `{}` computes nothing", net.name.value),
                "put an operation behind the `input`",
            ),
            "output" => (
                format!("the net `{}` ends in the input itself", net.name.value),
                "a `from` or an empty loop leads back to it; end in a value that an operation computes",
            ),
            name => (
                format!("the output `{name}` is the input itself"),
                "name a value that an operation computes; a `let` names what arrives where it stands",
            ),
        };
        let span = self.graph.node(output.node).origin.span.unwrap_or(net.name.span);
        self.report(
            Diagnostic::new(Code::NothingComputed, span, message, "this goes straight to the output")
                .help(help),
        );
    }

    /// Warns of operations whose value nothing reads, and which are no output.
    fn warn_unused(&mut self) {
        let outputs: HashSet<NodeId> = self.graph.outputs.iter().map(|o| o.node).collect();
        let ends = |id: &NodeId| !outputs.contains(id) && self.graph.consumers(*id).is_empty();
        let unused: Vec<NodeId> = self.graph.ids().filter(ends).collect();
        for id in unused {
            let node = self.graph.node(id);
            let Some(span) = node.origin.span else { continue };
            let message = if matches!(node.op, Op::Input(_)) {
                "nothing reads the input".to_owned()
            } else {
                format!("the value of `{}` reaches no output", self.graph.path(id))
            };
            let d = Diagnostic::new(Code::UnusedValue, span, message, "");
            let d = calls(d, &node.origin.calls);
            self.reporter.push(d.help("delete what is not needed, or name the value after `output`"));
        }
    }
}

fn calls(mut d: Diagnostic, calls: &[(String, Span)]) -> Diagnostic {
    for (block, span) in calls.iter().take(super::limits::BACKTRACE) {
        d = d.also(*span, format!("in this call of `{block}`"));
    }
    d
}

/// The names of all operations and scopes.
struct Found {
    nodes: HashMap<String, NodeId>,
}

impl Found {
    fn new(expander: &Expander<'_, '_>) -> Self {
        let graph = &expander.graph;
        let mut nodes: HashMap<String, NodeId> = HashMap::new();
        for (scope, _) in graph.scopes.iter().filter(|(scope, _)| *scope != Scopes::ROOT) {
            if let Some(&node) = expander.ends.get(&scope) {
                nodes.insert(graph.scopes.path(scope, ""), node);
            }
        }
        nodes.extend(graph.ids().map(|id| (graph.path(id), id)));
        Found { nodes }
    }

    fn get(&self, path: &str) -> Option<NodeId> {
        self.nodes.get(path).copied()
    }

    fn paths(&self) -> impl Iterator<Item = &str> {
        self.nodes.keys().map(String::as_str)
    }
}
