//! What the tests with stored expectations share: the pipeline's first stages on files, and blessing.

use std::fs;
use std::path::{Path, PathBuf};

use archc_core::compile::Compiled;
use archc_core::diagnostic::Diagnostics;
use archc_core::expand::{Files, ReadError, Request};
use archc_core::source::SourceMap;

/// The root of the repository.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Files below a folder.
pub(crate) struct Folder(pub(crate) PathBuf);

impl Files for Folder {
    fn read(&mut self, path: &str) -> Result<Vec<u8>, ReadError> {
        fs::read(self.0.join(path)).map_err(ReadError::from)
    }
}

/// One text, whatever the network's file is called, and nothing beside it.
pub(crate) struct Text(pub(crate) &'static str);

impl Files for Text {
    fn read(&mut self, path: &str) -> Result<Vec<u8>, ReadError> {
        if path.ends_with(".arch") { Ok(self.0.as_bytes().to_vec()) } else { Err(ReadError::NotFound) }
    }
}

/// What came of a text.
pub(crate) struct Outcome {
    pub(crate) sources: SourceMap,
    pub(crate) diagnostics: Diagnostics,
    /// `None` after errors.
    pub(crate) compiled: Option<Compiled>,
}

/// The whole pipeline.
pub(crate) fn compile(request: &Request, files: &mut dyn Files) -> Outcome {
    let mut sources = SourceMap::default();
    let mut diagnostics = Diagnostics::default();
    let compiled = archc_core::compile::compile(request, files, &mut sources, &mut diagnostics);
    Outcome { sources, diagnostics, compiled }
}

/// The variable that makes the tests write what they would compare.
pub(crate) const BLESS: &str = "ARCHC_BLESS";

/// Compares a text with a file, or writes the file where `ARCHC_BLESS=1`. The error is a message for people.
pub(crate) fn expect(file: &Path, found: &str) -> Result<(), String> {
    if std::env::var(BLESS).is_ok_and(|v| v == "1") {
        if fs::read_to_string(file).is_ok_and(|text| text == found) {
            return Ok(());
        }
        if let Some(folder) = file.parent() {
            fs::create_dir_all(folder).map_err(|e| format!("{}: {e}", folder.display()))?;
        }
        return fs::write(file, found).map_err(|e| format!("{}: {e}", file.display()));
    }
    // Windows checks text out with \r\n.
    let expected = fs::read_to_string(file).map(|text| text.replace("\r\n", "\n")).unwrap_or_default();
    if expected == found {
        return Ok(());
    }
    let same = expected.lines().zip(found.lines()).take_while(|(a, b)| a == b).count();
    let line = |text: &str| text.lines().nth(same).unwrap_or("(the end)").to_owned();
    Err(format!(
        "{}: line {} differs\n  expected: {}\n  found:    {}\n{found}",
        file.display(),
        same + 1,
        line(&expected),
        line(found)
    ))
}

/// Fails with all the messages, if there are any.
pub(crate) fn fail_with(errors: &[String]) {
    assert!(
        errors.is_empty(),
        "{} of them differ; if that is right, run the test again with {BLESS}=1\n\n{}",
        errors.len(),
        errors.join("\n\n")
    );
}
