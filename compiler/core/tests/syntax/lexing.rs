//! Words, numbers, sizes, strings, comments and white space.

use archc_core::syntax::ast::{ExpressionKind, StatementKind};

use super::{canonical, good, reported, statements};

fn codes(body: &str) -> Vec<String> {
    reported(&format!("net A {{ {body} }}")).into_iter().map(|(code, _)| code).collect()
}

#[test]
fn a_size_comes_before_a_number() {
    let file = good("net A { conv 3x3 64 const a = 3 const b = 2x2 }");
    let [conv, three, size] = statements(&file.items[0]) else { panic!("three statements") };
    let StatementKind::Operation(conv) = &conv.kind else { panic!("an operation") };
    assert_eq!(conv.positionals[0].kind, ExpressionKind::Size(vec![3.0, 3.0]));
    assert_eq!(conv.positionals[1].kind, ExpressionKind::Number(64.0));
    let StatementKind::Const { value, .. } = &three.kind else { panic!("a constant") };
    assert_eq!(value.kind, ExpressionKind::Number(3.0));
    let StatementKind::Const { value, .. } = &size.kind else { panic!("a constant") };
    assert_eq!(value.kind, ExpressionKind::Size(vec![2.0, 2.0]));
}

#[test]
fn words_and_numbers_end_at_a_boundary() {
    assert_eq!(canonical("relu6 relu"), "relu6 relu");
    assert_eq!(canonical("const relu7 = notify"), "const relu7 = notify");
    assert_eq!(canonical("const same_ = iffy + minute"), "const same_ = iffy + minute");
    assert_eq!(canonical("const a=3*x3"), "const a = 3 * x3");
    for glued in ["3y", "3x", "3x3x", "3x3x3x3", "3X3", "1e", "1e+", "1.5.2", "0b1", "1_000", "3x3.5"] {
        assert_eq!(codes(&format!("const a = {glued}"))[0], "E0008", "{glued}");
    }
}

#[test]
fn a_unit_of_bytes_belongs_to_its_number() {
    assert_eq!(canonical("const a = 8KiB"), "const a = 8192");
    assert_eq!(canonical("const a = 0.5MiB + 1GiB"), "const a = 524288 + 1073741824");
    for glued in ["8MB", "8mib", "8M", "1e3KiB", "8KiBx", "3x3KiB", "8KiB2", "8.KiB"] {
        assert_ne!(codes(&format!("const a = {glued}")), Vec::<String>::new(), "{glued}");
    }
    assert_eq!(codes("const a = 8 KiB"), ["E0007"]);
    assert_eq!(codes(&format!("const a = {}GiB", "9".repeat(300))), ["E0008"]);
}

#[test]
fn numbers_are_finite() {
    assert_eq!(canonical("const a = 1e308"), "const a = 1e308");
    assert_eq!(codes("const a = 1e309"), ["E0008"]);
    let endless = "9".repeat(400);
    assert_eq!(codes(&format!("const a = {endless}x3")), ["E0008"]);
}

#[test]
fn white_space_separates_words_and_nothing_else() {
    let tight = good("net A{input 8x8x3 conv 3x3 64 stride=2 pad=same stack 2{bn relu}}");
    let loose =
        "net\tA\r\n{\n\n input\n8x8x3 conv\n\n3x3\n64\nstride = 2 pad\n=\nsame\nstack 2 {bn\nrelu } } ";
    assert_eq!(archc_core::syntax::print::print(&tight), archc_core::syntax::print::print(&good(loose)));
}

#[test]
fn comments_end_with_the_line() {
    let text = "// a net { (\nnet A { // [ ; \u{e9}\n conv 3x3 // a size\n 64 } // no line behind";
    let printed = archc_core::syntax::print::print(&good(text));
    assert_eq!(printed, "net A {\n    conv 3x3 64\n}\n");
    assert_eq!(canonical("const a = 6 / 2 // / 3\n"), "const a = 6 / 2");
}

#[test]
fn a_byte_order_mark_is_no_part_of_the_text() {
    assert_eq!(good("\u{feff}net A { relu }").items.len(), 1);
    assert_eq!(codes("relu \u{feff}"), ["E0002"]);
}

#[test]
fn strings_hold_anything_but_quotes_and_ends_of_lines() {
    assert_eq!(canonical("labels \"a // b {\u{e9}\""), "labels \"a // b {\u{e9}\"");
    assert_eq!(codes("labels \"a\n relu"), ["E0003"]);
    assert_eq!(codes("labels 'a'"), ["E0002", "E0002"]);
}

#[test]
fn characters_of_other_keyboards_are_named() {
    for text in
        ["conv 3\u{d7}3 64", "labels \u{201c}a\u{201d}", "const a = 1 \u{2212} 2", "relu\u{a0}bn", "relu # x"]
    {
        assert_eq!(codes(text)[0], "E0002", "{text}");
    }
}

#[test]
fn operators_of_other_languages_are_named() {
    for text in [
        "relu;",
        "if a && b {}",
        "if a || b {}",
        "if !a {}",
        "const a = 2^3",
        "const a = 5 % 2",
        "relu -> bn",
    ] {
        assert_eq!(codes(text)[0], "E0009", "{text}");
    }
    assert_eq!(codes("relu; bn; relu"), ["E0009", "E0009"]);
}

#[test]
fn keys_and_the_words_of_preprocess_are_not_reserved() {
    for word in
        ["stride", "pad", "group", "bias", "eps", "scale", "resize", "crop", "bgr", "x", "bilinear", "std"]
    {
        assert_eq!(canonical(&format!("const {word} = {word}")), format!("const {word} = {word}"));
    }
}

#[test]
fn reserved_words_are_no_names() {
    use archc_core::syntax::vocabulary::{KEYWORDS, OperationKind};
    for word in OperationKind::ALL.iter().map(|kind| kind.word()).chain(KEYWORDS.iter().copied()) {
        for text in [
            format!("net {word} {{ }}"),
            format!("block {word}() {{ }}"),
            format!("block b({word}) {{ }}"),
            format!("net A {{ const {word} = 1 }}"),
            format!("net A {{ let {word} }}"),
            format!("net A {{ {word}: relu }}"),
            format!("net A {{ stack 2 as {word} {{ }} }}"),
            format!("net A {{ for {word} in [1] {{ }} }}"),
            format!("net A {{ for (a, {word}) in [1] {{ }} }}"),
        ] {
            let first = reported(&text).into_iter().next();
            assert_eq!(first, Some(("E0005".into(), word.into())), "{text}");
        }
    }
}
