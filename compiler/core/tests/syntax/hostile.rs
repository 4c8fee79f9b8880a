//! Texts without bound: each must end in errors or a tree, soon, and on a small stack.

use std::time::{Duration, Instant};

use archc_core::diagnostic::render::{Style, render};
use archc_core::syntax;
use archc_core::syntax::print::print;
use proptest::prelude::*;

use super::parse;

const SMALL_STACK: usize = 256 * 1024;

/// How deep brackets may nest inside a net's own braces.
const DEPTH: usize = syntax::MAX_NESTING - 1;

/// Parses and drops a text on a small stack and returns the codes of what was reported.
fn codes_on_a_small_stack(text: &str) -> Vec<&'static str> {
    let text = text.to_owned();
    let thread = std::thread::Builder::new().stack_size(SMALL_STACK);
    let handle = thread.spawn(move || {
        let (tree, _, diagnostics) = parse(&text);
        let copy = tree.clone();
        drop(tree);
        drop(copy);
        diagnostics.iter().map(|d| d.code.as_str()).collect()
    });
    handle.unwrap().join().unwrap()
}

fn net(body: &str) -> String {
    format!("net A {{ {body} }}")
}

/// `open` and `close` around each other, `depth` times.
fn nest(open: &str, inner: &str, close: &str, depth: usize) -> String {
    format!("{}{inner}{}", open.repeat(depth), close.repeat(depth))
}

#[test]
fn nesting_at_the_limit_is_read_on_a_small_stack() {
    for text in [
        net(&format!("const a = {}", nest("(", "1", ")", DEPTH))),
        net(&format!("const a = {}", nest("[", "1", "]", DEPTH))),
        net(&format!("const a = {}", nest("max(", "1", ", 2)", DEPTH))),
        net(&format!("const a = {}", nest("x[", "1", "]", DEPTH))),
        net(&format!("const a = {}", nest("if 1 {", "1", "} else {2}", DEPTH))),
        net(&format!("const a = {} {{1}}", "if a {1} else ".repeat(DEPTH))),
        net(&nest("stack 2 { ", "relu", " }", DEPTH)),
        net(&nest("if a { ", "relu", " }", DEPTH)),
        net(&nest("for a in b as i { ", "relu", " }", DEPTH)),
        net(&nest("gate { ", "relu", " }", DEPTH)),
        net(&nest("residual { ", "relu", " } shortcut { relu }", DEPTH)),
        net(&nest("inception { branch { ", "relu", " } }", DEPTH / 2)),
        net(&format!("{} {{}}", "if a {} else ".repeat(DEPTH))),
        net(&format!("const a = 1{}", " ** 1".repeat(63))),
        net(&format!("const a = 1{}", " + 1".repeat(63))),
        net(&format!("const a = {} 1", "-".repeat(63))),
        net(&format!("const a = {} 1", "not ".repeat(63))),
    ] {
        let codes = codes_on_a_small_stack(&text);
        assert!(codes.is_empty(), "{codes:?}: {text}");
    }
}

#[test]
fn deeper_nesting_is_an_error_on_a_small_stack() {
    for depth in [DEPTH + 1, 100, 1000, 100_000] {
        for text in [
            net(&format!("const a = {}", nest("(", "1", ")", depth))),
            net(&format!("const a = {}", nest("[", "1", "]", depth))),
            net(&format!("const a = {}", "(".repeat(depth))),
            net(&format!("const a = {}", nest("if 1 {", "1", "} else {2}", depth))),
            net(&format!("const a = {} {{1}}", "if a {1} else ".repeat(depth + 1))),
            net(&nest("stack 2 { ", "relu", " }", depth)),
            net(&"inception { branch { ".repeat(depth)),
            net(&format!("{} {{}}", "if a {} else ".repeat(depth + 1))),
            "{".repeat(depth + 1),
            "net A ".to_owned() + &"({[".repeat(depth),
        ] {
            if text.len() < syntax::MAX_BYTES {
                assert_eq!(codes_on_a_small_stack(&text), ["E0011"], "{depth}: {text:.60}");
            }
        }
    }
    for depth in [64, 100, 1000, 100_000] {
        for text in [
            net(&format!("const a = 1{}", " ** 1".repeat(depth))),
            net(&format!("const a = 1{}", " + 1".repeat(depth))),
            net(&format!("const a = {} 1", "-".repeat(depth))),
            net(&format!("const a = {} 1", "not ".repeat(depth))),
            net(&format!("const a = a{}", "[1]".repeat(depth))),
            net(&format!("conv a{} 1", "-1".repeat(depth))),
        ] {
            assert_eq!(codes_on_a_small_stack(&text), ["E0011"], "{depth}: {text:.60}");
        }
    }
}

