//! Reads the main file and all that it uses, parses them, finds the net that was asked for, and resolves every name.

use std::collections::{BTreeMap, HashMap};

use super::files::{self, Files, ReadError};
use super::report::Reporter;
use super::request::{self, Request, Selection};
use super::{limits, resolve, zoo};
use crate::diagnostic::suggest;
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::source::{SourceMap, Span};
use crate::syntax::ast;
use crate::syntax::parse;

/// Parsed files whose names are all resolved, ready to be expanded.
#[derive(Debug)]
pub struct Loaded {
    /// The main file is the first.
    pub(super) modules: Vec<Module>,
    pub(super) selection: Selection,
}

impl Loaded {
    /// The tree of the main file.
    pub fn main(&self) -> Option<&ast::File> {
        self.modules.first().map(|m| &m.file)
    }
}

/// A file and the names that can be used in it.
#[derive(Debug)]
pub(super) struct Module {
    /// Normalized.
    pub(super) path: String,
    pub(super) file: ast::File,
    /// Its own blocks, nets and aliases, and those of the files that it uses directly.
    pub(super) names: BTreeMap<String, Definition>,
}

/// An item of a module.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Definition {
    pub(super) module: usize,
    pub(super) item: usize,
}

impl Loaded {
    /// The paths that were read through [`Files`], in order, the main file first. A build script watches them.
    pub fn files(&self) -> impl Iterator<Item = &str> {
        self.modules.iter().map(|m| m.path.as_str()).filter(|p| !p.starts_with(files::ZOO))
    }

    /// The nets and aliases of the main file, in order.
    pub fn nets(&self) -> impl Iterator<Item = &str> {
        self.modules.first().into_iter().flat_map(|m| m.file.items.iter()).filter_map(|item| match item {
            ast::Item::Net(net) => Some(net.name.value.as_str()),
            ast::Item::Alias(alias) => Some(alias.name.value.as_str()),
            ast::Item::Use(_) | ast::Item::Block(_) => None,
        })
    }

    /// The name of the net that was selected.
    pub fn net(&self) -> &str {
        &self.selection.name
    }
}

/// The item of a definition.
pub(super) fn item(modules: &[Module], definition: Definition) -> Option<&ast::Item> {
    modules.get(definition.module)?.file.items.get(definition.item)
}

/// The name that an item defines.
pub(super) fn defined(item: &ast::Item) -> Option<&ast::Ident> {
    match item {
        ast::Item::Use(_) => None,
        ast::Item::Block(block) => Some(&block.name),
        ast::Item::Net(net) => Some(&net.name),
        ast::Item::Alias(alias) => Some(&alias.name),
    }
}

/// Reads, parses and resolves. `None` after errors, all of which are in `diagnostics`.
pub fn load(
    request: &Request,
    files: &mut dyn Files,
    sources: &mut SourceMap,
    diagnostics: &mut Diagnostics,
) -> Option<Loaded> {
    let loaded = resolved(request, files, sources, &mut Reporter::new(diagnostics));
    if loaded.is_none() {
        diagnostics.drop_warnings();
    }
    loaded
}

fn resolved(
    request: &Request,
    files: &mut dyn Files,
    sources: &mut SourceMap,
    reporter: &mut Reporter<'_>,
) -> Option<Loaded> {
    let request = &in_zoo(request);
    let mut loader =
        Loader { files, sources, reporter: &mut *reporter, modules: Vec::new(), uses: Vec::new() };
    loader.all(&request.path);
    let Loader { modules, uses, .. } = loader;
    let mut modules = modules;
    if modules.is_empty() {
        return None;
    }
    cycles(&modules, &uses, reporter);
    name(&mut modules, &uses, reporter);
    if reporter.failed() {
        return None;
    }
    resolve::resolve(&modules, reporter);
    let selection = request::select(request, &modules, sources, reporter)?;
    if reporter.failed() { None } else { Some(Loaded { modules, selection }) }
}

/// `zoo:NET` as the file that has the net, and the net.
fn in_zoo(request: &Request) -> Request {
    let mut found = request.clone();
    let name = request.path.strip_prefix(files::ZOO).filter(|name| zoo::find(name).is_none());
    if let Some((file, net)) = name.and_then(zoo::find_net) {
        found.path = format!("{}{file}", files::ZOO);
        found.net.get_or_insert_with(|| net.to_owned());
    }
    found
}

/// A `use`: the file that has it, the file that it names.
struct Edge {
    from: usize,
    to: usize,
    span: Span,
}

struct Loader<'a, 'd> {
    files: &'a mut dyn Files,
    sources: &'a mut SourceMap,
    reporter: &'a mut Reporter<'d>,
    modules: Vec<Module>,
    uses: Vec<Edge>,
}

