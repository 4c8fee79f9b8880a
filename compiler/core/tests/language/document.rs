//! Reads the document block by block, executes the examples, and writes it again as it should be.

use std::collections::{BTreeMap, BTreeSet};

use archc_core::diagnostic::render::{Style, render};
use archc_core::expand::{Files, ReadError, Request};

use crate::support::{self, Outcome};
use crate::{facts, generated};

/// The document after its execution.
#[derive(Default)]
pub(crate) struct Document {
    /// Its text, with every fact as it is.
    pub(crate) rewritten: String,
    /// The texts of the examples that compiled.
    pub(crate) good: Vec<String>,
    /// What is wrong with it that rewriting does not mend.
    pub(crate) problems: Vec<String>,
}

/// What examples read: the one that is compiled, and those that are kept as files.
#[derive(Default)]
struct Shelf {
    main: String,
    kept: BTreeMap<String, String>,
    read: BTreeSet<String>,
}

impl Files for Shelf {
    fn read(&mut self, path: &str) -> Result<Vec<u8>, ReadError> {
        if path == MAIN {
            return Ok(self.main.clone().into_bytes());
        }
        self.read.insert(path.to_owned());
        self.kept.get(path).map(|text| text.clone().into_bytes()).ok_or(ReadError::NotFound)
    }
}

/// What examples are called in their messages.
const MAIN: &str = "example.arch";

/// The words behind "```arch".
#[derive(Default)]
struct Options {
    input: Option<String>,
    truths: bool,
    file: Option<String>,
    request: Request,
    codes: Vec<String>,
}

impl Options {
    fn new(words: &str) -> Result<Options, String> {
        let mut options = Options { request: Request::new(MAIN), ..Options::default() };
        for word in words.split_whitespace() {
            let (key, value) = word.split_once('=').unwrap_or((word, ""));
            match key {
                "true" => options.truths = true,
                "input" => options.input = Some(value.to_owned()),
                "file" => options.file = Some(value.to_owned()),
                "net" => options.request.net = Some(value.to_owned()),
                "set" => {
                    let (key, value) = value.split_once('=').ok_or("set=KEY=VALUE")?;
                    options.request.set.push((key.to_owned(), value.to_owned()));
                }
                "output" => options.request.outputs.push(value.to_owned()),
                "error" | "warning" => options.codes.push(value.to_owned()),
                _ => return Err(format!("there is no option `{word}`")),
            }
        }
        Ok(options)
    }

    /// The whole file that a block stands for.
    fn whole(&self, text: &str) -> String {
        match (&self.input, self.truths) {
            (_, true) => {
                let lines = text.lines().map(|line| line.split("//").next().unwrap_or("").trim());
                let checks =
                    lines.filter(|l| !l.is_empty()).map(|l| format!("if {l} {{ relu }} else {{ tanh }}\n"));
                format!("net Truths {{ input 8x6x4\n{}}}\n", checks.collect::<String>())
            }
            (Some(input), false) => format!("net Example {{ input {input}\n{text}}}\n"),
            (None, false) => text.to_owned(),
        }
    }
}

/// Executes the document.
pub(crate) fn execute(text: &str) -> Document {
    let mut document = Document::default();
    let mut shelf = Shelf::default();
    let mut lines = text.lines().enumerate().map(|(i, line)| (i + 1, line)).peekable();
    // What came of the example directly above, until other text follows.
    let mut last: Option<Outcome> = None;
    while let Some((number, line)) = lines.next() {
        document.line(line);
        let marker = line.strip_prefix("<!-- ").and_then(|rest| rest.strip_suffix(" -->"));
        if let Some(name) = marker {
            match generated(name) {
                Some(text) => document.rewritten.push_str(&text),
                None => document.problem(number, &format!("nothing generates `{name}`")),
            }
            let end = lines.by_ref().find(|(_, line)| *line == "<!-- end -->");
            document.line(end.map_or("", |(_, line)| line));
            last = None;
        } else if let Some(info) = line.strip_prefix("```") {
            let body: Vec<&str> =
                lines.by_ref().map(|(_, line)| line).take_while(|line| *line != "```").collect();
            let (word, options) = info.split_once(' ').unwrap_or((info, ""));
            let mut shown = body.iter().map(|line| (*line).to_owned()).collect();
            let above = last.take();
            match word {
                "arch" => last = document.example(number, options, &body, &mut shelf),
                "text" => match above.ok_or("there is no example directly above".to_owned()) {
                    Ok(outcome) => match facts::rewrite(&outcome, &body) {
                        Ok(lines) => shown = lines,
                        Err(problem) => document.problem(number, &problem),
                    },
                    Err(problem) => document.problem(number, &problem),
                },
                _ => {}
            }
            shown.iter().for_each(|line| document.line(line));
            document.line("```");
        } else if !line.is_empty() {
            last = None;
        }
    }
    for (path, text) in shelf.kept {
        match shelf.read.contains(&path) {
            true => document.good.push(text),
            false => document.problems.push(format!("no example uses `{path}`")),
        }
    }
    document
}

impl Document {
    fn line(&mut self, line: &str) {
        self.rewritten.push_str(line);
        self.rewritten.push('\n');
    }

    fn problem(&mut self, line: usize, problem: &str) {
        self.problems.push(format!("LANGUAGE.md:{line}: {problem}"));
    }

    /// Executes a block and gives what came of it.
    fn example(&mut self, line: usize, words: &str, body: &[&str], shelf: &mut Shelf) -> Option<Outcome> {
        let text: String = body.iter().flat_map(|line| [line, "\n"]).collect();
        let options = match Options::new(words) {
            Ok(options) => options,
            Err(problem) => {
                self.problem(line, &problem);
                return None;
            }
        };
        if let Some(path) = options.file {
            shelf.kept.insert(path, text);
            return None;
        }
        shelf.main = options.whole(&text);
        let outcome = support::compile(&options.request, shelf);
        let codes: Vec<&str> = outcome.diagnostics.iter().map(|d| d.code.as_str()).collect();
        if codes != options.codes {
            let said = render(&outcome.sources, &outcome.diagnostics, Style::Plain);
            self.problem(line, &format!("this gives {codes:?} and not {:?}\n{said}", options.codes));
        }
        if let Some(compiled) = &outcome.compiled {
            if options.truths {
                let expressions =
                    body.iter().filter(|l| !l.split("//").next().unwrap_or("").trim().is_empty());
                let nodes = compiled.graph.ids().skip(1).map(|id| compiled.graph.node(id).op.word());
                for (expression, _) in expressions.zip(nodes).filter(|(_, word)| *word != "relu") {
                    self.problem(line, &format!("this is false: {expression}"));
                }
            }
            self.good.push(std::mem::take(&mut shelf.main));
        }
        Some(outcome)
    }
}
