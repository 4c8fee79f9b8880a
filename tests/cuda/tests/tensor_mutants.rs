//! Mistakes planted into the kernel of convolutions by units for products of matrices: each is found, as a fault of the interpreter
//! or by wrong numbers.

use archc_core::ir::Graph;
use archc_core::lir::Number;
use archc_cuda_tests::{NOT_COMPILED, check_changed, check_rounded};
use archc_lowered::harness::{fused, written};

/// Networks that between them need every line of the kernel.
const NETWORKS: [&str; 6] = [
    "input 9x11x24 relu conv (3, 5) 40 pad=same stride=(2, 1) dilation=(1, 2) swish",
    "input 9x11x32 relu conv 3x3 40 group=4 pad=same",
    "input 12x11x24 relu residual relu { conv 3x3 24 pad=same }",
    "input 9x7x24 relu inception { branch { relu } branch { conv 3x3 20 pad=same relu } branch { conv 1x1 12 } }",
    "input 5x4x64 relu conv 3x3 80 pad=same relu",
    "input 19x17x3 conv 7x7 20 pad=3 stride=2 relu",
];

/// What is wrong, the text where it is right, and the mistake.
const MUTANTS: [(&str, &str, &str); 38] = [
    ("dropped barrier", "__syncthreads();\n        if (step + STAGES", "if (step + STAGES"),
    ("wrong wait count", "\"n\"(STAGES - 2)", "\"n\"(STAGES - 1)"),
    ("no wait", "asm volatile(\"cp.async.wait_group %0;\" ::\"n\"(STAGES - 2) : \"memory\");", ""),
    ("missing commit", "copy(step + STAGES - 1);\n        commit();", "copy(step + STAGES - 1);"),
    ("missing first stage", "step < begin + STAGES - 1; step++) {", "step < begin + STAGES - 2; step++) {"),
    (
        "swapped halves of a fragment",
        "b[j / 2][j % 2 * 2], b[j / 2][j % 2 * 2 + 1]",
        "b[j / 2][j % 2 * 2 + 1], b[j / 2][j % 2 * 2]",
    ),
    (
        "swapped fragments",
        "b[j / 2][j % 2 * 2], b[j / 2][j % 2 * 2 + 1]",
        "b[j / 2][2 - j % 2 * 2], b[j / 2][3 - j % 2 * 2]",
    ),
    ("wrong swizzle of inputs", "half * 2 + lane / 16", "half * 2 + 1 - lane / 16"),
    ("wrong swizzle of weights", "half * 2 + lane / 8 % 2", "half * 2 + lane / 16"),
    ("wrong rows of weights", "lane % 8 + lane / 16 * 8", "lane % 16"),
    (
        "swizzle that is not undone",
        "b_memory + stage * B_BYTES + place(of_row + i * 64, piece)",
        "b_memory + stage * B_BYTES + (of_row + i * 64) * 64 + piece * 16",
    ),
    (
        "stage modulo of inputs",
        "a_memory + step % STAGES * A_BYTES",
        "a_memory + (step + 1) % STAGES * A_BYTES",
    ),
    (
        "stage modulo of weights",
        "b_memory + step % STAGES * B_BYTES",
        "b_memory + step % (STAGES - 1) * B_BYTES",
    ),
    ("missing zero fill", "from < 0 ? 0 : 16", "16"),
    (
        "pixels behind the last are read",
        "pixel < pixels ? row * STRIDE_H - PADDING_H : -(1 << 28)",
        "row * STRIDE_H - PADDING_H",
    ),
    ("pixels behind the last are written", "if (pixel >= pixels) continue;", ""),
    ("outputs behind the last are written", "if (output >= OUTPUTS) continue;", ""),
    ("residual index", "r[r_place + output]", "r[r_place]"),
    ("dropped residual", "if (RESIDUAL) sum +=", "if (false) sum +="),
    ("group of inputs", "X_FIRST + group * INPUTS", "X_FIRST"),
    ("group of weights", "(group * ROWS + first_output)", "(first_output)"),
    ("group of biases", "biases[group * PADDED + output]", "biases[output]"),
    ("group of outputs", "Y_FIRST + group * OUTPUTS", "Y_FIRST"),
    ("offset in a concatenation", "Y_PIXEL + Y_FIRST + group", "Y_PIXEL + group"),
    ("padding of columns", "column * STRIDE_W - PADDING_W", "column * STRIDE_W"),
    ("swapped strides", "row * STRIDE_H - PADDING_H :", "row * STRIDE_W - PADDING_H :"),
    ("dilation", "tap % KERNEL_W * DILATION_W", "tap % KERNEL_W"),
    ("rows of a sum", "lane / 4 + below * 8", "lane / 4 * 2 + below"),
    (
        "no fence before the counter",
        "__threadfence();\n        __syncthreads();\n        if (thread == 0) is_last",
        "__syncthreads();\n        if (thread == 0) is_last",
    ),
    (
        "no fence behind the counter",
        "if (!is_last) return;\n        __threadfence();",
        "if (!is_last) return;",
    ),
    (
        "no barrier before the counter",
        "__syncthreads();\n        if (thread == 0) is_last",
        "if (thread == 0) is_last",
    ),
    ("the last but one adds up", "== splits - 1", "== splits - 2"),
    (
        "steps counted twice",
        "int begin = STEPS * split / splits",
        "int begin = STEPS * (split > 0 ? split - 1 : 0) / splits",
    ),
    ("a counter that stays", "if (thread == 0) atomicExch(counter, 0u);", ""),
    ("a part that is left out", "for (int other = 0; other < splits", "for (int other = 1; other < splits"),
    ("gathered from elsewhere", "find(k + n)", "find(k)"),
    (
        "words in another order",
        "words[n] = word(numbers + n * (PIECE / 4))",
        "words[n] = word(numbers + (3 - n) * (PIECE / 4))",
    ),
    ("activation", "activation(sum)", "sum"),
];

fn graphs() -> Vec<Graph> {
    NETWORKS.iter().map(|text| fused(written(&format!("net T {{ {text} }}")))).collect()
}

/// Of the kernel's own text, one place.
fn plant(source: &str, right: &str, wrong: &str) -> String {
    assert!(source.contains(right), "no `{right}` in\n{source}");
    source.replace(right, wrong)
}

#[test]
fn the_kernel_is_right() {
    for (graph, text) in graphs().iter().zip(NETWORKS) {
        check_rounded(graph, Number::Tf32, 1).unwrap_or_else(|message| panic!("{text}: {message}"));
    }
}

#[test]
fn every_mistake_is_found() {
    let graphs = graphs();
    let mut missed = Vec::new();
    for (name, right, wrong) in MUTANTS {
        let found = graphs.iter().enumerate().find_map(|(seed, graph)| {
            check_changed(graph, Number::Tf32, seed as u64, &|source| plant(source, right, wrong)).err()
        });
        match found {
            Some(message) if message.starts_with(NOT_COMPILED) => panic!("{name}: {message}"),
            Some(message) => eprintln!("{name}: {}", message.lines().next().unwrap_or_default()),
            None => missed.push(name),
        }
    }
    assert!(missed.is_empty(), "not found: {missed:?}");
}
