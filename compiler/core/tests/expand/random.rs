//! Texts that nobody wrote: they end in a graph that the verifier takes, or in errors, and the same way every time.

use archc_core::ir::print::print;
use archc_core::ir::verify::verify;
use proptest::prelude::*;

use crate::support::{Outcome, file, with};

/// Statements that may stand anywhere, and often fit.
const STATEMENTS: &[&str] = &[
    "conv 3x3 8",
    "conv 1x1 channels",
    "conv 3x3 8 stride=2 pad=same group=2",
    "conv 3 n stride=n pad=(0, 1, n, 2)",
    "depthwise 3x3 bias=false",
    "separable 3x3 16",
    "dense 10",
    "flatten",
    "maxpool 2",
    "maxpool 3 stride=2 pad=1 ceil=true",
    "avgpool 3 stride=1 pad=same",
    "global_avgpool",
    "bn",
    "bn eps=0.01 scale=false",
    "lrn 5 mean=true",
    "relu",
    "label: relu",
    "leaky_relu slope=0.2",
    "upsample 2",
    "shuffle 2",
    "zeropad (1, 0, 0, 1)",
    "rescale 1/255 offset=-1",
    "softmax",
    "dropout 0.5",
    "b(4)",
    "b(width=n, act=tanh)",
    "act()",
    "let x",
    "add x",
    "from x",
    "concat x, x",
    "output relu1",
    "output x",
    "const n = channels / 4",
    "const act = relu",
    "defaults conv { bias=false } bn { eps=1e-3 }",
    "input 8x8x4",
    "preprocess { resize 8x8 bgr }",
    "labels \"x\"",
    "budget arena=1KiB macs=n",
    "if rows > 2 { maxpool 2 } else { relu }",
];

/// What bodies can be put into.
const AROUND: &[(&str, &str)] = &[
    ("residual relu { ", " }"),
    ("residual { ", " } shortcut { conv 1x1 8 }"),
    ("inception { branch { ", " } branch { relu } }"),
    ("gate { ", " global_avgpool sigmoid }"),
    ("stack 2 as i { ", " }"),
    ("for (n, act) in [(1, relu), (2, tanh)] { ", " }"),
    ("if channels == 8 { ", " }"),
    ("outer: stack 1 { ", " }"),
];

const WORDS: &[&str] = &[
    "net",
    "block",
    "N",
    "b",
    "x",
    "{",
    "}",
    "(",
    ")",
    "[",
    "]",
    "=",
    ",",
    ":",
    "conv",
    "3x3",
    "4",
    "relu",
    "input",
    "8x8x4",
    "stack",
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
    "let",
    "from",
    "add",
    "concat",
    "output",
    "defaults",
    "const",
    "+",
    "-",
    "*",
    "/",
    "**",
    "==",
    "<",
    "not",
    "and",
    "or",
    "min",
    "round_to",
    "same",
    "true",
    "channels",
    "stride",
    "pad",
    "bn",
    "dense",
    "use",
    "\"zoo:vgg16\"",
    "0",
    "0.5",
    "1e300",
    "preprocess",
    "resize",
    "labels",
    "budget",
    "\"l\"",
];

fn body() -> impl Strategy<Value = String> {
    let one = prop::sample::select(STATEMENTS).prop_map(str::to_owned);
    let nested = one.prop_recursive(4, 24, 4, |inner| {
        (prop::sample::select(AROUND), prop::collection::vec(inner, 0..4))
            .prop_map(|((open, close), body)| format!("{open}{}{close}", body.join("\n")))
    });
    prop::collection::vec(nested, 0..10).prop_map(|statements| statements.join("\n"))
}

fn net() -> impl Strategy<Value = String> {
    (body(), body()).prop_map(|(inner, outer)| {
        format!("block b(width, act=relu) {{ const n = width\n{inner}\n}}\nnet N(n=2, act=relu) {{ input 16x16x8\n{outer}\n}}")
    })
}

fn check(outcome: &Outcome) -> Result<Option<String>, TestCaseError> {
    let Some(graph) = &outcome.graph else { return Ok(None) };
    prop_assert_eq!(verify(graph), Ok(()), "{}", print(graph));
    Ok(Some(print(graph)))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn statements_in_any_order(text in net()) {
        let first = file(&text);
        let again = file(&text);
        prop_assert_eq!(check(&first)?, check(&again)?);
        prop_assert_eq!(first.text(), again.text());
    }

    #[test]
    fn words_in_any_order(words in prop::collection::vec(prop::sample::select(WORDS), 0..60)) {
        check(&file(&words.join(" ")))?;
        check(&file(&format!("net N {{ input 8x8x4 {} }}", words.join(" "))))?;
    }

    #[test]
    fn settings_of_any_kind(value in prop::collection::vec(prop::sample::select(WORDS), 0..8)) {
        let value = value.join(" ");
        for key in ["n", "input", "act"] {
            check(&with("net N(n=1, act=relu) { input 8x8x4 conv n 4 act() }", &[(key, &value)]))?;
        }
    }
}
