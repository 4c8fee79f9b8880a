//! Every statement and item, in one spelling and its canonical one.

use archc_core::syntax::ast::{Item, StatementKind};
use archc_core::syntax::print::print;

use super::{canonical, good, reported, statements};

#[track_caller]
fn same(text: &str) {
    assert_eq!(canonical(text), text);
}

#[test]
fn simple_statements() {
    same("input 224x224x3");
    same("input (side, side, 3)");
    same("const narrow = channels / 4");
    same("let x");
    same("from x");
    same("add x");
    same("concat x, y");
    same("output a, b");
    same("output layer1.0.conv2, x");
    same("labels \"imagenet1k\"");
    same("budget arena=8388608 macs=4000000000");
    same("bottleneck(width, stride=2)");
    same("act()");
    same("defaults conv { bias=false } bn { eps=0.001 scale=false }");
    same(
        "preprocess { resize 256 bilinear crop 224 bgr scale 1 / 255 normalize mean=(1, 2, 3) std=(4, 5, 6) }",
    );
    same("preprocess { resize 299x299 bgr }");
    same("preprocess {}");
}

#[test]
fn operations() {
    same("conv 3x3 64 stride=2 pad=(0, 1, 0, 1) dilation=2 group=32 bias=false");
    same("separable 3x3 128 pad=same");
    same("depthwise (3, 5) stride=2 pad=valid");
    same("rescale 1 / 127.5 offset=-1");
    same("lrn 5 alpha=1e-5 mean=true");
    same("bn relu conv 1x1 64 softmax");
    same("leaky_relu slope=0.2");
}

#[test]
fn statements_with_bodies() {
    same("stack n - 1 as i { relu }");
    same("for x in list { relu }");
    same("for (a, b) in [(1, 2), (3, 4)] as i { conv a b }");
    same("gate { global_avgpool conv 1x1 narrow swish }");
    same("inception { branch { relu } side: branch {} }");
    same("residual {}");
    same("residual relu act() conv 1x1 64 bias=false { bn } shortcut { relu }");
    same("if a == b { relu }");
    same("if a { relu } else { bn }");
    same("if a { relu } else if b { bn } else if c { tanh } else { gelu }");
    same("stem: conv 3x3 64");
    same("layer1: stack 3 { block1: unit(64) }");
}

#[test]
fn if_at_the_start_of_a_statement_is_a_statement() {
    same("const a = if b {1} else {2} if c { relu }");
    same("if if a {b} else {c} { relu }");
    same("dense if a {1} else {2}");
    assert_eq!(reported("net A { conv 3x3\n if c { relu } }"), [("E0006".into(), "conv 3x3".into())]);
}

#[test]
fn an_else_if_is_an_else_that_holds_one_if() {
    assert_eq!(canonical("if a { relu } else { if b { bn } }"), "if a { relu } else if b { bn }");
    let labelled = "if a { relu } else { x: if b { bn } }";
    assert_eq!(canonical(labelled), labelled);
}

#[test]
fn an_operation_word_needs_its_positionals_and_ends_there() {
    let file = good("net A { global_avgpool dense 1000 softmax dropout drop dense classes }");
    let kinds: Vec<&str> = statements(&file.items[0])
        .iter()
        .map(|s| match &s.kind {
            StatementKind::Operation(operation) => operation.kind.value.word(),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(kinds, ["global_avgpool", "dense", "softmax", "dropout", "dense"]);
}

#[test]
fn every_operation_reads_with_its_number_of_positionals_and_no_other() {
    use archc_core::syntax::vocabulary::OperationKind;
    for kind in OperationKind::ALL {
        let count = kind.spec().positionals.len();
        for given in 0..4 {
            let text = format!("net A {{ {}{} }}", kind.word(), " 2".repeat(given));
            let codes: Vec<String> = reported(&text).into_iter().map(|(code, _)| code).collect();
            let expected: &[&str] = if given == count { &[] } else { &["E0006"] };
            assert_eq!(codes, expected, "{text}");
        }
        assert_eq!(canonical(kind.spec().example).replace(' ', ""), kind.spec().example.replace(' ', ""));
        for attribute in kind.spec().attributes {
            same(&format!("{} {}=1", kind.spec().example.replace('/', " / "), attribute.key));
        }
    }
}

#[test]
fn a_positional_does_not_begin_like_an_attribute() {
    assert_eq!(reported("net A { conv 3x3 stride=2 }"), [("E0006".into(), "stride".into())]);
    assert_eq!(reported("net A { conv 3x3 relu }"), [("E0006".into(), "relu".into())]);
    assert_eq!(reported("net A { conv 3x3 maxpool 2 }"), [("E0006".into(), "maxpool".into())]);
}

#[test]
fn items() {
    let text = "\
use \"blocks/resnet.arch\"
use \"zoo:blocks/resnet.arch\"

block unit(width, stride=1, act=relu) {
    conv 3x3 width stride=stride pad=1
    act()
}

block none() {}

net A(classes=1000) {
    input 8x8x3
}

net B {}

net C = A(classes=10)
net D = C()
";
    assert_eq!(print(&good(text)), text);
    assert!(matches!(good("net A = B").items[0], Item::Alias(_)));
    assert_eq!(print(&good("net A() { }\nblock b(x,) {}")), "net A {}\n\nblock b(x) {}\n");
    assert_eq!(good("").items.len(), 0);
}

#[test]
fn spans_of_statements_leave_out_labels_and_what_is_behind() {
    let text =
        "net A { stem: conv 3x3 64 stride=2 // c\n  stack 2 { relu }  defaults bn { eps=1 }  // d\n bn }";
    let file = good(text);
    let pieces: Vec<&str> = statements(&file.items[0])
        .iter()
        .map(|s| &text[s.span.start as usize..s.span.end as usize])
        .collect();
    assert_eq!(pieces, ["conv 3x3 64 stride=2", "stack 2 { relu }", "defaults bn { eps=1 }", "bn"]);
}
