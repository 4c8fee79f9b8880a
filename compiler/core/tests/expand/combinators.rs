//! `residual`, `inception`, `gate`, `let` and what goes on from it.

use archc_core::diagnostic::Code;

use crate::support::{body, file, lines};

#[test]
fn residual_adds() {
    assert_eq!(
        lines("residual relu { conv 1x1 4 } tanh"),
        [
            "residual1.conv1 = conv 1x1 4 (input) -> 8x8x4",
            "residual1.add = add (residual1.conv1, input) -> 8x8x4",
            "relu1 = relu (residual1.add) -> 8x8x4",
            "tanh1 = tanh (relu1) -> 8x8x4",
        ]
    );
}

#[test]
fn a_shortcut_starts_where_the_residual_does() {
    assert_eq!(
        lines("residual { relu } shortcut { conv 1x1 4 }"),
        [
            "residual1.relu1 = relu (input) -> 8x8x4",
            "residual1.shortcut.conv1 = conv 1x1 4 (input) -> 8x8x4",
            "residual1.add = add (residual1.relu1, residual1.shortcut.conv1) -> 8x8x4",
        ]
    );
    // An empty one is the identity.
    assert_eq!(
        lines("residual { relu } shortcut { if false { relu } }")[1],
        "residual1.add = add (residual1.relu1, input) -> 8x8x4"
    );
}

#[test]
fn a_parameter_may_follow_the_sum() {
    let text = "block b(act) { residual act() { relu6 } } net N { input 8x8x4 b(tanh) }";
    let graph = file(text).good();
    assert!(graph.find("b1.tanh1").is_some());
    file("block b() { relu } net N { input 8x8x4 residual b() { relu } }")
        .only(Code::NotABlock, &["only operations follow a residual's sum"]);
    file("block b(act) { residual act() { relu6 } } net N { input 8x8x4 b(3) }")
        .only(Code::NotABlock, &["`act` is the number 3"]);
}

#[test]
fn inception_concatenates_in_order() {
    assert_eq!(
        lines("inception { branch { conv 1x1 3 } branch { } branch { conv 1x1 5 } }"),
        [
            "branch1.conv1 = conv 1x1 3 (input) -> 8x8x3",
            "branch3.conv1 = conv 1x1 5 (input) -> 8x8x5",
            "inception1 = concat (branch1.conv1, input, branch3.conv1) -> 8x8x12",
        ]
    );
}

#[test]
fn gate_multiplies() {
    assert_eq!(
        lines("relu gate { global_avgpool sigmoid }").pop().as_deref(),
        Some("gate1.multiply = gate (relu1, gate1.sigmoid1) -> 8x8x4")
    );
}

#[test]
fn let_makes_any_graph() {
    assert_eq!(
        lines("relu let a conv 1x1 4 let b from a tanh add b concat a, b"),
        [
            "relu1 = relu (input) -> 8x8x4",
            "conv1 = conv 1x1 4 (relu1) -> 8x8x4",
            "tanh1 = tanh (relu1) -> 8x8x4",
            "add1 = add (tanh1, conv1) -> 8x8x4",
            "concat1 = concat (add1, relu1, conv1) -> 8x8x12",
        ]
    );
}

#[test]
fn let_has_a_namespace_that_ends_with_its_brace() {
    // The same name as a constant and as a value.
    assert_eq!(lines("const x = 4 let x conv 1x1 x add x").len(), 2);
    body("stack 2 { let x relu add x } add x")
        .only(Code::UnknownValue, &["no `let` names `x` here", "this one ended with its brace"]);
    body("let x stack 2 { relu add x }").good();
    body("let early relu add erly").only_errors(Code::UnknownValue, "did you mean `early`?");
    body("const x = 1 conv 1x1 x from x").only(Code::UnknownValue, &["`x` is no value of `let`"]);
    file("block b() { add x } net N { input 8x8x4 let x relu b() add x }").only(Code::UnknownValue, &[]);
    body("let x relu let x add x").only(Code::DuplicateName, &["the value `x` is defined twice"]);
}

#[test]
fn what_is_computed_for_nothing_is_a_warning() {
    body("let a conv 1x1 4 relu from a tanh")
        .only(Code::UnusedValue, &["the value of `relu1` reaches no output"]);
    let text = "block side() { let a relu from a } net N { input 8x8x4 side() tanh }";
    file(text).only(Code::UnusedValue, &["`side1.relu1`", "in this call of `side`"]);
}

trait OnlyErrors {
    fn only_errors(self, code: Code, words: &str);
}

impl OnlyErrors for crate::support::Outcome {
    /// As `only`, but warnings may come along.
    fn only_errors(self, code: Code, words: &str) {
        let text = self.text();
        let errors: Vec<Code> = self
            .codes()
            .into_iter()
            .filter(|c| c.severity() == archc_core::diagnostic::Severity::Error)
            .collect();
        assert_eq!(errors, [code], "{text}");
        assert!(text.contains(words), "{text}");
    }
}
