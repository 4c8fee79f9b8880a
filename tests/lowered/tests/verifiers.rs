//! The verifiers of programs and plans see what is wrong: each invariant, broken by hand.

use archc_core::lir::verify::verify_program;
use archc_core::lir::{Kernel, PackId, Program, StepId, TensorId};
use archc_core::plan::Plan;
use archc_core::plan::verify::verify_plan;
use archc_lowered::harness::{fused, planned, written};

/// A stem, a projected and two identity blocks, a concatenation and a head.
fn network() -> (Program, Plan) {
    let text = "
        block bottleneck(width, project=false) {
            residual relu { conv 1x1 width bn relu  conv 3x3 width bn relu  conv 1x1 40 bn }
            shortcut { if project { conv 1x1 40 bn } }
        }
        net N() {
            input 12x12x3
            conv 3x3 20 relu  maxpool 2
            bottleneck(8, project=true)  stack 2 { bottleneck(8) }
            inception { branch { conv 1x1 6 relu }  branch { maxpool 3 stride=1 pad=1 } }
            conv 3x3 10  flatten  dense 7 softmax
        }";
    planned(&fused(written(text))).unwrap()
}

/// The place of the first step with such a kernel, from a step on.
fn find(program: &Program, from: usize, kernel: impl Fn(&Kernel) -> bool) -> usize {
    let found = program.steps[from..].iter().position(|s| kernel(&s.kernel));
    from + found.expect("there is one")
}

/// What the verifier says of a program that was changed.
fn wrong(change: impl Fn(&mut Program)) -> String {
    let (mut program, _) = network();
    change(&mut program);
    let violations = verify_program(&program).expect_err("the change breaks an invariant");
    violations.iter().map(|v| format!("{v}\n")).collect()
}

#[track_caller]
fn assert_says(found: &str, words: &str) {
    assert!(found.contains(words), "{words:?} is not in:\n{found}");
}

#[test]
fn programs_are_whole() {
    assert_says(&wrong(|p| p.steps[3].inputs[0].0 = 999), "an id is outside its list");
    assert_says(&wrong(|p| p.values.extend_from_within(..1)), "is not used");
    assert_says(&wrong(|p| p.outputs.clear()), "there is no output");
    assert_says(&wrong(|p| p.values[0].view.layout.block = 16), "does not lie in its buffer");
    assert_says(&wrong(|p| p.buffers[1].layout.pitch += 1), "has an unknown layout");
    assert_says(&wrong(|p| p.input = p.steps[3].output), "the input is not NHWC and whole");
    assert_says(&wrong(|p| p.outputs[0].1 = p.steps[3].output), "output `output` is not NHWC and whole");
    assert_says(&wrong(|p| p.outputs[0].1 = p.input), "output `output` lies in the input");
}

#[test]
fn shapes_fit_kernels() {
    let conv = |p: &Program| find(p, 0, |k| matches!(k, Kernel::Conv(_)));
    let change = |f: fn(&mut archc_runtime::op::Conv)| {
        wrong(|p| {
            let at = conv(p);
            if let Kernel::Conv(op) = &mut p.steps[at].kernel {
                f(op);
            }
        })
    };
    assert_says(&change(|op| op.padding = [2, 2]), "a layout that its kernel does not take");
    assert_says(&change(|op| op.groups = 7), "its kernel does not make");
    assert_says(&change(|op| op.stride = [0, 1]), "its kernel does not make");
    assert_says(&wrong(|p| p.steps[2].kernel = Kernel::Softmax), "its kernel does not make");
    assert_says(&wrong(|p| p.steps[2].kernel = Kernel::Multiply), "does not take 1 inputs");
}

#[test]
fn weights_fit_kernels() {
    let conv = |p: &Program| find(p, 0, |k| matches!(k, Kernel::Conv(_)));
    assert_says(&wrong(|p| p.tensors[0].shape[3] += 1), "its weights do not fit its kernel");
    assert_says(&wrong(|p| p.tensors.swap(0, 1)), "its weights do not fit its kernel");
    assert_says(&wrong(|p| p.packs[0].size += 16), "its weights are");
    assert_says(&wrong(|p| p.packs.swap(0, 1)), "its tensors are out of order");
    let shared = wrong(|p| {
        let at = conv(p);
        let next = find(p, at + 1, |k| matches!(k, Kernel::Conv(_)));
        p.steps[next].pack = Some(PackId(0));
    });
    assert_says(&shared, "pack 1 is not used");
    assert_says(&wrong(|p| p.tensors.push(p.tensors[0].clone())), "is not used");
    let swapped = wrong(|p| {
        p.packs[0].kind = p.packs[0].kind.map_tensors(|t| if t.0 < 2 { TensorId(1 - t.0) } else { t });
    });
    assert_says(&swapped, "its tensors are out of order");
}