impl Loader<'_, '_> {
    /// The main file and, breadth first, what it uses.
    fn all(&mut self, path: &str) {
        let path = files::normalize(path);
        let path = path.strip_prefix("./").unwrap_or(&path).to_owned();
        let mut index = HashMap::new();
        let Some(main) = self.module(&path, None) else { return };
        index.insert(self.modules[main].path.clone(), main);
        let mut next = 0;
        while next < self.modules.len() {
            let from = &self.modules[next];
            let uses: Vec<(String, Span)> = from.file.items.iter().filter_map(used).collect();
            let from = from.path.clone();
            for (written, span) in uses {
                if written.trim().is_empty() {
                    self.report(Code::FileNotFound, Some(span), "this `use` names no file".into(), |d| {
                        d.help("write its path, as in `use \"blocks/resnet.arch\"`")
                    });
                    continue;
                }
                let path = files::join(&from, &written);
                // One that could not be read has been reported where it was used first.
                let to = match index.get(&path) {
                    Some(&to) => to,
                    None => match self.module(&path, Some(span)) {
                        Some(to) => *index.entry(self.modules[to].path.clone()).or_insert(to),
                        None => continue,
                    },
                };
                self.uses.push(Edge { from: next, to, span });
            }
            next += 1;
        }
    }

    /// Reads and parses one file. `span` is the path in the `use`.
    fn module(&mut self, path: &str, span: Option<Span>) -> Option<usize> {
        if self.modules.len() >= limits::FILES {
            let message = format!("the network is made from more than {} files", limits::FILES);
            self.report(Code::TooManyFiles, span, message, |d| d);
            return None;
        }
        let (path, text) = match path.strip_prefix(files::ZOO) {
            Some(rest) => {
                let Some((full, text)) = zoo::find(rest) else {
                    let nets = zoo::nets().map(|(_, net)| net).filter(|_| span.is_none());
                    let near = suggest::help(rest, zoo::names().chain(nets));
                    let message = match span {
                        Some(_) => format!("the zoo has no file `{rest}`"),
                        None => format!("the zoo has no file and no net `{rest}`"),
                    };
                    self.report(Code::FileNotFound, span, message, |d| match near {
                        Some(near) => d.help(near),
                        None => {
                            d.help("the zoo's files are listed in the folder `archs` of archc's repository")
                        }
                    });
                    return None;
                };
                (format!("{}{full}", files::ZOO), text.to_owned())
            }
            None => (path.to_owned(), self.text(path, span)?),
        };
        let id = self.sources.add(&path, text.as_str());
        let mut file = None;
        self.reporter.direct(|diagnostics| file = Some(parse(id, &text, diagnostics)));
        self.modules.push(Module { path, file: file?, names: BTreeMap::new() });
        Some(self.modules.len() - 1)
    }

    fn text(&mut self, path: &str, span: Option<Span>) -> Option<String> {
        let bytes = match self.files.read(path) {
            Ok(bytes) => bytes,
            Err(ReadError::NotFound) => {
                let message = format!("there is no file `{path}`");
                self.report(Code::FileNotFound, span, message, |d| match span {
                    Some(_) => d.note("the path of `use` is relative to the file that it stands in"),
                    None => d.note("archc's own networks are `zoo:NAME`, for example `zoo:resnet50`"),
                });
                return None;
            }
            Err(ReadError::Other(reason)) => {
                let message = format!("the file `{path}` cannot be read: {reason}");
                self.report(Code::FileUnreadable, span, message, |d| d);
                return None;
            }
        };
        if bytes.len() > limits::FILE_BYTES {
            let message = format!(
                "the file `{path}` has {} bytes, and {} are the most that archc reads",
                bytes.len(),
                limits::FILE_BYTES
            );
            self.report(Code::FileTooLarge, span, message, |d| d);
            return None;
        }
        match String::from_utf8(bytes) {
            Ok(text) => Some(text),
            Err(error) => {
                let valid = error.utf8_error().valid_up_to();
                let line = error.as_bytes()[..valid].iter().filter(|&&b| b == b'\n').count() + 1;
                let message = format!("the file `{path}` is not UTF-8 text");
                self.report(Code::NotUtf8, span, message, |d| {
                    d.note(format!("the first wrong byte is number {}, in line {line}", valid + 1))
                        .help("save it as UTF-8")
                });
                None
            }
        }
    }

