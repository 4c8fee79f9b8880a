//! Any text: the parser ends, without a panic; its errors have places in the text; what it takes without an error it prints and takes again.
#![no_main]

use archc_core::diagnostic::Diagnostics;
use archc_core::diagnostic::render::{Style, render};
use archc_core::source::SourceMap;
use archc_core::syntax;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let (mut sources, mut diagnostics) = (SourceMap::default(), Diagnostics::default());
    let file = sources.add("fuzz.arch", text);
    let tree = syntax::parse(file, text, &mut diagnostics);
    render(&sources, &diagnostics, Style::Plain);
    for place in diagnostics.iter().filter_map(|d| d.primary.as_ref()) {
        assert!(text.get(place.span.start as usize..place.span.end as usize).is_some(), "{place:?}");
    }
    if diagnostics.is_empty() {
        let printed = syntax::print::print(&tree);
        let again = sources.add("printed.arch", printed.as_str());
        let tree = syntax::parse(again, &printed, &mut diagnostics);
        assert!(diagnostics.is_empty(), "{}", render(&sources, &diagnostics, Style::Plain));
        assert_eq!(syntax::print::print(&tree), printed);
    }
});
