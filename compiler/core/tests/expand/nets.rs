//! Which net is expanded, with which parameters; aliases and settings; inputs.

use archc_core::diagnostic::Code;
use archc_core::expand::Request;
use archc_core::ir::Graph;

use crate::support::{Outcome, body, file, run_files, with};

const FAMILY: &str = "
    net Base(width=4, depth=1) { input 8x8x4 stack depth { conv 1x1 width } }
    net Wide = Base(width=8)
    net Wider = Wide(width=16)
    net Deep = Wider(depth=3)";

fn net(name: &str) -> Outcome {
    let request = Request { net: Some(name.to_owned()), ..Request::new("main.arch") };
    run_files(&request, &[("main.arch", FAMILY)])
}

fn form(graph: &Graph) -> (usize, usize) {
    let last = graph.ids().last().expect("a node");
    (graph.node(last).shape.channels, graph.len() - 1)
}

#[test]
fn the_first_net_is_meant_where_none_is_named() {
    let graph = file(FAMILY).good();
    assert_eq!((graph.name.as_str(), form(&graph)), ("Base", (4, 1)));
}

#[test]
fn aliases_of_aliases_add_up() {
    let of = [
        ("Base", (4, 1), &[][..]),
        ("Wide", (8, 1), &["Base"]),
        ("Wider", (16, 1), &["Wide", "Base"]),
        ("Deep", (16, 3), &["Wider", "Wide", "Base"]),
    ];
    for (name, expected, stands_for) in of {
        let graph = net(name).good();
        assert_eq!(form(&graph), expected, "{name}");
        assert_eq!(graph.name, name);
        assert_eq!(graph.stands_for, stands_for, "{name}");
    }
}

#[test]
fn nets_are_known() {
    net("Wyde").only(Code::UnknownNet, &["has no net `Wyde`", "did you mean `Wide`?"]);
    file("block b() { relu }").only(Code::NoNet, &["`main.arch` defines no net"]);
    file("").only(Code::NoNet, &[]);
    file("net A = B() net N { input 8x8x4 relu }").only(Code::UnknownNet, &["there is no net `B`"]);
    file("block B() { relu } net N { input 8x8x4 relu } net A = B()")
        .only(Code::UnknownNet, &["`B` is a block"]);
}

#[test]
fn aliases_do_not_stand_for_themselves() {
    let outcome = file("net N { input 8x8x4 relu } net A = B() net B = C() net C = B()");
    assert!(outcome.codes().iter().all(|&c| c == Code::AliasCycle), "{}", outcome.text());
    assert!(outcome.text().contains("`B` is `C` is `B`"), "{}", outcome.text());
    file("net N { input 8x8x4 relu } net A = A()").only(Code::AliasCycle, &["`A` stands for itself"]);
}

#[test]
fn arguments_of_aliases_have_names() {
    file("net N(w=1) { input 8x8x4 conv 1x1 w } net A = N(2)")
        .only(Code::PositionalInAlias, &["write which parameter it is, as in `w=..`"]);
    file("net N(width=1) { input 8x8x4 conv 1x1 width } net A = N(widht=2)")
        .only(Code::UnknownParameter, &["did you mean `width`?"]);
    file("net N(w=1) { input 8x8x4 conv 1x1 w } net A = N(w=2, w=3)").only(Code::DuplicateArgument, &[]);
    file("net N(w=1) { input 8x8x4 conv 1x1 w } net A = N(w=x)").only(Code::UnknownName, &["`x`"]);
}

#[test]
fn settings_win() {
    assert_eq!(form(&with(FAMILY, &[("width", "2 * 16"), ("depth", "2")]).good()), (32, 2));
    let request = Request {
        net: Some("Wide".into()),
        set: vec![("width".into(), "1".into())],
        ..Request::new("main.arch")
    };
    assert_eq!(form(&run_files(&request, &[("main.arch", FAMILY)]).good()), (1, 1));
    let graph = with(FAMILY, &[("input", "160x160x3")]).good();
    assert_eq!(graph.node(graph.input().expect("it")).shape.to_string(), "160x160x3");
    with("net N(act) { input 8x8x4 act() }", &[("act", "relu")]).good();
    with("net N(sizes) { input 8x8x4 for s in sizes { conv s 4 } }", &[("sizes", "[1, (3, 3)]")]).good();
}

