//! Lists of class names: those that travel with archc, and files beside a network.

use crate::diagnostic::suggest;
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::expand::{Files, ReadError, join};
use crate::ir::Graph;
use crate::source::{SourceMap, Spanned};

/// The lists of `archs/labels/`, by the name that `labels "NAME"` takes.
const LISTS: &[(&str, &str)] = &[
    ("fashion_mnist", include_str!("../../../archs/labels/fashion_mnist.txt")),
    ("imagenet1k", include_str!("../../../archs/labels/imagenet1k.txt")),
];

/// The names of a list that travels with archc.
pub fn find(name: &str) -> Option<Vec<String>> {
    LISTS.iter().find(|(n, _)| *n == name).map(|(_, text)| lines(text))
}

/// The names of a network's classes; none where the text gives none, or where they are not as many as the classes.
/// `None` after an error.
pub(crate) fn resolve(
    graph: &Graph,
    sources: &SourceMap,
    files: &mut dyn Files,
    diagnostics: &mut Diagnostics,
) -> Option<Vec<String>> {
    let Some(written) = &graph.labels else { return Some(Vec::new()) };
    let (name, span) = (written.value.as_str(), written.span);
    let labels = match find(name) {
        Some(labels) => labels,
        None => {
            let path = join(&sources.get(span.file).name, name);
            match files.read(&path).map(String::from_utf8) {
                Ok(Ok(text)) => lines(&text),
                Ok(Err(_)) => {
                    let message = format!("`{path}` is not UTF-8 text");
                    diagnostics.push(Diagnostic::new(Code::NotUtf8, span, message, "a list of labels"));
                    return None;
                }
                Err(error) => {
                    diagnostics.push(unknown(name, &path, &error, written));
                    return None;
                }
            }
        }
    };
    let classes = graph.outputs.first().map_or(0, |o| graph.node(o.node).shape.channels);
    if labels.len() != classes {
        let message = format!("`{name}` has {} names, and the network {classes} classes", labels.len());
        diagnostics.push(
            Diagnostic::new(Code::LabelCount, span, message, "left out")
                .help("give a list of your own: a file with one name a line, by its path from here"),
        );
        return Some(Vec::new());
    }
    Some(labels)
}

fn unknown(name: &str, path: &str, error: &ReadError, written: &Spanned<String>) -> Diagnostic {
    let message = format!("there is no list of labels `{name}`");
    let known = LISTS.iter().map(|(name, _)| *name);
    let d = Diagnostic::new(Code::UnknownLabels, written.span, message, "")
        .note(format!("as a file it would be `{path}`: {error}"));
    match suggest::help(name, known.clone()) {
        Some(help) => d.help(help),
        None => d.help(format!("those that come with archc: {}", known.collect::<Vec<_>>().join(", "))),
    }
}

/// One label a line; empty lines do not count, and neither does a byte order mark.
pub fn lines(text: &str) -> Vec<String> {
    text.trim_start_matches('\u{feff}')
        .lines()
        .map(str::trim)
        .filter(|l| !l.is_empty())
        .map(str::to_owned)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_have_a_name_for_every_class() {
        assert_eq!(find("imagenet1k").map(|l| l.len()), Some(1000));
        assert_eq!(find("fashion_mnist").map(|l| l.len()), Some(10));
        assert_eq!(find("nothing"), None);
    }
}
