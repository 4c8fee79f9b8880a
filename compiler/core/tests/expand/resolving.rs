//! Names, arguments and parameters, found wrong whether the text is executed or not.

use archc_core::diagnostic::Code;

use crate::support::{body, file};

#[test]
fn names_are_known_or_near_to_a_known_one() {
    body("const width = 4 conv 3x3 widht").only_with_unused(Code::UnknownName, "did you mean `width`?");
    body("conv 3x3 chanels")
        .only(Code::UnknownName, &["there is no `chanels` here", "did you mean `channels`?"]);
    // Also where nothing calls the block.
    file("block never() { conv 3x3 x } net N { input 8x8x4 relu }").only(Code::UnknownName, &["`x`"]);
    body("if false { conv 3x3 x }").only(Code::UnknownName, &["`x`"]);
    body("let x relu add x conv 3x3 x").only(Code::UnknownName, &["`x` is a value of `let`, not a number"]);
    file("block b() { relu } net N { input 8x8x4 conv 3x3 b }").only(Code::UnknownName, &["`b` is a block"]);
}

#[test]
fn blocks_see_their_own_parameters_only() {
    let text = "block b() { conv 3x3 classes } net N(classes=10) { input 8x8x4 b() conv 1x1 classes }";
    file(text).only(Code::UnknownName, &["a parameter of the net `N`", "give `b` a parameter `classes`"]);
    file("block b() { relu } net N { input 8x8x4 const k = 1 b() conv 1x1 k }").good();
}

#[test]
fn defaults_of_parameters_see_those_before() {
    let text = "block b(width, wide=4*width) { conv 1x1 wide conv 1x1 width } net N { input 8x8x4 b(2) }";
    let graph = file(text).good();
    assert_eq!(graph.node(graph.find("b1.conv1").expect("it")).shape.channels, 8);
    file("block b(wide=4*width, width=1) { conv 1x1 wide*width } net N { input 8x8x4 b() }")
        .only(Code::UnknownName, &["`width`"]);
    // The arriving shape is known to them.
    file("block b(width=channels) { conv 1x1 2*width } net N { input 8x8x4 b() }").good();
    file("net N(width=channels) { input 8x8x4 conv 1x1 width }")
        .only(Code::NoShapeYet, &["nothing has arrived yet"]);
}

#[test]
fn parameters_shadow_blocks() {
    let text = "block act() { tanh } block b(act) { act() } net N { input 8x8x4 b(relu) act() }";
    let graph = file(text).good();
    assert!(graph.find("b1.relu1").is_some() && graph.find("act1.tanh1").is_some());
}

#[test]
fn calls_name_blocks() {
    file("block bottleneck() { relu } net N { input 8x8x4 botleneck() }")
        .only(Code::UnknownBlock, &["did you mean `bottleneck`?"]);
    body("batchnorm()").only(Code::UnknownBlock, &["define it"]);
    file("net M { input 1x1x1 relu } net N { input 8x8x4 M() }").only(Code::NotABlock, &["`M` is a net"]);
}

#[test]
fn arguments_fit_parameters() {
    let calls = |call: &str| {
        file(&format!(
            "block b(width, stride=1) {{ conv 1x1 width stride=stride }} net N {{ input 8x8x4 {call} }}"
        ))
    };
    calls("b(4) b(4, 2) b(width=4) b(4, stride=2) b(stride=1, width=2)").good();
    calls("b()").only(Code::MissingArgument, &["`b` needs `width`", "this parameter has no default"]);
    calls("b(1, 2, 3)").only(Code::TooManyArguments, &["`b` takes 2 arguments, and here are 3"]);
    calls("b(4, strid=2)").only(Code::UnknownParameter, &["did you mean `stride`?"]);
    calls("b(4, width=2)").only(Code::DuplicateArgument, &["`width` is given twice"]);
    calls("b(stride=2, stride=1, width=1)").only(Code::DuplicateArgument, &["`stride`"]);
    calls("b(width=1, 2)").only(Code::TooManyArguments, &["stands behind one with a name"]);
}

#[test]
fn names_are_defined_once_between_two_braces() {
    body("const a = 1 const a = 2 conv 1x1 a")
        .only(Code::DuplicateName, &["the constant `a`", "first defined here"]);
    body("const a = 1 if true { const a = 2 conv 1x1 a } conv 1x1 a").good();
    body("for (a, a) in [(1, 2)] { conv 1x1 a }").only(Code::DuplicateName, &["the name `a`"]);
    body("stack 2 as i { const i = 3 conv 1x1 i }").only(Code::DuplicateName, &["the constant `i`"]);
    file("block b(a, a) { conv 1x1 a } net N { input 8x8x4 b(1, 2) }")
        .only_with_unused(Code::DuplicateName, "`a`");
    body("const channels = 3").only(Code::ReservedName, &["`channels_in`"]);
    file("block b(rows) { relu } net N { input 8x8x4 b(1) }")
        .only(Code::ReservedName, &["`rows` is the arriving shape"]);
}

#[test]
fn what_is_never_used_is_a_warning() {
    body("const a = 1 relu").only(Code::UnusedName, &["the constant `a` is never used", "`_a`"]);
    body("let a relu").only(Code::UnusedName, &["the value `a`"]);
    body("stack 2 as i { relu }").only(Code::UnusedName, &["the index `i`"]);
    body("for (a, b) in [(1, 2)] { conv 1x1 a }").only(Code::UnusedName, &["the name `b`"]);
    file("net N(classes=10) { input 8x8x4 relu }").only(Code::UnusedName, &["the parameter `classes`"]);
    body("for (a, _) in [(1, 2)] { conv 1x1 a }").good();
    body("let x relu output x").only(Code::NothingComputed, &[]);
}

#[test]
fn loops_take_elements_apart() {
    body("for (a, b) in [(1, 2), 3] { conv a b }")
        .only(Code::Unpacking, &["the number 3, and here are 2 names"]);
    body("for (a, b) in [(1, 2, 3)] { conv a b }").only(Code::Unpacking, &["3 values, and here are 2 names"]);
    body("for a in 3 { conv 1x1 a }").only(Code::WrongType, &["`stack 3 { .. }`"]);
    let text = "for (k, w) in [(1, 2), (3, 4)] as i { conv k w+i }";
    assert_eq!(
        crate::support::lines(text),
        [
            "for1.0.conv1 = conv 1x1 2 (input) -> 8x8x2",
            "for1.1.conv1 = conv 3x3 5 pad=(1, 1, 1, 1) (for1.0.conv1) -> 8x8x5",
        ]
    );
    body("for x in [] { conv 1x1 x } stack 0 { relu } relu").good();
}

trait OnlyWithUnused {
    fn only_with_unused(self, code: Code, words: &str);
}

impl OnlyWithUnused for crate::support::Outcome {
    /// One error of this code; names that are unused because of it may be warned of.
    fn only_with_unused(self, code: Code, words: &str) {
        let text = self.text();
        let codes: Vec<Code> = self.codes().into_iter().filter(|&c| c != Code::UnusedName).collect();
        assert_eq!(codes, [code], "{text}");
        assert!(text.contains(words), "{text}");
    }
}
