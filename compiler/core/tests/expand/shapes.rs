//! Shapes that do not fit, and that the messages say why.

use archc_core::diagnostic::Code;

use crate::support::{body, file};

#[test]
fn windows_fit_into_their_planes() {
    body("maxpool 2 maxpool 2 conv 3x3 8 pad=valid").only(
        Code::WindowTooLarge,
        &[
            "a window of 3 rows does not fit into 2",
            "on 2x2x4 from `maxpool2`",
            "this gives 2x2x4",
            "pad=same",
        ],
    );
    body("avgpool (1, 9)").only(Code::WindowTooLarge, &["a window of 9 columns", "global_avgpool"]);
}

#[test]
fn groups_divide_both_sides() {
    body("conv 3x3 8 group=3").only(
        Code::Groups,
        &["3 groups do not divide the 4 channels that arrive", "4 channels to 8 can be in 2 or 4 groups"],
    );
    body("conv 3x3 6 group=4").only(
        Code::Groups,
        &["4 groups do not divide the 6 channels that leave", "4 channels to 6 can be in 2 groups"],
    );
    body("shuffle 3").only(Code::Groups, &["do not divide the 4 channels"]);
}

#[test]
fn dense_takes_a_vector() {
    body("conv 3x3 16 relu maxpool 2 relu dense 10").only(
        Code::NotAVector,
        &[
            "`dense` takes a vector, and 4x4x16 arrives",
            "on 4x4x16 from `maxpool1`",
            "`flatten` before it makes 1x1x256",
            "`global_avgpool` makes 1x1x16",
        ],
    );
}

#[test]
fn sums_tell_where_both_sides_come_from() {
    body("maxpool 2 residual { conv 3x3 16 bn relu }").only(
        Code::SumShapes,
        &[
            "4x4x16 and 4x4x4 cannot be added",
            "the first is 4x4x16 from `residual1.conv1`, after `maxpool1` with stride 2",
            "the other is 4x4x4 from `maxpool1`",
            "`conv 1x1 16 bn`, in a residual's `shortcut",
        ],
    );
    body("residual { conv 3x3 4 stride=2 pad=same }")
        .only(Code::SumShapes, &["`conv 1x1 4 stride=2 bn`", "8x8x4, the input"]);
    body("let x conv 1x1 8 add x").only(Code::SumShapes, &["8x8x8 and 8x8x4"]);
    body("let x conv 3x3 4 pad=valid add x").only(Code::SumShapes, &["the same padding"]);
}

#[test]
fn concatenations_have_one_plane() {
    body("inception { branch { maxpool 3 stride=1 } branch { conv 1x1 4 } }").only(
        Code::ConcatShapes,
        &["values of 6x6 and 8x8", "the first is 6x6x4 from `branch1.maxpool1`", "`pad=same`"],
    );
    body("let x maxpool 2 concat x").only(Code::ConcatShapes, &["4x4 and 8x8"]);
}

#[test]
fn gates_are_vectors_or_of_the_value() {
    body("gate { conv 1x1 4 sigmoid }").good();
    body("gate { global_avgpool conv 1x1 4 sigmoid }").good();
    body("gate { global_avgpool conv 1x1 2 sigmoid }")
        .only(Code::GateShape, &["a gate of 1x1x2 cannot multiply 8x8x4", "end the gate in 1x1x4 or 8x8x4"]);
    body("gate { maxpool 2 }").only(Code::GateShape, &["`global_avgpool` at its start"]);
}

#[test]
fn products_that_overflow_are_errors() {
    file("net N { input 65536x65536x3 relu }").only(
        Code::ValueTooLarge,
        &["`input` needs a value of 65536x65536x3", "more than 2147483648 numbers"],
    );
    body("upsample 1e9").only(Code::ValueTooLarge, &["`upsample` needs a value of 8000000000x8000000000x4"]);
    body("zeropad 1e9").only(Code::ValueTooLarge, &["`zeropad`"]);
    body("conv 3x3 2e9").only(Code::ValueTooLarge, &["`conv`"]);
    file("net N { input 1x1x70000 dense 70000 }").only(Code::WeightsTooLarge, &["more than 2^32 numbers"]);
    file("net N { input 1x1x60000 stack 20 { dense 60000 } }")
        .only(Code::WeightsTooLarge, &["the weights hold more than 68719476736 numbers", "iteration"]);
    body("conv 1000000000x1000000000 4")
        .only(Code::ValueTooLarge, &["with its padding", "on 8x8x4, the input"]);
    body("conv 1000000000x1000000000 4 pad=valid")
        .only(Code::WindowTooLarge, &["1000000000 rows does not fit into 8"]);
    // With its padding, which kernels may store, the input would be too large.
    body("conv 3 4 dilation=2147483648").only(Code::ValueTooLarge, &[]);
    body("conv 1 4 pad=(0, 2147483648, 0, 0) stride=2147483648").only(Code::ValueTooLarge, &[]);
}

#[test]
fn a_mistake_in_a_block_tells_the_calls() {
    let text = "
        block inner(width) { conv 3x3 8 group=width }
        block outer(n) { for w in [1, n] { inner(w) } }
        net N { input 8x8x4 outer(3) }";
    file(text).only(
        Code::Groups,
        &[
            "in this call of `inner`, with width=3",
            "in iteration 1 of this loop, with w=3",
            "in this call of `outer`, with n=3",
        ],
    );
}

#[test]
fn several_mistakes_are_reported_at_once() {
    let outcome = body(
        "inception { branch { conv 3x3 8 group=3 relu } branch { dense 3 relu } branch { bn } } relu conv 3x3 0.5",
    );
    let expected = [Code::Groups, Code::NotAVector, Code::ConcatShapes, Code::NotWhole];
    assert_eq!(outcome.codes(), expected, "{}", outcome.text());
}
