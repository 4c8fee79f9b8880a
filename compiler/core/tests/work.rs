//! What steps have to do, against figures by hand.

#![allow(clippy::disallowed_methods, reason = "tests read files")]

#[allow(dead_code, reason = "each test uses a part of it")]
mod support;

use archc_core::expand::Request;
use archc_core::lir::work::{Work, measure};
use support::{Text, compile};

const NET: &str = "net Small {
    input 14x14x3
    conv 3x3 20 pad=1 relu
    stack 2 { residual { conv 3x3 20 pad=1 group=4 } }
    depthwise 3x3 pad=1
    conv 1x1 40 stride=3
    maxpool 2
    flatten
    dense 7
    softmax
}
";

#[test]
fn work_is_what_a_hand_computes() {
    let outcome = compile(&Request::new("small.arch"), &mut Text(NET));
    let compiled = outcome.compiled.expect("a network");
    let all = measure(&compiled.program);
    let shown = |work: &Work| {
        let Work { name, operation, input, output, macs, value_bytes, weight_bytes } = work;
        assert!(value_bytes % 4 == 0 && weight_bytes % 4 == 0, "numbers of four bytes");
        let text = format!("{name}: {operation}, {input} to {output}");
        (text, *macs, value_bytes / 4, weight_bytes / 4)
    };
    let found: Vec<_> = all.iter().map(shown).collect();
    // Multiplications; numbers of values, read and written; numbers of weights with a bias, in blocks of 16 outputs. A halo is
    // cleared in all lanes of all blocks.
    let plane = 14 * 14;
    let halo = 16 * 16 * 32 - plane * 20;
    let group = (plane * 20 * 9 * 5, plane * 60, 4 * 16 * (9 * 5 + 1));
    let expected = [
        ("conv1: zeros around the copy, 14x14x3 to 14x14x3", 0, 16 * 16 * 3 - plane * 3, 0),
        ("conv1: `input` with a border of zeros, 14x14x3 to 14x14x3", 0, plane * 6, 0),
        ("conv1: zeros around its output, 14x14x20 to 14x14x20", 0, halo, 0),
        ("conv1: conv 3x3 20, relu, 14x14x3 to 14x14x20", plane * 20 * 27, plane * 23, 32 * (27 + 1)),
        ("stack1.0.residual1.conv1: zeros around its output, 14x14x20 to 14x14x20", 0, halo, 0),
        (
            "stack1.0.residual1.conv1: conv 3x3 20 group=4, add, 14x14x20 to 14x14x20",
            group.0,
            group.1,
            group.2,
        ),
        ("stack1.1.residual1.conv1: zeros around its output, 14x14x20 to 14x14x20", 0, halo, 0),
        (
            "stack1.1.residual1.conv1: conv 3x3 20 group=4, add, 14x14x20 to 14x14x20",
            group.0,
            group.1,
            group.2,
        ),
        ("depthwise1: depthwise 3x3, 14x14x20 to 14x14x20", plane * 20 * 9, plane * 40, 32 * (9 + 1)),
        // Every third pixel of each axis, of which a window of one is all that is read.
        ("conv2: conv 1x1 40 stride=3, 14x14x20 to 5x5x40", 25 * 40 * 20, 25 * (20 + 40), 48 * (20 + 1)),
        // Whose last row and column no window reaches.
        ("maxpool1: maxpool 2x2, 5x5x40 to 2x2x40", 0, 16 * 40 + 4 * 40, 0),
        ("dense1: dense 7, 2x2x40 to 1x1x7", 160 * 7, 160 + 7, 16 * (4 * 48 + 1)),
        ("softmax1: softmax, 1x1x7 to 1x1x7", 0, 14, 0),
    ];
    for (found, (text, macs, values, weights)) in found.iter().zip(expected) {
        assert_eq!(*found, (text.to_owned(), macs, values, weights));
    }
    assert_eq!(found.len(), expected.len());
}
