//! Measured choices of algorithms: `archc tune` keeps them in a file beside a network's, and compilations take them in place
//! of what the model of times chooses. A file that does not fit is left out as a whole, with a warning.

mod choose;
mod file;
mod fit;

pub use choose::fastest;
pub use file::{Measurement, Row, Tune, Word};

use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::expand::{Files, Measured, ReadError, Request, ZOO, join, normalize};
use crate::ir::Graph;
use crate::lower::{Choices, alternatives};
use crate::mode::Mode;
use crate::source::{FileId, SourceMap};

/// A file that was read.
#[derive(Clone, Debug)]
pub(crate) struct Found {
    path: String,
    id: FileId,
    tune: Tune,
}

/// The path of the file beside a network's, for a net of this name; none where the network comes with archc.
pub fn beside(path: &str, net: &str) -> Option<String> {
    (!path.starts_with(ZOO)).then(|| join(&normalize(path), &format!("{net}.tune")))
}

/// Reads the file that a request names, or the one beside the network's if there is one. `None` after an error: a file that
/// was asked for by its name has to be there.
pub(crate) fn find(
    request: &Request,
    net: &str,
    files: &mut dyn Files,
    sources: &mut SourceMap,
    diagnostics: &mut Diagnostics,
) -> Option<Option<Found>> {
    /// Larger ones are none that archc wrote.
    const LIMIT: usize = 1 << 20;
    let (path, asked_for) = match &request.measured {
        Measured::Nowhere => return Some(None),
        Measured::File(path) => (normalize(path), true),
        Measured::Beside => match beside(&request.path, net) {
            Some(path) => (path, false),
            None => return Some(None),
        },
    };
    let mut unread = |why: String| {
        let message = format!("`{path}` cannot be read, and is left out: {why}");
        diagnostics.push(Diagnostic::without_place(Code::TuneMalformed, message).help(REMEDY));
        Some(None)
    };
    let text = match files.read(&path) {
        Err(ReadError::NotFound) if !asked_for => return Some(None),
        Err(ReadError::NotFound) => {
            let message = format!("the file `{path}` does not exist");
            let help = format!("`archc tune {} -o {path}` writes it", request.path);
            diagnostics.push(Diagnostic::without_place(Code::FileNotFound, message).help(help));
            return None;
        }
        Err(error) => return unread(error.to_string()),
        Ok(bytes) if bytes.len() > LIMIT => return unread(format!("it is larger than {LIMIT} bytes")),
        Ok(bytes) => match String::from_utf8(bytes) {
            Ok(text) => text,
            Err(_) => return unread("it is not UTF-8 text".to_owned()),
        },
    };
    let id = sources.add(path.as_str(), text.as_str());
    match Tune::parse(&text) {
        Ok(tune) => Some(Some(Found { path, id, tune })),
        Err(error) => {
            diagnostics.push(error.diagnostic(&path, id).help(REMEDY));
            Some(None)
        }
    }
}

/// What to do about any file that is left out.
const REMEDY: &str = "`archc tune` measures again and writes it anew; until then the model of times chooses";

/// What decides in a mode: what was measured for it, where it fits, and the model otherwise.
pub(crate) fn choices(
    fused: &Graph,
    mode: Mode,
    found: Option<&Found>,
    diagnostics: &mut Diagnostics,
) -> Choices {
    let Some((found, measurement)) = found.and_then(|found| Some((found, found.tune.get(mode)?))) else {
        return Choices::Model;
    };
    match fit::fit(&alternatives(fused, mode), mode, measurement) {
        Ok(layers) => Choices::Given(layers),
        Err(misfit) => {
            let what = format!("`{}` does not fit `{}`, and is left out", found.path, fused.name);
            diagnostics.push(misfit.diagnostic(what, found.id).help(REMEDY));
            Choices::Model
        }
    }
}
