//! What leaves a network.

use archc_core::diagnostic::Code;
use archc_core::expand::Request;
use archc_core::ir::Graph;

use crate::support::{Outcome, body, run_files};

fn outputs(graph: &Graph) -> Vec<(String, String)> {
    graph.outputs.iter().map(|o| (o.name.clone(), graph.path(o.node))).collect()
}

fn pairs(list: &[(&str, &str)]) -> Vec<(String, String)> {
    list.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect()
}

fn asked(text: &str, names: &[&str]) -> Outcome {
    let request =
        Request { outputs: names.iter().map(|n| (*n).to_owned()).collect(), ..Request::new("main.arch") };
    run_files(&request, &[("main.arch", &format!("net N {{ input 8x8x4\n{text}\n}}"))])
}

#[test]
fn the_last_value_leaves_where_nothing_is_said() {
    assert_eq!(outputs(&body("relu tanh").good()), pairs(&[("output", "tanh1")]));
}

#[test]
fn output_names_values_and_operations() {
    let graph = body("conv 1x1 4 let mid relu stem: tanh output mid, relu1, stem").good();
    assert_eq!(outputs(&graph), pairs(&[("mid", "conv1"), ("relu1", "relu1"), ("stem", "stem")]));
    // Operations may come later, and statements add up.
    let graph = body("output tanh1 relu tanh output relu1").good();
    assert_eq!(outputs(&graph), pairs(&[("tanh1", "tanh1"), ("relu1", "relu1")]));
    // A scope is what its last statement computed.
    let graph = body("layer: stack 2 { relu tanh } bn output layer, bn1").good();
    assert_eq!(outputs(&graph), pairs(&[("layer", "layer.1.tanh1"), ("bn1", "bn1")]));
    // In a loop, names are those of the iteration.
    let graph = body("stack 1 { relu output relu1 } tanh output tanh1").good();
    assert_eq!(outputs(&graph), pairs(&[("relu1", "stack1.0.relu1"), ("tanh1", "tanh1")]));
}

#[test]
fn outputs_are_known_and_differ() {
    body("relu output rely1").only(Code::UnknownOutput, &["did you mean `relu1`?"]);
    body("relu output zzz").only(Code::UnknownOutput, &["`let zzz` behind an operation"]);
    body("relu output relu1, relu1").only(Code::DuplicateOutput, &["two outputs are called `relu1`"]);
    body("stack 2 { relu output relu1 }").only(Code::DuplicateOutput, &["iteration 1"]);
    body("let x relu output x, relu1").only(Code::NothingComputed, &["the output `x` is the input itself"]);
}

#[test]
fn what_follows_the_outputs_is_a_warning() {
    body("relu output relu1 tanh").only(Code::UnusedValue, &["`tanh1` reaches no output"]);
}

#[test]
fn the_host_may_ask_for_others() {
    let text = "layer: stack 2 { relu } let mid tanh output tanh1";
    let graph = asked(text, &["layer.0.relu1", "mid", "layer"]).graph.expect("a graph");
    assert_eq!(
        outputs(&graph),
        pairs(&[("layer.0.relu1", "layer.0.relu1"), ("mid", "layer.1.relu1"), ("layer", "layer.1.relu1")])
    );
    asked("relu", &["relu"]).only(Code::UnknownOutput, &["did you mean `relu1`?"]);
    asked("relu", &["x.y.z"]).only(Code::UnknownOutput, &["archc summary"]);
    asked("relu", &["relu1", "relu1"]).only(Code::DuplicateOutput, &["asked for twice"]);
    asked("relu", &["input"]).only(Code::NothingComputed, &[]);
}
