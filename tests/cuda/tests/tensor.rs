//! Convolutions by the units for products of matrices, on random shapes: odd sizes, tails of tiles and steps, padding, strides,
//! dilation, groups, residuals, slices of concatenations. Operands are exact in the type, so that errors are those of f32.

use archc_core::lir::Number;
use archc_cuda_tests::{check_rounded, source};
use archc_lowered::harness::{fused, written};

/// Numbers that are the same in every run.
struct Choices(u64);

impl Choices {
    /// One of these, all as likely.
    fn of<T: Copy>(&mut self, all: &[T]) -> T {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        all[(self.0 >> 33) as usize % all.len()]
    }
}

/// A network of a convolution whose input is of the type already: the relu before it rounds, and nothing is lost.
fn network(choices: &mut Choices) -> String {
    let (height, width) = (choices.of(&[1, 3, 7, 8, 13, 17]), choices.of(&[2, 5, 7, 9, 14, 19]));
    let (inputs, outputs) =
        (choices.of(&[8, 16, 24, 40, 64, 72]), choices.of(&[4, 8, 10, 33, 48, 64, 80, 130]));
    let kernel = choices.of(&["1x1", "3x3", "1x3", "5x5"]);
    let attributes = choices.of(&[
        "pad=same",
        "pad=same stride=2",
        "pad=same relu",
        "pad=same swish",
        "pad=same dilation=2",
    ]);
    let conv = format!("conv {kernel} {outputs} {attributes}");
    match choices.of(&[0, 1, 2, 3, 4]) {
        // The first layer: its input is f32, and a pixel's channels are gathered.
        4 => format!("input {}x{width}x{} {conv}", height + 32, choices.of(&[1, 3, 5])),
        // Groups of 8 channels.
        0 => format!("input {height}x{width}x32 relu conv {kernel} 24 group=4 {attributes}"),
        1 => format!(
            "input {height}x{width}x{inputs} relu residual relu {{ conv {kernel} {inputs} pad=same }}"
        ),
        // Reads a concatenation.
        2 => format!(
            "input {height}x{width}x{inputs} relu let a maxpool 3 stride=1 pad=1 let b from a concat b {conv}"
        ),
        _ => format!("input {height}x{width}x{inputs} relu {conv}"),
    }
}

fn shapes(number: Number, seed: u64) {
    let mut choices = Choices(seed);
    for index in 0..40 {
        let text = network(&mut choices);
        let graph = fused(written(&format!("net T {{ {text} }}")));
        check_rounded(&graph, number, index).unwrap_or_else(|message| panic!("{text}: {message}"));
    }
}

#[test]
fn bf16() {
    shapes(Number::Bf16, 1);
}

#[test]
fn f16() {
    shapes(Number::F16, 2);
}

#[test]
fn tf32() {
    shapes(Number::Tf32, 3);
}

/// As many pixels and outputs as fill a GPU with tiles of 128 by 128, and of 128 by 64.
#[test]
fn large_tiles() {
    for text in ["input 46x46x8 relu conv 1x1 1000 relu", "input 92x92x8 relu conv 1x1 100"] {
        let graph = fused(written(&format!("net T {{ {text} }}")));
        let text_of_kernels = source(&graph, Number::Bf16);
        assert!(text_of_kernels.contains("constexpr int TILE_M = 128"), "{text}");
        check_rounded(&graph, Number::Bf16, 4).unwrap_or_else(|message| panic!("{text}: {message}"));
    }
}
