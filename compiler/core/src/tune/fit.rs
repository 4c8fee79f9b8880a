//! Whether measured choices fit a network: all of its shapes with all that was said about them, or not at all.

use super::file::{Measurement, Row};
use crate::diagnostic::{Code, Diagnostic};
use crate::lower::{Alternatives, Layers};
use crate::mode::Mode;
use crate::source::{FileId, Span};
use archc_runtime::op::Algorithm;
use std::ops::Range;

/// Why they do not fit.
#[derive(Debug)]
pub(super) struct Misfit {
    why: String,
    place: Range<usize>,
}

impl Misfit {
    /// The same as a warning that begins with these words.
    pub(super) fn diagnostic(self, message: String, file: FileId) -> Diagnostic {
        let span = Span::new(file, self.place.start, self.place.end);
        Diagnostic::new(Code::TuneStale, span, message, self.why)
    }
}

/// The layers that more than one algorithm can compute, each with the measured choice.
pub(super) fn fit(all: &Alternatives, mode: Mode, measurement: &Measurement) -> Result<Vec<Layers>, Misfit> {
    let mut layers = all.layers.clone();
    let mut chosen = vec![false; layers.len()];
    for row in measurement.layers.get_ref() {
        let name = row.layer.get_ref();
        let misfit = |why: String| Misfit { why, place: row.layer.span() };
        let Some(at) = layers.iter().position(|layers| layers.names.first() == Some(name)) else {
            return Err(misfit("no layer that has a choice, or not the first of its shape".to_owned()));
        };
        if std::mem::replace(&mut chosen[at], true) {
            return Err(misfit("a second time".to_owned()));
        }
        let like = &mut layers[at];
        if let Some(why) = differs(row, like) {
            return Err(misfit(why));
        }
        let algorithm = row.algorithm.get_ref().algorithm();
        if !like.algorithms(mode).any(|a| a == algorithm) {
            let [rows, columns] = like.conv.kernel;
            let why = format!("`{mode}` does not compute a {rows}x{columns} convolution in this way");
            return Err(Misfit { why, place: row.algorithm.span() });
        }
        like.conv.algorithm = algorithm;
    }
    // A word of a few letters to point at, in place of all the lines.
    let begin = measurement.layers.span().start;
    let whole = |why: String| Misfit { why, place: begin..begin + 1 };
    if let Some((missing, _)) = layers.iter().zip(&chosen).find(|(_, chosen)| !**chosen) {
        let name = missing.names.first().map_or("", String::as_str);
        return Err(whole(format!("no line for `{name}`, {}", shape(missing))));
    }
    let added = |layers: &Layers| layers.size(layers.conv.algorithm) - layers.size(Algorithm::Direct);
    if layers.iter().map(added).sum::<f64>() > all.room {
        return Err(whole("the packed weights would grow by more than archc allows".to_owned()));
    }
    Ok(layers)
}

/// In what a line differs from the layers that it names.
fn differs(row: &Row, layers: &Layers) -> Option<String> {
    let [rows, columns] = layers.conv.kernel;
    let here = [format!("{rows}x{columns}"), layers.x.to_string(), layers.y.to_string()];
    if [&row.kernel, &row.input, &row.output] != here.each_ref() {
        return Some(format!("it is {} now", shape(layers)));
    }
    match layers.names.len() {
        alike if alike == row.alike => None,
        1 => Some("it is the only layer of this shape now".to_owned()),
        alike => Some(format!("there are {alike} layers of this shape now")),
    }
}

/// What a layer computes, for people.
fn shape(layers: &Layers) -> String {
    let [rows, columns] = layers.conv.kernel;
    format!("a {rows}x{columns} convolution from {} to {}", layers.x, layers.y)
}