#[test]
fn what_is_read_was_written() {
    let swapped = wrong(|p| {
        let at = find(p, 0, |k| matches!(k, Kernel::Pool(_)));
        p.steps.swap(at, at - 1);
    });
    assert_says(&swapped, "was not written or is gone");
    let removed = wrong(|p| {
        let at = find(p, 0, |k| matches!(k, Kernel::Copy { .. }));
        p.steps.remove(at);
    });
    assert_says(&removed, "was not written or is gone");
}

#[test]
fn nothing_is_written_over_that_is_read_later() {
    // A convolution of the first identity block goes over the trunk, which the block's sum reads.
    let over = wrong(|p| {
        let sums: Vec<usize> = (0..p.steps.len()).filter(|&i| p.steps[i].inputs.len() == 2).collect();
        let trunk = p.steps[sums[1]].inputs[1];
        let buffer = p.values[trunk.index()].buffer;
        let conv = p.steps[sums[1] - 1].output;
        p.values[conv.index()].buffer = buffer;
        p.values[conv.index()].view = p.values[trunk.index()].view;
    });
    assert_says(&over, "it writes over a value that it may not");
    let input_over = wrong(|p| {
        let at = find(p, 0, |k| matches!(k, Kernel::Pool(_)));
        let buffer = p.values[p.steps[at].inputs[0].index()].buffer;
        let output = p.steps[at].output;
        p.values[output.index()].buffer = buffer;
    });
    assert_says(&input_over, "does not lie in its buffer");
}

#[test]
fn borders_are_cleared_once_and_first() {
    let clear = |k: &Kernel| *k == Kernel::Clear;
    assert_says(&wrong(|p| drop(p.steps.remove(find(p, 0, clear)))), "was not cleared");
    let late = wrong(|p| {
        let at = find(p, 0, clear);
        p.steps.swap(at, at + 1);
    });
    assert_says(&late, "it clears a buffer that is in use");
    let twice = wrong(|p| {
        let at = find(p, 0, clear);
        p.steps.insert(at, p.steps[at].clone());
    });
    assert_says(&twice, "it clears a buffer that is in use");
    let vain = wrong(|p| {
        let at = find(p, 0, |k| matches!(k, Kernel::Pool(_)));
        let mut step = p.steps[find(p, 0, clear)].clone();
        step.output = p.steps[at].output;
        p.steps.insert(at, step);
    });
    assert_says(&vain, "was cleared in vain");
}

/// What the verifier says of a plan that was changed.
fn wrong_plan(change: impl Fn(&mut Plan)) -> String {
    let (program, mut plan) = network();
    change(&mut plan);
    verify_plan(&program, &plan).expect_err("the change breaks an invariant").join("\n")
}

#[test]
fn buffers_that_are_alive_at_once_lie_apart() {
    assert_says(&wrong_plan(|p| p.buffers[1] = 16), "are alive at once and overlap");
    assert_says(&wrong_plan(|p| p.buffers[2] += 8), "lies at");
    assert_says(&wrong_plan(|p| p.arena_size -= 16), "lies at");
    assert_says(&wrong_plan(|p| p.buffers.truncate(1)), "another program's");
    assert_says(&wrong_plan(|p| p.buffers[0] = 1 << 20), "the input is not at 0");
}

#[test]
fn calls_are_what_the_steps_are() {
    assert_says(&wrong_plan(|p| p.packs[3] += 16), "pack 3 is at");
    assert_says(&wrong_plan(|p| p.weights_size += 16), "the weights are");
    assert_says(&wrong_plan(|p| p.calls.truncate(2)), "the calls cover");
    assert_says(&wrong_plan(|p| p.calls[2].first = StepId(1)), "starts at step");
    assert_says(&wrong_plan(|p| p.functions[0].name = "fn main".into()), "a function is called");
    let repeated = |change: fn(&mut archc_core::plan::Call)| {
        wrong_plan(|p| change(p.calls.iter_mut().find(|c| c.count == 2).expect("there are two alike blocks")))
    };
    assert_says(&repeated(|call| call.number += 1), "other weights");
    assert_says(&repeated(|call| call.weights += 16), "other weights");
    assert_says(&repeated(|call| call.count = 3), "another step");
    assert_says(&repeated(|call| call.buffers.swap(0, 1)), "other buffers");
}
