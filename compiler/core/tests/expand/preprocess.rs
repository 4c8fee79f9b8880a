//! `preprocess`: what it becomes, and that it fits the input.

use archc_core::diagnostic::Code;
use archc_core::ir::preprocess::{Filter, Step};

use crate::support::{Outcome, body, file};

fn steps(input: &str, steps: &str) -> Outcome {
    file(&format!("net N {{ input {input} preprocess {{ {steps} }} relu }}"))
}

#[track_caller]
fn good(input: &str, text: &str) -> Vec<Step> {
    steps(input, text).good().preprocess.expect("steps").steps
}

#[test]
fn steps_in_order() {
    let text = "resize 256 bicubic crop 224 bgr scale 1/255 normalize mean=(1, 2, 3) std=(4, 5, 6)";
    assert_eq!(
        good("224x224x3", text),
        [
            Step::ResizeShort(256, Filter::Bicubic),
            Step::Crop(224, 224),
            Step::Bgr,
            Step::Scale(1.0 / 255.0),
            Step::Normalize { mean: vec![1.0, 2.0, 3.0], std: vec![4.0, 5.0, 6.0] },
        ]
    );
    assert_eq!(good("299x150x3", "resize 299x150"), [Step::ResizeBoth(299, 150, Filter::Bilinear)]);
    assert_eq!(good("8x8x1", "scale 2"), [Step::Scale(2.0)]);
    // One number is for every channel, and one that is left out changes nothing.
    assert_eq!(
        good("8x8x2", "normalize mean=0.5"),
        [Step::Normalize { mean: vec![0.5; 2], std: vec![1.0; 2] }]
    );
    // It may stand before the input.
    file("net N { preprocess { resize 8x8 } input 8x8x3 relu }").good();
}

#[test]
fn the_result_has_the_shape_of_the_input() {
    steps("224x224x3", "resize 256 crop 256").only(
        Code::PreprocessShape,
        &["does not give the input's 224x224", "the image is 256x256 here", "the input", "`crop 224`"],
    );
    steps("224x224x3", "resize 224").only(Code::PreprocessShape, &["the short side is 224 here"]);
    steps("224x112x3", "resize 224").only(Code::PreprocessShape, &["`crop 224x112`"]);
    steps("224x224x3", "resize 200 crop 224").only(Code::PreprocessShape, &["`crop 224x224` is larger"]);
    steps("8x8x1", "bgr").only(Code::PreprocessShape, &["the input has 1"]);
    steps("8x8x3", "normalize mean=(1, 2) std=1")
        .only(Code::PreprocessShape, &["has 2 numbers", "3 channels"]);
}

#[test]
fn steps_are_checked() {
    steps("8x8x3", "resize 8x8 bilinaer").only(Code::PreprocessStep, &["did you mean `bilinear`?"]);
    steps("8x8x3", "normalize men=1").only(Code::PreprocessStep, &["did you mean `mean`?"]);
    steps("8x8x3", "normalize mean=1 mean=2").only(Code::DuplicateAttribute, &[]);
    steps("8x8x3", "normalize mean=1 std=0").only(Code::OutOfRange, &["a number of `std` must be above 0"]);
    steps("8x8x3", "scale 0").only(Code::OutOfRange, &["other than 0"]);
    steps("8x8x3", "resize 0").only(Code::OutOfRange, &["the short side"]);
    steps("8x8x3", "crop same").only(Code::WrongType, &["a size for the size of `crop`"]);
    steps("8x8x3", "crop x").only(Code::UnknownName, &["`x`"]);
    body("preprocess { scale 2 } preprocess { scale 2 } relu")
        .only(Code::Repeated, &["`preprocess` already"]);
}
