//! Every operation, its defaults, and what it refuses.

use archc_core::diagnostic::Code;

use crate::support::{body, lines};

#[track_caller]
fn line(text: &str) -> String {
    lines(text).pop().expect("an operation")
}

#[test]
fn convolutions() {
    assert_eq!(line("conv 3x3 16"), "conv1 = conv 3x3 16 pad=(1, 1, 1, 1) (input) -> 8x8x16");
    assert_eq!(
        line("conv 3 16 bias=false"),
        "conv1 = conv 3x3 16 pad=(1, 1, 1, 1) bias=false (input) -> 8x8x16"
    );
    assert_eq!(line("conv (1, 7) 4"), "conv1 = conv 1x7 4 pad=(0, 0, 3, 3) (input) -> 8x8x4");
    assert_eq!(line("conv 2 4"), "conv1 = conv 2x2 4 pad=(0, 1, 0, 1) (input) -> 8x8x4");
    assert_eq!(
        line("conv 3x3 8 group=2 dilation=2"),
        "conv1 = conv 3x3 8 pad=(2, 2, 2, 2) dilation=2 group=2 (input) -> 8x8x8"
    );
    assert_eq!(line("conv 1x1 8 stride=2"), "conv1 = conv 1x1 8 stride=2 (input) -> 4x4x8");
    assert_eq!(
        line("conv (1, 3) 8 stride=(2, 1)"),
        "conv1 = conv 1x3 8 stride=(2, 1) pad=(0, 0, 1, 1) (input) -> 4x8x8"
    );
}

#[test]
fn padding() {
    assert_eq!(
        line("conv 3 4 stride=2 pad=same"),
        "conv1 = conv 3x3 4 stride=2 pad=(0, 1, 0, 1) (input) -> 4x4x4"
    );
    assert_eq!(
        line("conv 3 4 stride=2 pad=1"),
        "conv1 = conv 3x3 4 stride=2 pad=(1, 1, 1, 1) (input) -> 4x4x4"
    );
    assert_eq!(line("conv 3 4 pad=valid"), "conv1 = conv 3x3 4 (input) -> 6x6x4");
    assert_eq!(line("conv 3 4 pad=(0, 1, 2, 3)"), "conv1 = conv 3x3 4 pad=(0, 1, 2, 3) (input) -> 7x11x4");
    assert_eq!(line("const p = same conv 3 4 pad=p"), "conv1 = conv 3x3 4 pad=(1, 1, 1, 1) (input) -> 8x8x4");
    body("conv 3 4 pad=(1, 2)").only(
        Code::PaddingParts,
        &["could be rows and columns or before and after", "`(1, 1, 2, 2)`", "`(1, 2, 1, 2)`"],
    );
    body("conv 3 4 pad=(1, 2, 3)").only(Code::PaddingParts, &["one number or four, and here are 3"]);
    body("conv 3 4 pad=relu")
        .only(Code::WrongType, &["a number, `same`, `valid` or (top, bottom, left, right) for `pad`"]);
    body("conv 3 4 pad=(-1)").only(Code::OutOfRange, &["`pad` must be at least 0"]);
}

#[test]
fn padding_is_written_where_frameworks_differ() {
    body("conv 3x3 16 stride=2").only(Code::PaddingNeeded, &[
        "`conv` with stride 2 needs its padding written",
        "`pad=same` is TensorFlow's: 0 rows above and 1 below, 0 columns left and 1 right; it gives 4x4x16",
        "`pad=1` is PyTorch's usual, the same on every side; it gives 4x4x16",
        "`pad=valid` is none; it gives 3x3x16",
        "what arrives is 8x8x4, the input",
    ]);
    body("depthwise 5x5 stride=2").only(Code::PaddingNeeded, &["`pad=2` is PyTorch's", "gives 4x4x4"]);
    body("separable (3, 1) 8 stride=2").only(Code::PaddingNeeded, &["`pad=(1, 1, 0, 0)`"]);
}

#[test]
fn depthwise_and_separable() {
    assert_eq!(line("depthwise 3x3"), "depthwise1 = conv 3x3 4 pad=(1, 1, 1, 1) group=4 (input) -> 8x8x4");
    assert_eq!(
        lines("separable 3x3 16 stride=2 pad=same"),
        [
            "separable1.depthwise = conv 3x3 4 stride=2 pad=(0, 1, 0, 1) group=4 bias=false (input) -> 4x4x4",
            "separable1.pointwise = conv 1x1 16 (separable1.depthwise) -> 4x4x16",
        ]
    );
    assert_eq!(
        line("separable 3x3 16 bias=false"),
        "separable1.pointwise = conv 1x1 16 bias=false (separable1.depthwise) -> 8x8x16"
    );
}

#[test]
fn pools() {
    assert_eq!(line("maxpool 2"), "maxpool1 = maxpool 2x2 (input) -> 4x4x4");
    assert_eq!(line("maxpool 3"), "maxpool1 = maxpool 3x3 (input) -> 2x2x4");
    assert_eq!(line("maxpool 3 ceil=true"), "maxpool1 = maxpool 3x3 ceil=true (input) -> 3x3x4");
    assert_eq!(line("maxpool 3 stride=2"), "maxpool1 = maxpool 3x3 stride=2 (input) -> 3x3x4");
    assert_eq!(
        line("avgpool 3 stride=1 pad=same count_pad=true"),
        "avgpool1 = avgpool 3x3 stride=1 pad=(1, 1, 1, 1) count_pad=true (input) -> 8x8x4"
    );
    assert_eq!(line("avgpool (2, 4)"), "avgpool1 = avgpool 2x4 (input) -> 4x2x4");
    assert_eq!(line("global_avgpool"), "global_avgpool1 = global_avgpool (input) -> 1x1x4");
    assert_eq!(line("global_maxpool"), "global_maxpool1 = global_maxpool (input) -> 1x1x4");
    body("maxpool 2 pad=2").only(Code::PoolPadding, &["its padding must be smaller than its window"]);
}

