//! How steps become functions and calls: by the blocks and loops of the text.

use archc_core::plan::Plan;
use archc_lowered::harness::{check, fused, planned, written};

/// The plan of a text, whose outputs are checked as well.
fn plan(text: &str) -> Plan {
    let graph = fused(written(text));
    check(&graph).unwrap_or_else(|message| panic!("{text}: {message}"));
    planned(&graph).unwrap().1
}

fn names(plan: &Plan) -> Vec<&str> {
    plan.functions.iter().map(|f| f.name.as_str()).collect()
}

/// `name count prefix number`, a line a call.
fn calls(plan: &Plan) -> Vec<String> {
    let line = |call: &archc_core::plan::Call| {
        let name = &plan.functions[call.function].name;
        format!("{name} {} {} {}", call.count, call.prefix, call.number)
    };
    plan.calls.iter().map(line).collect()
}

#[test]
fn a_net_without_blocks_is_one_function() {
    let p = plan("net N() { input 6x6x3  conv 3x3 8 relu  maxpool 2  global_avgpool  dense 5 softmax }");
    assert_eq!(calls(&p), ["trunk 1  0"]);
}

#[test]
fn alike_blocks_share_a_function_and_a_call() {
    let p = plan(
        "block unit(w) { residual relu { conv 1x1 w relu  conv 3x3 20 } }
         net N() { input 6x6x3  conv 1x1 20  stack 11 { unit(4) }  unit(8)  unit(4)  global_avgpool }",
    );
    assert_eq!(names(&p), ["stem", "unit_1", "unit_2", "head"]);
    assert_eq!(
        calls(&p),
        ["stem 1  0", "unit_1 11 stack1.{}.unit1 0", "unit_2 1 unit1 0", "unit_1 1 unit2 0", "head 1  0"]
    );
}

#[test]
fn numbers_in_labels_count_up_too() {
    let p = plan(
        "block unit() { residual { conv 3x3 20 relu } }
         net N() { input 6x6x3  conv 1x1 20  mixed9: unit()  mixed10: unit()  mixed11: unit()  global_avgpool }",
    );
    assert_eq!(calls(&p)[1], "unit 3 mixed{} 9");
}

#[test]
fn iterations_without_blocks_are_functions() {
    let p = plan(
        "net N() { input 8x8x3
         stage: for w in [8, 8, 16] { conv 3x3 w relu  maxpool 2 } }",
    );
    assert_eq!(names(&p), ["stage_0", "stage_1", "stage_2"]);
}

#[test]
fn blocks_inside_a_sequence_of_blocks_are_functions_of_their_own() {
    let p = plan(
        "block unit() { residual relu { conv 1x1 20 relu  conv 1x1 20 } }
         block stage(n) { stack n { unit() } }
         net N() { input 6x6x3  conv 1x1 20  stage(3)  stage(2)  global_avgpool }",
    );
    assert_eq!(calls(&p)[1..3], ["unit 3 stage1.stack1.{}.unit1 0", "unit 2 stage2.stack1.{}.unit1 0"]);
}

#[test]
fn a_block_inside_a_block_is_part_of_it() {
    let p = plan(
        "block split() { inception { branch { conv 1x3 9 relu }  branch { conv 3x1 9 relu } } }
         block mixed() { inception { branch { conv 1x1 8 relu  split() }  branch { conv 1x1 7 relu } } }
         net N() { input 6x6x3  conv 1x1 20  mixed()  mixed()  conv 1x1 4 }",
    );
    assert_eq!(names(&p), ["stem", "mixed_1", "mixed_2", "head"]);
}

#[test]
fn long_functions_are_cut_into_parts() {
    let p = plan(&format!("net N() {{ input 6x6x3  {} }}", "conv 1x1 8 relu ".repeat(130)));
    assert_eq!(names(&p), ["trunk_part1", "trunk_part2", "trunk_part3"]);
    assert!(p.functions.iter().all(|f| f.steps.len() <= 60));
    let layers = "conv 1x1 8 relu ".repeat(70);
    let p = plan(&format!(
        "block long() {{ {layers} }} net N() {{ input 6x6x3  conv 1x1 8  maxpool 2  long()  long() }}"
    ));
    assert!(p.functions.iter().all(|f| f.steps.len() <= 60), "{:?}", names(&p));
}

/// A normalization behind a block is folded into the block's convolution, and keeps its name.
#[test]
fn weights_from_outside_a_block_are_found() {
    let p = plan(
        "block layer() { conv 3x3 20 }
         net N() { input 6x6x3  conv 1x1 20  layer() bn relu  layer() bn relu  layer() relu  layer() relu  layer() relu  conv 1x1 4 }",
    );
    assert_eq!(names(&p), ["stem", "layer_1", "layer_2", "layer_3", "layer_4", "head"]);
    assert_eq!(calls(&p)[1..3], ["layer_1 1  0", "layer_2 1  0"]);
    assert_eq!(p.calls[3].function, p.calls[4].function);
}

#[test]
fn functions_have_names_that_rust_takes() {
    let p = plan(
        "block match() { residual { conv 1x1 20 relu } }  block stem() { conv 3x3 20 relu }
         net N() { input 6x6x3  conv 1x1 20  match()  maxpool 2  stem()  Fn: stack 2 { conv 3x3 20 } }",
    );
    assert_eq!(names(&p), ["stem", "block_match", "trunk_2", "stem_2", "fn_0", "fn_1"]);
}
