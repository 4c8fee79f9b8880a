//! The machine that executes a net. Bodies that are being executed are [`Level`]s on a heap-allocated stack, not frames
//! of the thread's, so that calls and nesting need no more of a thread's stack than one statement does.

use std::collections::{HashMap, HashSet};
use std::rc::Rc;
use std::slice::Iter;

use super::attributes::Defaults;
use super::combine::Inception;
use super::limits;
use super::load::{Loaded, item};
use super::loops::Loop;
use super::naming::Naming;
use super::outputs::Wanted;
use super::preprocess::Preparation;
use super::report::Reporter;
use super::value::Value;
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::ir::scope::{Origin, ScopeId, ScopeKind, Scopes};
use crate::ir::{Graph, NodeId};
use crate::source::Span;
use crate::syntax::ast::{self, Body, Following, Statement};

/// What arrives at a statement.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Current {
    /// Nothing yet: the `input` comes later.
    Missing,
    Node(NodeId),
    /// What would be here had there not been a mistake that has been reported.
    Poisoned,
}

/// A body that is being executed.
pub(super) struct Level<'a> {
    pub(super) statements: Iter<'a, Statement>,
    /// What happens behind its last statement.
    pub(super) end: End<'a>,
    /// Where its operations are named.
    pub(super) scope: ScopeId,
    /// The module whose blocks it can call.
    pub(super) module: usize,
    /// Parameters, constants, elements and indices of these braces.
    pub(super) names: HashMap<&'a str, Value>,
    /// Values of `let` of these braces.
    pub(super) values: HashMap<&'a str, Current>,
    pub(super) defaults: Rc<Defaults<'a>>,
}