#[test]
fn the_rest() {
    assert_eq!(line("bn"), "bn1 = bn eps=0.00001 (input) -> 8x8x4");
    assert_eq!(line("bn eps=1e-3 scale=false"), "bn1 = bn eps=0.001 scale=false (input) -> 8x8x4");
    assert_eq!(line("flatten"), "flatten1 = flatten (input) -> 1x1x256");
    assert_eq!(line("flatten dense 10"), "dense1 = dense 10 (flatten1) -> 1x1x10");
    assert_eq!(line("flatten dense 10 bias=false"), "dense1 = dense 10 bias=false (flatten1) -> 1x1x10");
    assert_eq!(line("softmax"), "softmax1 = softmax (input) -> 8x8x4");
    assert_eq!(line("dropout 0.5"), "dropout1 = dropout 0.5 (input) -> 8x8x4");
    assert_eq!(line("zeropad 1"), "zeropad1 = zeropad (1, 1, 1, 1) (input) -> 10x10x4");
    assert_eq!(line("zeropad (0, 1, 2, 3)"), "zeropad1 = zeropad (0, 1, 2, 3) (input) -> 9x13x4");
    assert_eq!(line("rescale 1/2 offset=-1"), "rescale1 = rescale 0.5 offset=-1 (input) -> 8x8x4");
    assert_eq!(line("normalize"), "normalize1 = normalize (input) -> 8x8x4");
    assert_eq!(line("leaky_relu"), "leaky_relu1 = leaky_relu slope=0.01 (input) -> 8x8x4");
    assert_eq!(line("leaky_relu slope=0.2"), "leaky_relu1 = leaky_relu slope=0.2 (input) -> 8x8x4");
    assert_eq!(line("shuffle 2"), "shuffle1 = shuffle 2 (input) -> 8x8x4");
    assert_eq!(line("upsample (2, 1)"), "upsample1 = upsample 2x1 (input) -> 16x8x4");
    for word in ["relu", "relu6", "tanh", "sigmoid", "swish", "gelu", "hard_swish", "hard_sigmoid"] {
        assert_eq!(line(word), format!("{word}1 = {word} (input) -> 8x8x4"));
    }
}

#[test]
fn response_normalization_over_the_mean_divides_alpha() {
    assert_eq!(line("lrn 5 alpha=0.5 beta=1 k=1"), "lrn1 = lrn 5 alpha=0.5 beta=1 k=1 (input) -> 8x8x4");
    assert_eq!(
        line("lrn 5 alpha=0.5 beta=1 k=1 mean=true"),
        "lrn1 = lrn 5 alpha=0.1 beta=1 k=1 (input) -> 8x8x4"
    );
    body("lrn 5 k=0").only(Code::OutOfRange, &["`k` must be above 0"]);
}

#[test]
fn attributes_are_in_their_ranges() {
    body("dropout 1").only(Code::OutOfRange, &["from 0 to below 1, and this is 1"]);
    body("bn eps=-1").only(Code::OutOfRange, &["`eps` must be at least 0"]);
    body("bn scale=1").only(Code::WrongType, &["`true` or `false` for `scale`, found the number 1"]);
    body("conv 3x3 4 stride=0").only(Code::OutOfRange, &["`stride` must be at least 1"]);
    body("conv 3x3 4 dilation=1.5").only(Code::NotWhole, &["`dilation` must be a whole number"]);
    body("conv 3x3x3 4").only(Code::SizeParts, &["the kernel has one or two parts, and this has 3"]);
    body("upsample 0").only(Code::OutOfRange, &["the factor must be at least 1"]);
    body("zeropad same").only(
        Code::WrongType,
        &["a number or (top, bottom, left, right) for `zeropad`, found the padding `same`"],
    );
}

#[test]
fn attributes_are_those_of_the_table() {
    body("conv 3x3 4 strid=1").only(Code::UnknownAttribute, &["did you mean `stride`?"]);
    body("conv 3x3 4 padding=same").only(Code::UnknownAttribute, &["did you mean `pad`?"]);
    body("conv 3x3 4 groups=2").only(Code::UnknownAttribute, &["did you mean `group`?"]);
    body("bn epsilon=1e-3").only(Code::UnknownAttribute, &["did you mean `eps`?"]);
    body("relu slope=1").only(Code::UnknownAttribute, &["`relu` has no attributes"]);
    body("depthwise 3x3 group=2").only(Code::UnknownAttribute, &["`bias`, `dilation`, `pad`, `stride`"]);
    body("conv 3x3 4 bias=true bias=false").only(Code::DuplicateAttribute, &["first given here"]);
}

#[test]
fn an_operation_may_be_a_value() {
    let text = "for act in [relu, leaky_relu, bn, flatten] { act() }";
    assert_eq!(line(text), "for1.3.flatten1 = flatten (for1.2.bn1) -> 1x1x256");
    body("const a = 3 a()").only(Code::NotABlock, &["`a` is the number 3, which cannot be called"]);
    body("const a = relu a(3)").only(Code::TooManyArguments, &["takes no arguments"]);
}