#[test]
fn settings_are_checked() {
    with(FAMILY, &[("widht", "2")]).only(Code::UnknownSetting, &["did you mean `width`?", "--> --set:1:1"]);
    with(FAMILY, &[("width", "1"), ("width", "2")]).only(Code::UnknownSetting, &["set twice"]);
    with(FAMILY, &[("width", "")]).only(Code::MalformedSetting, &["a setting is `key=value`"]);
    with(FAMILY, &[("", "3")]).only(Code::MalformedSetting, &[]);
    with(FAMILY, &[("width", "1 2")]).only(Code::Syntax, &["unexpected `2`"]);
    with(FAMILY, &[("width", "(")]).only(Code::UnbalancedBracket, &[]);
    with(FAMILY, &[("width", "x + 1")]).only(Code::UnknownName, &["a setting's value is made of numbers"]);
    with(FAMILY, &[("width", "channels")]).only(Code::NoShapeYet, &[]);
    with(FAMILY, &[("width", "floor(1, 2)")]).only(Code::FunctionArguments, &[]);
    with(FAMILY, &[("width", "0.5")]).only(Code::NotWhole, &["0.5"]);
    with(FAMILY, &[("input", "(width, 8, 4)")]).only(Code::UnknownName, &["`width`"]);
    with(FAMILY, &[("input", "3x3")]).only(Code::SizeParts, &["rows x columns x channels"]);
    file("net N(w) { input 8x8x4 conv 1x1 w }").only(Code::MissingArgument, &["`--set w=1`"]);
}

#[test]
fn the_input_comes_first_and_once() {
    file("net N { }").only(Code::NoInput, &["the net `N` has no `input`"]);
    file("net N { relu input 8x8x4 }").only(Code::NoInput, &["`relu` stands before the `input`"]);
    file("net N { residual { relu } input 8x8x4 }").only(Code::NoInput, &["`residual` stands before"]);
    file("net N { let x input 8x8x4 relu add x }").only(Code::NoInput, &["`let`"]);
    file("net N { input 8x8x4 relu input 8x8x4 relu }").only(Code::SecondInput, &["the first"]);
    file("net N { const s = 8 defaults bn { eps=1 } input (s, s, 4) bn }").good();
    file("net N(big=false) { if big { input 16x16x4 } else { input 8x8x4 } relu }").good();
    file("net N { stack 1 { input 8x8x4 } relu }").only(Code::WrongPlace, &["not in a loop"]);
    file("net N { input 8x8x4 }").only(Code::NothingComputed, &["the net `N` computes nothing"]);
    file("net N { input 8 relu }").only(Code::SizeParts, &["`input 224x224x3`"]);
    file("net N { input 8x0x3 relu }")
        .only(Code::OutOfRange, &["the input's number of columns must be at least 1"]);
    file("net N { conv 3x3 channels input 8x8x4 }").errors(&[Code::NoShapeYet, Code::NoInput]);
}

#[test]
fn some_statements_belong_to_nets() {
    for statement in ["input 8x8x4", "output x", "preprocess { bgr }", "labels \"x\"", "budget macs=1"] {
        let text = format!("block b() {{ {statement} }} net N {{ input 8x8x4 relu }}");
        let outcome = file(&text);
        assert_eq!(outcome.codes(), [Code::WrongPlace], "{}", outcome.text());
    }
    body("labels \"a\" labels \"b\" relu").only(Code::Repeated, &["`labels` already"]);
    let labels = body("labels \"imagenet1k\" relu").good().labels;
    assert_eq!(labels.map(|l| l.value).as_deref(), Some("imagenet1k"));
}

impl Outcome {
    #[track_caller]
    fn errors(self, codes: &[Code]) {
        assert_eq!(self.codes(), codes, "{}", self.text());
    }
}
