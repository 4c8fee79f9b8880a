//! Several mistakes in one text: each is reported once, at its place, and what is right is still read.

use super::{parse, reported, statements};

#[test]
fn a_mistake_costs_one_statement() {
    let text = "\
net A {
    input 8x8x3
    conv 3x3
    relu
    cnov 3x3 64 stride=2
    stack 2 {
        dense
        bn
    }
    let 5
    softmax
}
";
    let expected = [("E0006", "conv 3x3"), ("E0007", "cnov"), ("E0006", "dense"), ("E0001", "5")];
    assert_eq!(reported(text), expected.map(|(code, piece)| (code.to_owned(), piece.to_owned())));
    let (tree, ..) = parse(text);
    assert_eq!(statements(&tree.items[0]).len(), 4, "input, relu, stack, softmax");
}

#[test]
fn a_mistake_in_a_head_costs_its_body() {
    let text = "net A { stack { conv } for x [1] { conv } relu }\nblock b { conv }\nnet C { relu }";
    let codes: Vec<String> = reported(text).into_iter().map(|(_, piece)| piece).collect();
    assert_eq!(codes, ["{", "[", "{"]);
    let (tree, ..) = parse(text);
    assert_eq!(tree.items.len(), 2);
}

#[test]
fn an_unclosed_brace_ends_before_the_next_item() {
    let text = "net A {\n    relu\n    stack 2 {\n        bn\n    relu\n}\nnet B {\n    dense\n}\n";
    let expected = [("E0004", "{"), ("E0006", "dense")];
    assert_eq!(reported(text), expected.map(|(code, piece)| (code.to_owned(), piece.to_owned())));
    let (_, sources, diagnostics) = parse(text);
    let place = diagnostics.iter().next().and_then(|d| d.primary.clone()).expect("a place");
    assert_eq!(sources.line_column(place.span), (3, 13), "the brace of `stack`, not that of `net`");
}

#[test]
fn brackets_are_paired() {
    for (text, piece) in [
        ("net A { relu", "{"),
        ("net A { relu } }", "}"),
        ("net A { const a = (1 + 2 }", "}"),
        ("net A { const a = [1, 2) }", ")"),
        ("net A { const a = max(1]) }", "]"),
        ("net A { conv (3, 3 64 }\nnet B { relu }", "}"),
    ] {
        let found = reported(text);
        assert_eq!(found[0], ("E0004".to_owned(), piece.to_owned()), "{text}");
        assert!(found.iter().all(|(code, _)| code == "E0004"), "{text}: {found:?}");
    }
}

#[test]
fn a_file_has_twenty_errors_at_most() {
    let text = format!("net A {{ {} }}", "conv\n".repeat(1000));
    assert_eq!(reported(&text).len(), 20);
    let text = format!("net A {{ {} }}", "\u{e9} ".repeat(1000));
    assert_eq!(reported(&text).len(), 20);
}

#[test]
fn errors_come_in_the_order_of_the_text() {
    let text = "net A { dense\n relu; bn\n conv 3x3\n bn\n\u{e9}\n foo }";
    let (_, _, diagnostics) = parse(text);
    let starts: Vec<u32> =
        diagnostics.iter().filter_map(|d| d.primary.as_ref()).map(|l| l.span.start).collect();
    assert!(starts.len() >= 4 && starts.is_sorted(), "{starts:?}");
}

#[test]
fn what_was_meant_is_said() {
    for (body, help) in [
        ("max-pool 2", "did you mean `maxpool`?"),
        ("Conv2D 3x3 64", "did you mean `conv`?"),
        ("repeat 3 { }", "did you mean `stack`?"),
        ("conv 3x3 64 stride 2", "an attribute has a `=`: `stride=..`"),
        ("conv 3x3 64 stride: 2", "an attribute has a `=` and no colon: `stride=..`"),
        ("conv(3x3, 64)", "its values stand behind it without parentheses: `conv 3x3 64`"),
        ("conv 3x3, 64", "its values have white space between them: `conv 3x3 64`"),
        ("conv 3 x 3 64", "a size has no spaces in it: `3x3`"),
        ("conv k -1", "`k -1` is a difference; a negative value stands in parentheses: `(-1)`"),
        ("relu()", "write `relu`"),
        ("input 8, 8, 3", "the input's shape is written `224x224x3` or `(rows, cols, channels)`"),
        ("if a = b { }", "a comparison is `==`"),
        ("const a == 3", "write `=`"),
        ("if a: relu", "write `{ .. }`"),
        ("let my-value", "write `my_value`"),
        ("else { }", "`else` follows the brace that ends its `if`"),
        ("const a = if b {1}", "an `if` in an expression needs an `else`: `if a {1} else {2}`"),
        ("for a, b in c { }", "write `for (a, b) in ..`"),
        ("unit", "a block, or an operation that a parameter holds, is called with parentheses: `unit()`"),
        ("unit() stride=2", "the arguments of a call stand in its parentheses"),
    ] {
        let (_, _, diagnostics) = parse(&format!("net A {{ {body} }}"));
        let first = diagnostics.iter().next().unwrap_or_else(|| panic!("nothing wrong with {body}"));
        assert_eq!(first.help, [help], "{body}: {}", first.message);
    }
}
