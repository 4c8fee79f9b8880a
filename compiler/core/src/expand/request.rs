//! What the host asks for: a file, a net of it, and settings. Aliases are followed to the net that they stand for.

use std::collections::{BTreeMap, HashSet};

use super::load::{Definition, Module, item};
use super::report::Reporter;
use crate::diagnostic::suggest;
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::mode::Mode;
use crate::source::{SourceMap, Span, Spanned};
use crate::syntax::ast::{self, Expression};
use crate::syntax::parse_expression;

/// What to compile.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Request {
    /// The file, or `zoo:NAME`.
    pub path: String,
    /// The net or alias; the first of the file where it is `None`.
    pub net: Option<String>,
    /// `--set key=value`: parameters of the net, and `input` for its input's shape. Values are expressions.
    pub set: Vec<(String, String)>,
    /// `--output NAME`: values that become the network's outputs, instead of those in the text. A name of a `let` of
    /// the net itself, or the full name of an operation or a scope.
    pub outputs: Vec<String>,
    /// How exactly it is computed.
    pub mode: Mode,
    /// Where measured choices of algorithms are.
    pub measured: Measured,
}

/// Where the choices are that `archc tune` has measured.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Measured {
    /// In `NET.tune` beside the network's file, if it is there; a network of the zoo has none.
    #[default]
    Beside,
    /// In this file.
    File(String),
    /// Nowhere: the model of their times chooses.
    Nowhere,
}

impl Request {
    /// The first net of a file as it stands.
    pub fn new(path: impl Into<String>) -> Self {
        Request { path: path.into(), ..Request::default() }
    }
}

/// The net to expand, and what its parameters are.
#[derive(Debug)]
pub(super) struct Selection {
    /// As asked for.
    pub(super) name: String,
    /// The nets that it is an alias of, the nearest first; the body is the last one's.
    pub(super) stands_for: Vec<String>,
    pub(super) definition: Definition,
    /// From settings, then from the aliases, the nearest first.
    pub(super) arguments: BTreeMap<String, Expression>,
    /// From `--set input=..`.
    pub(super) input: Option<Expression>,
}

/// Finds the net, and evaluates nothing. `None` after errors.
pub(super) fn select(
    request: &Request,
    modules: &[Module],
    sources: &mut SourceMap,
    reporter: &mut Reporter<'_>,
) -> Option<Selection> {
    let main = modules.first()?;
    let nets = || {
        let found = main.names.iter().filter(|(_, d)| is_net(modules, **d));
        found.map(|(name, _)| name.as_str())
    };
    let name = match &request.net {
        Some(name) => name.clone(),
        None => match main.file.items.iter().find_map(net_name) {
            Some(name) => name.clone(),
            None => {
                let message = format!("`{}` defines no net", main.path);
                let d = Diagnostic::without_place(Code::NoNet, message);
                reporter.push(match nets().next() {
                    Some(used) => d.help(format!("name one that it uses, as in `--net {used}`")),
                    None => d.help("a net is `net NAME { input 224x224x3  conv 3x3 64 }`"),
                });
                return None;
            }
        },
    };
    let Some(&asked) = main.names.get(&name).filter(|d| is_net(modules, **d)) else {
        let message = format!("`{}` has no net `{name}`", main.path);
        let d = Diagnostic::without_place(Code::UnknownNet, message);
        reporter.push(match suggest::help(&name, nets()) {
            Some(help) => d.help(help),
            None => d,
        });
        return None;
    };
    let mut arguments = BTreeMap::new();
    let settings = settings(request, sources, reporter);
    let mut definition = asked;
    let mut aliases = Vec::new();
    let net = loop {
        match item(modules, definition)? {
            ast::Item::Net(net) => break net,
            ast::Item::Alias(alias) => {
                aliases.push(alias);
                // Unknown bases and circles have been reported.
                definition = *modules.get(definition.module)?.names.get(&alias.base.value)?;
                if aliases.len() > modules.iter().map(|m| m.file.items.len()).sum() {
                    return None;
                }
            }
            ast::Item::Use(_) | ast::Item::Block(_) => return None,
        }
    };
    let mut input = None;
    for setting in settings {
        let key = &setting.key;
        if key.value == "input" {
            input = Some(setting.value);
        } else if net.parameters.iter().any(|p| p.name.value == key.value) {
            arguments.insert(key.value.clone(), setting.value);
        } else {
            let message = format!("`{}` has no parameter `{}`", net.name.value, key.value);
            let known = net.parameters.iter().map(|p| p.name.value.as_str()).chain(["input"]);
            let d = Diagnostic::new(Code::UnknownSetting, key.span, message, "");
            reporter.push(match suggest::help(&key.value, known) {
                Some(help) => d.help(help),
                None => d,
            });
        }
    }
    for argument in aliases.iter().flat_map(|a| &a.arguments) {
        if let Some(key) = &argument.name {
            arguments.entry(key.value.clone()).or_insert_with(|| argument.value.clone());
        }
    }
    for parameter in &net.parameters {
        if parameter.default.is_none() && !arguments.contains_key(&parameter.name.value) {
            let key = &parameter.name.value;
            let message = format!("`{}` needs `{key}`, which has no default", net.name.value);
            reporter.push(
                Diagnostic::new(Code::MissingArgument, parameter.name.span, message, "not given").help(
                    format!(
                        "give it, as in `--set {key}=1`, or write a default, as in `{}({key}=1)`",
                        net.name.value
                    ),
                ),
            );
        }
    }
    let stands_for = aliases.iter().map(|a| a.base.value.clone()).collect();
    Some(Selection { name, stands_for, definition, arguments, input })
}

/// A `--set` whose value is parsed.
struct Setting {
    key: Spanned<String>,
    value: Expression,
}

fn settings(request: &Request, sources: &mut SourceMap, reporter: &mut Reporter<'_>) -> Vec<Setting> {
    let mut found = Vec::new();
    let mut seen = HashSet::new();
    for (key, value) in &request.set {
        let text = format!("{key}={value}");
        let file = sources.add("--set", text.as_str());
        let span = Span::new(file, 0, key.len());
        let named = key.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') && !key.is_empty();
        if !named || value.trim().is_empty() {
            let message = "a setting is `key=value`";
            let whole = Span::new(file, 0, text.len());
            reporter.push(
                Diagnostic::new(Code::MalformedSetting, whole, message, "")
                    .help("for example `--set classes=10` or `--set input=160x160x3`"),
            );
            continue;
        }
        if !seen.insert(key) {
            let message = format!("`{key}` is set twice");
            reporter.push(Diagnostic::new(Code::UnknownSetting, span, message, "again"));
            continue;
        }
        let mut parsed = None;
        reporter.direct(|diagnostics: &mut Diagnostics| {
            parsed = parse_expression(file, &text, key.len() + 1, diagnostics);
        });
        if let Some(value) = parsed {
            found.push(Setting { key: Spanned { value: key.clone(), span }, value });
        }
    }
    found
}

fn net_name(item: &ast::Item) -> Option<&String> {
    match item {
        ast::Item::Net(net) => Some(&net.name.value),
        ast::Item::Alias(alias) => Some(&alias.name.value),
        ast::Item::Use(_) | ast::Item::Block(_) => None,
    }
}

pub(super) fn is_net(modules: &[Module], definition: Definition) -> bool {
    matches!(item(modules, definition), Some(ast::Item::Net(_) | ast::Item::Alias(_)))
}
