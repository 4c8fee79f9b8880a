//! `defaults`: dynamic, merged key by key, ending with its brace.

use archc_core::diagnostic::Code;

use crate::support::{body, file, lines};

#[test]
fn explicit_attributes_win() {
    assert_eq!(
        lines("defaults bn { eps=0.5 } bn bn eps=0.25"),
        ["bn1 = bn eps=0.5 (input) -> 8x8x4", "bn2 = bn eps=0.25 (bn1) -> 8x8x4",]
    );
}

#[test]
fn they_merge_key_by_key() {
    assert_eq!(
        lines("defaults bn { eps=0.5 } defaults bn { scale=false } bn"),
        ["bn1 = bn eps=0.5 scale=false (input) -> 8x8x4"]
    );
}

#[test]
fn they_end_with_their_brace() {
    assert_eq!(
        lines("defaults bn { eps=0.5 } if true { defaults bn { eps=0.25 } bn } bn"),
        ["bn1 = bn eps=0.25 (input) -> 8x8x4", "bn2 = bn eps=0.5 (bn1) -> 8x8x4",]
    );
}

#[test]
fn they_reach_into_called_blocks() {
    let text = "block b() { conv 1x1 4 } net N { input 8x8x4 defaults conv { bias=false } b() }";
    let graph = file(text).good();
    assert_eq!(archc_core::ir::summary::summarize(&graph).parameters, 16);
}

#[test]
fn those_of_conv_cover_its_relatives() {
    assert_eq!(
        lines("defaults conv { bias=false group=2 } depthwise 3x3 separable 1x1 4"),
        [
            "depthwise1 = conv 3x3 4 pad=(1, 1, 1, 1) group=4 bias=false (input) -> 8x8x4",
            "separable1.depthwise = conv 1x1 4 group=4 bias=false (depthwise1) -> 8x8x4",
            "separable1.pointwise = conv 1x1 4 bias=false (separable1.depthwise) -> 8x8x4",
        ]
    );
    // Their own come first, whichever is the inner one.
    assert_eq!(
        lines("defaults depthwise { bias=true } if true { defaults conv { bias=false } depthwise 1x1 }"),
        ["depthwise1 = conv 1x1 4 group=4 (input) -> 8x8x4"]
    );
    // No other kind is covered.
    assert_eq!(
        lines("defaults conv { bias=false } flatten dense 2").pop().as_deref(),
        Some("dense1 = dense 2 (flatten1) -> 1x1x2")
    );
}

#[test]
fn they_are_checked() {
    body("defaults conv { bais=false } conv 1x1 4").only(Code::UnknownAttribute, &["did you mean `bias`?"]);
    body("defaults bn { eps=same } stack 3 { bn }").only(Code::WrongType, &["a number for `eps`"]);
    body("defaults bn { eps=1 eps=2 } bn").only(Code::DuplicateAttribute, &["again"]);
}
