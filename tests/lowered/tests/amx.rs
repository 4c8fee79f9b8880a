//! Whole networks by products of bf16 numbers on AMX, emulated where the machine does not have it, against the interpreter.
#![cfg(all(target_os = "linux", target_arch = "x86_64"))]

#[path = "../../../runtime/tests/kernels/amx/emulator.rs"]
#[allow(dead_code, reason = "tests of kernels use the rest")]
mod emulator;

use archc_core::ir::{Graph, Op};
use archc_core::lower::lower;
use archc_core::mode::Mode;
use archc_core::plan::plan;
use archc_interpreter::observe_split;
use archc_lowered::harness::zoo;
use archc_lowered::{Executable, Weights};
use archc_random_graphs::{image, weights};
use archc_runtime::Isa;
use archc_runtime::op::Split;

/// What a final softmax receives, or else the output, by the interpreter.
fn interpreted(graph: &Graph, weights: &Weights, image: &[f64], split: Split) -> Vec<f64> {
    let output = graph.outputs[0].node;
    let wanted = match graph.node(output).op {
        Op::Softmax(_) => graph.inputs(output)[0],
        _ => output,
    };
    let mut numbers = Vec::new();
    let mut keep = |id, value: &archc_interpreter::Value| {
        if id == wanted {
            numbers = value.data.clone();
        }
    };
    observe_split(graph, weights, image, split, &mut keep).unwrap();
    numbers
}

/// The largest difference over the largest number.
fn difference<T: Copy + Into<f64>>(a: &[T], b: &[f64]) -> f64 {
    assert_eq!(a.len(), b.len());
    let largest = b.iter().fold(0.0_f64, |m, x| m.max(x.abs()));
    a.iter().zip(b).map(|(&a, &b)| (a.into() - b).abs()).fold(0.0, f64::max) / largest
}

/// Each mode rounds as the interpreter says when it splits operands too, up to f32's own rounding; and a network's error is the
/// split's, far from that of the next.
#[test]
fn networks_round_as_the_interpreter_says() {
    emulator::install();
    for (file, net, side, modes) in [
        ("resnet50", "ResNet50", "32x32x3", &[Mode::F32Fast][..]),
        ("mobilenet", "MobileNet", "48x48x3", &[Mode::F32, Mode::F32Fast, Mode::Bf16]),
    ] {
        let graph = zoo(file, net, &[("input", side)]);
        let image = image(&graph);
        let numbers: Vec<f32> = image.iter().map(|&x| x as f32).collect();
        let weights = weights(&graph);
        let interpreted = |split| interpreted(&graph, &weights, &image, split);
        let exact = interpreted(Split::None);
        for &mode in modes {
            let program = lower(&graph, mode);
            let plan = plan(&program);
            let executable = Executable::new(&program, &plan, &weights).unwrap();
            let mut arena = executable.arena(1);
            let found = executable.run_split(&mut arena, &numbers, Isa::EMULATED_AMX, mode.split());
            let found = found.logits.unwrap_or_else(|| found.outputs[0].clone());
            let split = interpreted(mode.split());
            let (error, expected) = (difference(&found, &exact), difference(&split, &exact));
            // What the runtime folds into weights and sums up in f32 moves single digits.
            assert!(error <= 3.0 * expected + 1e-5, "{net}, {mode}: {error:e}, not {expected:e}");
            if mode != Mode::F32 {
                assert!(error >= expected / 3.0, "{net}, {mode}: {error:e}, not {expected:e}");
            }
        }
    }
}
