//! The names of operations and scopes.

use archc_core::diagnostic::Code;

use crate::support::{body, file, names};

#[test]
fn operations_are_their_word_and_their_ordinal() {
    assert_eq!(names("conv 3x3 4 relu conv 3x3 4 relu bn"), ["conv1", "relu1", "conv2", "relu2", "bn1"]);
}

#[test]
fn a_label_replaces_one_name_and_changes_no_other() {
    assert_eq!(names("stem: conv 3x3 4 conv 3x3 4"), ["stem", "conv2"]);
    assert_eq!(names("layer: stack 2 { relu }"), ["layer.0.relu1", "layer.1.relu1"]);
    assert_eq!(
        names("stack 1 { relu } s: stack 1 { relu } stack 1 { relu }"),
        ["stack1.0.relu1", "s.0.relu1", "stack3.0.relu1"]
    );
}

#[test]
fn every_construct_opens_the_scope_of_its_word() {
    assert_eq!(names("for n in [4, 4] { conv 1x1 n }"), ["for1.0.conv1", "for1.1.conv1"]);
    assert_eq!(
        names("residual { relu } residual { relu }"),
        ["residual1.relu1", "residual1.add", "residual2.relu1", "residual2.add"]
    );
    assert_eq!(
        names("residual { relu } shortcut { relu tanh }"),
        ["residual1.relu1", "residual1.shortcut.relu1", "residual1.shortcut.tanh1", "residual1.add"]
    );
    assert_eq!(
        names("gate { global_avgpool sigmoid }"),
        ["gate1.global_avgpool1", "gate1.sigmoid1", "gate1.multiply"]
    );
    assert_eq!(
        names("separable 3x3 8 sep: separable 3x3 8"),
        ["separable1.depthwise", "separable1.pointwise", "sep.depthwise", "sep.pointwise"]
    );
}

#[test]
fn branches_are_numbered_around_the_inception() {
    assert_eq!(
        names("inception { branch { relu } side: branch { tanh } } mix: inception { branch { relu } }"),
        ["branch1.relu1", "side.tanh1", "inception1", "branch3.relu1", "mix"]
    );
}

#[test]
fn if_and_defaults_open_no_scope() {
    assert_eq!(names("relu if true { relu } relu"), ["relu1", "relu2", "relu3"]);
    assert_eq!(names("defaults conv { bias=false } conv 1x1 4"), ["conv1"]);
}

#[test]
fn what_follows_a_sum_is_named_outside() {
    assert_eq!(
        names("relu residual relu bn { relu } relu"),
        ["relu1", "residual1.relu1", "residual1.add", "relu2", "bn1", "relu3"]
    );
}

#[test]
fn combinators_disturb_no_ordinal() {
    assert_eq!(
        names("let x residual { relu } add x concat x inception { branch { } }"),
        ["residual1.relu1", "residual1.add", "add1", "concat1", "inception1"]
    );
}

#[test]
fn blocks_are_numbered_by_their_name() {
    let text = "
        block unit(act) { act() relu }
        block outer() { unit(tanh) last: unit(relu) }
        net N { input 8x8x4 outer() outer() }";
    let graph = file(text).good();
    let paths: Vec<String> = graph.ids().skip(1).map(|id| graph.path(id)).collect();
    assert_eq!(
        paths,
        [
            "outer1.unit1.tanh1",
            "outer1.unit1.relu1",
            "outer1.last.relu1",
            "outer1.last.relu2",
            "outer2.unit1.tanh1",
            "outer2.unit1.relu1",
            "outer2.last.relu1",
            "outer2.last.relu2"
        ]
    );
}

#[test]
fn origins_tell_the_calls_innermost_first() {
    let text = "block a() { relu } block b() { a() } net N { input 8x8x4 b() }";
    let graph = file(text).good();
    let node = graph.node(graph.find("b1.a1.relu1").expect("the node"));
    let calls: Vec<&str> = node.origin.calls.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(calls, ["a", "b"]);
    assert!(node.origin.span.is_some());
}

#[test]
fn two_of_one_name_in_a_scope_are_an_error() {
    body("a: relu a: relu").only(Code::DuplicateLabel, &["two things are called `a`", "the first"]);
    body("conv2: conv 1x1 4 conv 1x1 4").only(Code::DuplicateLabel, &["`conv2`", "its word and its ordinal"]);
    body("stack 2 { a: relu } b: stack 1 { a: relu }").good();
    body("relu1: conv 1x1 4 relu").only(Code::DuplicateLabel, &["`relu1`"]);
    body("input1: relu").good();
    // A label that is its own automatic name does no harm.
    body("conv1: conv 1x1 4 conv 1x1 4").good();
    body("gate { multiply: global_avgpool sigmoid }").only(Code::DuplicateLabel, &["gate1.multiply"]);
}

#[test]
fn labels_stand_before_what_has_a_name() {
    for statement in ["if true { relu }", "const a = 1 conv 1x1 a", "let x add x", "defaults bn { eps=1 } bn"]
    {
        let outcome = body(&format!("l: {statement}"));
        assert_eq!(outcome.codes(), [Code::LabelNotAllowed], "{}", outcome.text());
    }
    assert_eq!(names("let x sum: add x cat: concat x"), ["sum", "cat"]);
    assert_eq!(file("net N { image: input 2x2x1 relu }").good().path_of_input(), "image");
}

trait PathOfInput {
    fn path_of_input(&self) -> String;
}

impl PathOfInput for archc_core::ir::Graph {
    fn path_of_input(&self) -> String {
        self.path(self.input().expect("an input"))
    }
}