    fn report(
        &mut self,
        code: Code,
        span: Option<Span>,
        message: String,
        more: impl FnOnce(Diagnostic) -> Diagnostic,
    ) {
        let diagnostic = match span {
            Some(span) => Diagnostic::new(code, span, message, "used here"),
            None => Diagnostic::without_place(code, message),
        };
        self.reporter.push(more(diagnostic));
    }
}

fn used(item: &ast::Item) -> Option<(String, Span)> {
    match item {
        ast::Item::Use(used) => Some((used.path.value.clone(), used.path.span)),
        ast::Item::Block(_) | ast::Item::Net(_) | ast::Item::Alias(_) => None,
    }
}

/// Reports files that use each other in a circle. There are at most [`limits::FILES`] of them.
fn cycles(modules: &[Module], uses: &[Edge], reporter: &mut Reporter<'_>) {
    // For every file, the `use` by which a walk from the main file first came to it.
    let mut state = vec![State::New; modules.len()];
    let mut walk: Vec<(usize, Vec<&Edge>)> = Vec::new();
    let leaving = |from: usize| uses.iter().filter(move |e| e.from == from).rev().collect::<Vec<_>>();
    walk.push((0, leaving(0)));
    state[0] = State::Open;
    while let Some((from, edges)) = walk.last_mut() {
        let Some(edge) = edges.pop() else {
            state[*from] = State::Done;
            walk.pop();
            continue;
        };
        match state[edge.to] {
            State::Done => {}
            State::New => {
                state[edge.to] = State::Open;
                walk.push((edge.to, leaving(edge.to)));
            }
            State::Open => {
                let start = walk.iter().position(|(m, _)| *m == edge.to).unwrap_or(0);
                let names: Vec<String> =
                    walk[start..].iter().map(|(m, _)| format!("`{}`", modules[*m].path)).collect();
                let message = match names.len() {
                    1 => format!("{} uses itself", names[0]),
                    _ => "these files use each other in a circle".to_owned(),
                };
                let d = Diagnostic::new(Code::UseCycle, edge.span, message, "this closes the circle");
                reporter.push(match names.len() {
                    1 => d.help("delete it: a file sees what it defines"),
                    _ => d
                        .note(format!("{} uses `{}`", names.join(" uses "), modules[edge.to].path))
                        .help("move what both need into a file of its own"),
                });
            }
        }
    }
}

#[derive(Clone, Copy, PartialEq)]
enum State {
    New,
    Open,
    Done,
}

/// Fills the names of every module.
fn name(modules: &mut [Module], uses: &[Edge], reporter: &mut Reporter<'_>) {
    let own: Vec<BTreeMap<String, Definition>> =
        modules.iter().enumerate().map(|(i, module)| own_names(i, module, reporter)).collect();
    for i in 0..modules.len() {
        let mut names = own[i].clone();
        let mut seen: HashMap<usize, Span> = HashMap::new();
        for edge in uses.iter().filter(|e| e.from == i && e.to != i) {
            if let Some(&first) = seen.get(&edge.to) {
                let message = format!("`{}` is used twice", modules[edge.to].path);
                reporter.push(
                    Diagnostic::new(Code::UsedTwice, edge.span, message, "again")
                        .also(first, "used here first"),
                );
                continue;
            }
            seen.insert(edge.to, edge.span);
            for (name, &definition) in &own[edge.to] {
                let Some(&other) = names.get(name) else {
                    names.insert(name.clone(), definition);
                    continue;
                };
                let message =
                    format!("`{name}` is defined twice here: `{}` brings another", modules[edge.to].path);
                let mut d = Diagnostic::new(Code::DuplicateDefinition, edge.span, message, "this brings one");
                for definition in [other, definition] {
                    if let Some(ident) = item(modules, definition).and_then(defined) {
                        d = d.also(ident.span, "one is defined here");
                    }
                }
                reporter.push(d.help("rename one of them"));
            }
        }
        modules[i].names = names;
    }
}

fn own_names(index: usize, module: &Module, reporter: &mut Reporter<'_>) -> BTreeMap<String, Definition> {
    let mut names: BTreeMap<String, (Definition, Span)> = BTreeMap::new();
    for (item, ident) in
        module.file.items.iter().enumerate().filter_map(|(i, item)| Some((i, defined(item)?)))
    {
        if let Some((_, first)) = names.get(&ident.value) {
            let message = format!("`{}` is defined twice", ident.value);
            reporter.push(
                Diagnostic::new(Code::DuplicateDefinition, ident.span, message, "defined again")
                    .also(*first, "first defined here")
                    .help("blocks and nets share their names; rename one of them"),
            );
            continue;
        }
        names.insert(ident.value.clone(), (Definition { module: index, item }, ident.span));
    }
    names.into_iter().map(|(name, (definition, _))| (name, definition)).collect()
}
