//! Expressions: what they are worth, and what is wrong with them.

use archc_core::diagnostic::Code;
use archc_core::ir::Op;
use archc_core::ir::op::Rescale;

use crate::support::{Outcome, body};

/// A body whose `rescale` takes the value.
fn rescaled(expression: &str) -> Outcome {
    body(&format!("const v = {expression} rescale v"))
}

#[track_caller]
fn number(expression: &str) -> f64 {
    let graph = rescaled(expression).good();
    match graph.ids().last().map(|id| graph.node(id).op.clone()) {
        Some(Op::Rescale(Rescale { scale, .. })) => scale,
        other => panic!("{other:?}"),
    }
}

#[track_caller]
fn truth(expression: &str) -> bool {
    number(&format!("if {expression} {{1}} else {{0}}")) == 1.0
}

#[test]
fn arithmetic_is_that_of_reals() {
    for (text, value) in [
        ("1 / 4", 0.25),
        ("2 ** 3 ** 2", 512.0),
        ("-2 ** 2", -4.0),
        ("2 ** -1", 0.5),
        ("7 - 2 - 1", 4.0),
        ("1 + 2 * 3", 7.0),
        ("(1 + 2) * 3", 9.0),
        ("min(3, 1, 2)", 1.0),
        ("max(3, 1, 2)", 3.0),
        ("floor(-1.5)", -2.0),
        ("ceil(1.2)", 2.0),
        ("round_to(44.8, 8)", 48.0),
        ("[1, (2, 3)][1][0]", 2.0),
        ("3x5[1]", 5.0),
        ("channels", 4.0),
        ("rows * cols", 64.0),
        ("if channels == 4 {1} else if channels == 5 {2} else {3}", 1.0),
    ] {
        assert_eq!(number(text), value, "{text}");
    }
}

#[test]
fn truths() {
    for (text, value) in [
        ("1 < 2 and not 2 < 1", true),
        ("1 <= 1 or 1 / 0 > 0", true),
        ("false and 1 / 0 > 0", false),
        ("relu == relu", true),
        ("relu == tanh", false),
        ("same == valid", false),
        ("3 == same", false),
        ("3 != same", true),
        ("(1, 2) == [1, 2]", true),
        ("(1, 2) == (1, 2, 3)", false),
        ("true != false", true),
    ] {
        assert_eq!(truth(text), value, "{text}");
    }
}

#[test]
fn shapes_are_those_that_arrive() {
    let graph = body("maxpool 2 conv 1x1 2*channels conv 1x1 rows * cols + channels").good();
    let last = graph.ids().last().expect("a node");
    assert_eq!(graph.node(last).shape.channels, 4 * 4 + 8);
}

#[test]
fn numbers_must_be_real_and_finite() {
    for (text, words) in [
        ("1 / 0", "1 is divided by zero"),
        ("0 / 0", "divided by zero"),
        ("10 ** 400", "too large for a number"),
        ("1e308 * 10", "too large"),
        ("(-8) ** 0.5", "no real number"),
        ("1e308 + 1e308", "too large"),
    ] {
        rescaled(text).only(Code::NotFinite, &[words]);
    }
}

#[test]
fn types_are_checked() {
    for (text, words) in [
        ("1 + true", &["expected a number, found `true`"] as &[_]),
        ("relu * 2", &["found the operation `relu`"]),
        ("same < valid", &["found the padding `same`"]),
        ("-[1]", &["found a list of one value"]),
        ("not 1", &["expected `true` or `false`, found the number 1"]),
        ("1 and true", &["found the number 1"]),
        ("max(1, (2, 3))", &["found a list of 2 values"]),
        ("3[0]", &["expected a list, found the number 3"]),
        ("if 1 {2} else {3}", &["for the condition of `if`"]),
    ] {
        rescaled(text).only(Code::WrongType, words);
    }
    body("rescale (1, 2)").only(Code::WrongType, &["a number for the factor"]);
}

#[test]
fn indices_are_whole_and_in_the_list() {
    rescaled("[1, 2][2]").only(Code::IndexOutOfRange, &["behind the end of a list of 2", "0 to 1"]);
    rescaled("[][0]").only(Code::IndexOutOfRange, &["it is empty"]);
    rescaled("[1][0.5]").only(Code::NotWhole, &["an index"]);
    rescaled("[1][-1]").only(Code::OutOfRange, &["an index must be at least 0"]);
}

#[test]
fn sizes_must_be_whole() {
    body("conv 3x3 channels / 8").only(
        Code::NotWhole,
        &[
            "the number of channels must be a whole number, and this is 0.5",
            "`floor(..)` is 0",
            "`ceil(..)` is 1",
            "`round_to(.., 8)` is 8",
        ],
    );
    body("conv 3x3 0").only(Code::OutOfRange, &["at least 1"]);
    body("conv 3x3 (-4)").only(Code::OutOfRange, &["this is -4"]);
    body("conv 3x3 1e10").only(Code::OutOfRange, &["at most 2147483648"]);
    body("stack 0.5 { relu }").only(Code::NotWhole, &["the number of repeats"]);
    body("stack -1 { relu }").only(Code::OutOfRange, &["the number of repeats must be at least 0"]);
}

#[test]
fn functions_take_what_they_take() {
    for text in ["floor(1, 2)", "ceil()", "max(1)", "round_to(1)"] {
        let outcome = rescaled(text);
        assert_eq!(outcome.codes(), [Code::FunctionArguments], "{}", outcome.text());
    }
    rescaled("round_to(1, 0)").only(Code::OutOfRange, &["at least 1, and this is 0"]);
    rescaled("round_to(1, 1.5)").only(Code::OutOfRange, &["a whole number"]);
}

#[test]
fn nothing_more_is_said_about_what_is_unknown() {
    // One mistake, one message, whatever is computed from it.
    body("const a = 1 / 0 const b = [a + 1, a] conv (a, 3) b[0] relu conv 3x3 channels if a > 2 { relu } stack a { tanh }")
        .only(Code::NotFinite, &["1 is divided by zero"]);
}
