//! Any text through the whole pipeline: it ends, without a panic, and never because archc broke its own rules.
#![no_main]

use archc_core::compile::compile;
use archc_core::diagnostic::render::{Style, render};
use archc_core::diagnostic::{Code, Diagnostics};
use archc_core::expand::{Files, ReadError, Request};
use archc_core::source::SourceMap;
use libfuzzer_sys::fuzz_target;

/// One file, which may also use itself.
struct One<'a>(&'a [u8]);

impl Files for One<'_> {
    fn read(&mut self, path: &str) -> Result<Vec<u8>, ReadError> {
        if path == "fuzz.arch" { Ok(self.0.to_vec()) } else { Err(ReadError::NotFound) }
    }
}

fuzz_target!(|bytes: &[u8]| {
    let (mut sources, mut diagnostics) = (SourceMap::default(), Diagnostics::default());
    let request = Request { path: "fuzz.arch".into(), ..Request::default() };
    let compiled = compile(&request, &mut One(bytes), &mut sources, &mut diagnostics);
    let rendered = render(&sources, &diagnostics, Style::Plain);
    assert!(diagnostics.iter().all(|d| d.code != Code::Internal), "{rendered}");
    assert_eq!(compiled.is_none(), diagnostics.has_errors(), "{rendered}");
    if let Some(compiled) = compiled {
        compiled.rust().expect("generated text parses");
    }
});
