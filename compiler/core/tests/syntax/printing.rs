//! What is printed parses to the same tree.

use archc_core::syntax::ast::File;
use archc_core::syntax::print::print;
use proptest::prelude::*;

use super::generate::file;
use super::good;

/// A tree as text, with the spans taken out.
fn without_spans(file: &File) -> String {
    let text = format!("{file:?}");
    let mut pieces = text.split("Span { ");
    let mut kept = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        kept.push_str(piece.split_once('}').map_or("", |(_, rest)| rest));
    }
    kept
}

#[test]
fn spans_are_taken_out_and_nothing_else() {
    let text = without_spans(&good("net A { conv 3x3 64 }"));
    assert_eq!(text, without_spans(&good("net   A\n{conv 3x3   64}")));
    assert_ne!(text, without_spans(&good("net A { conv 3x3 65 }")));
    assert!(!text.contains("start"));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 192, ..ProptestConfig::default() })]

    #[test]
    fn a_printed_tree_parses_to_itself(tree in file()) {
        let printed = print(&tree);
        let read = good(&printed);
        prop_assert_eq!(without_spans(&read), without_spans(&tree), "{}", printed);
        prop_assert_eq!(print(&read), printed);
    }
}