#[test]
fn a_megabyte_of_anything_takes_seconds() {
    // Without optimisation the parser is about ten times slower.
    let size = if cfg!(debug_assertions) { syntax::MAX_BYTES / 20 } else { syntax::MAX_BYTES - 100 };
    let fill = |piece: &str| piece.repeat(size / piece.len());
    for text in [
        net(&fill("relu ")),
        net(&fill("a ")),
        net(&fill("a: ")),
        net(&fill("a=")),
        net(&fill("conv ")),
        net(&fill("conv 1 2 ")),
        net(&fill("conv a -")),
        net(&fill("if a {} else {} ")),
        net(&fill("const a = (1) ")),
        net(&fill("f(a, b=1) ")),
        net(&format!("const a = [{}]", fill("1,"))),
        net(&format!("const a = [{}", fill("(1,"))),
        net(&format!("const a = max({}1)", fill("1, "))),
        net(&format!("output a{}", fill(", a"))),
        net(&format!("relu {}", fill("// x\n"))),
        net(&format!("conv 3x3 64 // {}\n", fill("x"))),
        net(&format!("const a = 1 {} + 1", fill(" "))),
        net(&format!("const a = {}", fill("9"))),
        net(&format!("const a = {}", fill("3x"))),
        net(&format!("labels \"{}\"", fill("\u{e9}"))),
        net(&format!("labels \"{}", fill("x"))),
        net(&format!("defaults {}", fill("conv {} "))),
        net(&format!("preprocess {{ {} }}", fill("bgr "))),
        net(&format!("residual {} {{ }}", fill("relu "))),
        net(&format!("conv 1 2 {}", fill("a=1 "))),
        fill("net A {} "),
        fill("net "),
        fill("} "),
        fill("{} "),
        fill("\n"),
        fill("("),
        fill("net A {\n"),
        fill("\u{2192}"),
        fill("\""),
        fill("@ ; && "),
        fill("else if "),
    ] {
        let start = Instant::now();
        let (tree, sources, diagnostics) = parse(&text);
        let rendered = render(&sources, &diagnostics, Style::Plain);
        drop(tree);
        let taken = start.elapsed();
        println!(
            "{taken:?} {} errors, {} bytes: {}",
            diagnostics.len(),
            rendered.len(),
            &text[..30.min(text.len())].escape_debug()
        );
        assert!(diagnostics.len() <= 20 && rendered.len() < 20_000);
        assert!(taken < Duration::from_secs(20), "{taken:?}: {text:.60}");
    }
}

/// A bracket that nothing closes ends where the text does.
#[test]
fn places_of_open_brackets_lie_in_the_text() {
    for text in ["net A {relu({", "net A {relu(", "net A {relu[", "net A {relu (\u{e9}"] {
        let (_, _, diagnostics) = parse(text);
        assert!(diagnostics.has_errors(), "{text}");
        for diagnostic in diagnostics.iter() {
            let span = diagnostic.primary.as_ref().expect("a place").span;
            assert!(text.get(span.start as usize..span.end as usize).is_some(), "{text}: {span:?}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, ..ProptestConfig::default() })]

    /// Pieces of the language and of nothing in any order: there may be errors, but each has a place in the text, and
    /// all of them can be shown.
    #[test]
    fn any_soup_of_tokens_ends_in_a_tree_or_in_errors(
        parts in prop::collection::vec(prop::sample::select(PIECES), 0..40),
        separator in prop::sample::select(&["", " ", "\n"][..]),
    ) {
        let text = parts.join(separator);
        let (tree, sources, diagnostics) = parse(&text);
        for diagnostic in diagnostics.iter() {
            let span = diagnostic.primary.as_ref().expect("a place").span;
            let (start, end) = (span.start as usize, span.end as usize);
            prop_assert!(start <= end && text.get(start..end).is_some(), "{span:?}");
        }
        render(&sources, &diagnostics, Style::Plain);
        print(&tree);
    }
}

const PIECES: &[&str] = &[
    "net",
    "net A {",
    "block b(",
    "block b() {",
    "use",
    "\"x\"",
    "\"",
    "}",
    "{",
    "(",
    ")",
    "[",
    "]",
    "conv",
    "3x3",
    "64",
    "relu",
    "stride",
    "=",
    "==",
    "stack",
    "3",
    "for",
    "in",
    "as",
    "if",
    "else",
    "residual",
    "shortcut",
    "inception",
    "branch",
    "gate",
    "const",
    "let",
    "x",
    "y:",
    "from",
    "add",
    "concat",
    "defaults",
    "output",
    "preprocess",
    "resize",
    "labels",
    "budget",
    "8MiB",
    "and",
    "or",
    "not",
    "true",
    "same",
    "min",
    "max(",
    "floor",
    ",",
    "+",
    "-",
    "*",
    "**",
    "/",
    "//",
    "<",
    ">",
    "!",
    ";",
    "&&",
    ".",
    ":",
    "3y",
    "1e5",
    "1.5",
    "a.0.b",
    "\u{e9}",
    "\u{1f600}",
    "\u{feff}",
    "\u{a0}",
    "'",
    "#",
    "\t",
    "\r\n",
    "\0",
    "max-pool",
    "f(",
];

#[test]
fn a_file_above_the_limit_is_refused() {
    let text = " ".repeat(syntax::MAX_BYTES + 1);
    assert_eq!(codes_on_a_small_stack(&text), ["E0505"]);
}