/// What happens behind the last statement of a body.
pub(super) enum End<'a> {
    Net,
    If,
    Call { block: &'a str, span: Span },
    Iteration(Loop<'a>),
    Residual { input: Current, shortcut: Option<&'a Body>, after: &'a [Following], span: Span },
    Shortcut { residual: ScopeId, main: Current, after: &'a [Following], span: Span },
    Branch(Box<Inception<'a>>),
    Gate { input: Current, span: Span },
}

impl End<'_> {
    /// Whether names outside are out of sight.
    pub(super) fn is_boundary(&self) -> bool {
        matches!(self, End::Net | End::Call { .. })
    }
}

/// The state of an expansion.
pub(super) struct Expander<'a, 'd> {
    pub(super) loaded: &'a Loaded,
    pub(super) reporter: Reporter<'d>,
    pub(super) graph: Graph,
    pub(super) naming: Naming,
    pub(super) levels: Vec<Level<'a>>,
    pub(super) current: Current,
    /// The shape that a setting gives instead of the text's.
    pub(super) input_setting: Option<(Value, Span)>,
    /// Where the input stands.
    pub(super) input: Option<Span>,
    /// Where the name of the list of labels stands.
    pub(super) labels: Option<Span>,
    /// Where the budget stands.
    pub(super) budget: Option<Span>,
    pub(super) wanted: Vec<Wanted<'a>>,
    pub(super) preparation: Option<Preparation>,
    /// The values of the net's own `let`s, once it is through.
    pub(super) net_values: HashMap<&'a str, Current>,
    /// What the last statement of a scope computed.
    pub(super) ends: HashMap<ScopeId, NodeId>,
    /// Whether statements were passed over because of a mistake, so that what they define is not known.
    pub(super) skipped: bool,
    /// Numbers in the weights so far.
    pub(super) weights: u64,
    steps: u64,
    /// Set when a limit is passed: nothing more is executed.
    pub(super) halted: bool,
}

impl<'a, 'd> Expander<'a, 'd> {
    pub(super) fn new(loaded: &'a Loaded, diagnostics: &'d mut Diagnostics) -> Self {
        let mut graph = Graph::new(&loaded.selection.name);
        graph.stands_for.clone_from(&loaded.selection.stands_for);
        Expander {
            loaded,
            reporter: Reporter::new(diagnostics),
            graph,
            naming: Naming::default(),
            levels: Vec::new(),
            current: Current::Missing,
            input_setting: None,
            input: None,
            labels: None,
            budget: None,
            wanted: Vec::new(),
            preparation: None,
            net_values: HashMap::new(),
            ends: HashMap::new(),
            skipped: false,
            weights: 0,
            steps: 0,
            halted: false,
        }
    }

    /// Executes the net and gives its graph, or `None` after errors.
    pub(super) fn run(mut self, requested: &[String]) -> Option<Graph> {
        let selection = &self.loaded.selection;
        let Some(ast::Item::Net(net)) = item(&self.loaded.modules, selection.definition) else { return None };
        // The arguments of settings and aliases see no names: there is no level yet.
        let mut given = HashMap::new();
        for (name, expression) in &selection.arguments {
            let value = self.evaluate(expression);
            given.insert(name.as_str(), value);
        }
        if let Some(size) = &selection.input {
            self.input_setting = Some((self.evaluate(size), size.span));
        }
        self.levels.push(Level {
            statements: net.body.statements.iter(),
            end: End::Net,
            scope: Scopes::ROOT,
            module: selection.definition.module,
            names: HashMap::new(),
            values: HashMap::new(),
            defaults: Rc::default(),
        });
        self.bind(&net.parameters, given);
        self.execute();
        self.finish_net(net, requested);
        (!self.reporter.failed()).then_some(self.graph)
    }

    fn execute(&mut self) {
        while !self.halted && !self.reporter.is_full() {
            let Some(level) = self.levels.last_mut() else { return };
            match level.statements.next() {
                Some(statement) => {
                    if self.step(1, statement.span) {
                        self.statement(statement);
                    }
                }
                None => {
                    if let Some(level) = self.levels.pop() {
                        self.end(level);
                    }
                }
            }
        }
    }

    fn end(&mut self, level: Level<'a>) {
        match level.end {
            End::If => {}
            End::Net => self.net_values = level.values,
            End::Call { .. } => self.close(level.scope),
            End::Iteration(repeat) => {
                self.close(level.scope);
                self.iterate(repeat);
            }
            End::Residual { input, shortcut, after, span } => {
                self.residual_through(level.scope, input, shortcut, after, span);
            }
            End::Shortcut { residual, main, after, span } => {
                self.close(level.scope);
                let other = self.current;
                self.sum(residual, main, other, after, span);
            }
            End::Branch(inception) => {
                self.close(level.scope);
                self.branch_through(inception);
            }
            End::Gate { input, span } => self.product(level.scope, input, span),
        }
    }

    /// Starts to execute a body. It sees what the body around it sees, unless its end is a boundary.
    pub(super) fn enter(&mut self, body: &'a Body, scope: ScopeId, end: End<'a>) {
        let (module, defaults) = match self.levels.last() {
            Some(level) => (level.module, Rc::clone(&level.defaults)),
            None => (0, Rc::default()),
        };
        self.levels.push(Level {
            statements: body.statements.iter(),
            end,
            scope,
            module,
            names: HashMap::new(),
            values: HashMap::new(),
            defaults,
        });
    }

    /// Opens a scope; `None` if that is one step too many.
    pub(super) fn open(
        &mut self,
        parent: ScopeId,
        kind: ScopeKind,
        segment: String,
        span: Span,
    ) -> Option<ScopeId> {
        self.step(limits::STEPS_OF_A_SCOPE, span).then(|| self.graph.scopes.open(parent, kind, segment))
    }

    /// Remembers what a scope computed.
    pub(super) fn close(&mut self, scope: ScopeId) {
        if let Current::Node(node) = self.current {
            self.ends.insert(scope, node);
        }
    }

    /// Counts steps; false if there were too many.
    pub(super) fn step(&mut self, steps: u64, span: Span) -> bool {
        self.steps = self.steps.saturating_add(steps);
        if self.steps <= limits::STEPS {
            return true;
        }
        if !self.halted {
            self.halted = true;
            let message = format!("this net takes more than {} steps to expand", limits::STEPS);
            self.report(
                Diagnostic::new(Code::TooManySteps, span, message, "given up here")
                    .help("is there a loop that repeats too often?"),
            );
        }
        false
    }

    /// Where operations are named now.
    pub(super) fn scope(&self) -> ScopeId {
        self.levels.last().map_or(Scopes::ROOT, |level| level.scope)
    }

    /// The levels in sight, innermost first.
    pub(super) fn visible(&self) -> impl Iterator<Item = &Level<'a>> {
        let mut inside = true;
        let seen = move |level: &&Level<'a>| std::mem::replace(&mut inside, !level.end.is_boundary());
        self.levels.iter().rev().take_while(seen)
    }

    /// Binds a name between the innermost braces.
    pub(super) fn define(&mut self, name: &'a str, value: Value) {
        if let Some(level) = self.levels.last_mut() {
            level.names.insert(name, value);
        }
    }

    /// Poisons the current value: a mistake has been reported.
    pub(super) fn poison(&mut self) {
        self.current = Current::Poisoned;
    }

    /// Passes statements over because of a mistake that has been reported.
    pub(super) fn skip(&mut self) {
        self.skipped = true;
        self.poison();
    }

    /// Where in the text a node at `span` comes from.
    pub(super) fn origin(&self, span: Span) -> Origin {
        let calls = self.levels.iter().rev().filter_map(|level| match &level.end {
            End::Call { block, span } => Some(((*block).to_owned(), *span)),
            _ => None,
        });
        Origin { span: Some(span), calls: calls.collect() }
    }

    /// Reports a diagnostic, with the calls and loops that led to it.
    pub(super) fn report(&mut self, mut diagnostic: Diagnostic) {
        let mut left_out = 0;
        let mut told: HashSet<Span> = diagnostic.primary.iter().map(|label| label.span).collect();
        for level in self.levels.iter().rev() {
            let (span, text) = match &level.end {
                End::Call { block, span } => (*span, format!("in this call of `{block}`{}", bindings(level))),
                End::Iteration(repeat) => (
                    repeat.span,
                    format!("in iteration {} of this loop{}", repeat.position(), bindings(level)),
                ),
                End::Net
                | End::If
                | End::Residual { .. }
                | End::Shortcut { .. }
                | End::Branch(_)
                | End::Gate { .. } => continue,
            };
            // A block that calls itself comes from the same place again and again.
            if !told.insert(span) {
                left_out += 1;
            } else if diagnostic.secondary.len() < limits::BACKTRACE {
                diagnostic = diagnostic.also(span, text);
            } else {
                left_out += 1;
            }
        }
        if left_out > 0 {
            diagnostic = diagnostic.note(format!("{left_out} more calls and loops led here"));
        }
        self.reporter.push(diagnostic);
    }
}

/// The names of a level and their values, as in `, with stride=2, width=64`.
fn bindings(level: &Level<'_>) -> String {
    const SHOWN: usize = 6;
    let mut known: Vec<(&str, String)> = level.names.iter().map(|(n, v)| (*n, v.to_string())).collect();
    known.sort();
    let more = if known.len() > SHOWN { ", .." } else { "" };
    let list: Vec<String> = known.iter().take(SHOWN).map(|(n, v)| format!("{n}={v}")).collect();
    if list.is_empty() { String::new() } else { format!(", with {}{more}", list.join(", ")) }
}
