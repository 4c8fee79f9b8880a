//! The emulator itself: what instructions do, and that it refuses what the processor refuses.

#![allow(unsafe_code, reason = "instructions that the compiler does not know")]

use super::emulator;
use std::arch::asm;
use std::process::Command;

#[repr(C, align(64))]
struct Config([u8; 64]);

/// Tiles 0 to 2 of so many rows and bytes.
fn config(shapes: [(u8, u8); 3]) -> Config {
    let mut config = [0; 64];
    config[0] = 1;
    for (tile, (rows, bytes)) in shapes.into_iter().enumerate() {
        config[16 + 2 * tile] = bytes;
        config[48 + tile] = rows;
    }
    Config(config)
}

/// A number that bf16 has.
fn bf16(x: f32) -> u16 {
    assert_eq!(x.to_bits() & 0xffff, 0, "{x} is not a bf16 number");
    (x.to_bits() >> 16) as u16
}

/// `sums + a * b` by the instructions: three rows, two columns, four inputs.
fn product(sums: [[f32; 2]; 3], a: [[f32; 4]; 3], b: [[f32; 2]; 4]) -> [[f32; 2]; 3] {
    emulator::install();
    let config = config([(3, 8), (3, 8), (2, 8)]);
    let a = a.map(|row| row.map(bf16));
    // Inputs in pairs.
    let pairs = [0, 1].map(|k| [0, 1].map(|column| [b[2 * k][column], b[2 * k + 1][column]].map(bf16)));
    let mut sums = sums;
    // Safety: the tiles are as large as these arrays.
    unsafe {
        asm!(
            "ldtilecfg [{config}]",
            "tileloadd tmm0, [{sums} + {stride}]",
            "tileloadd tmm1, [{a} + {stride}]",
            "tileloadd tmm2, [{b} + {stride}]",
            "tdpbf16ps tmm0, tmm1, tmm2",
            "tilestored [{sums} + {stride}], tmm0",
            "tilerelease",
            config = in(reg) &config,
            sums = in(reg) &mut sums,
            a = in(reg) &a,
            b = in(reg) &pairs,
            stride = in(reg) 8_u64,
            options(nostack)
        );
    }
    assert!(!emulator::is_configured());
    sums
}

#[test]
fn products_are_of_rows_and_columns() {
    let a = [[1.0, 2.0, 3.0, 4.0], [5.0, 6.0, 7.0, 8.0], [-1.0, 0.5, 0.25, 0.0]];
    let b = [[1.0, 10.0], [2.0, 20.0], [3.0, 30.0], [4.0, 40.0]];
    let sums = product([[0.0, 0.5], [100.0, 0.0], [0.0, 0.0]], a, b);
    assert_eq!(sums, [[30.0, 300.5], [170.0, 700.0], [0.75, 7.5]]);
}

/// Each half of a pair has a sum of its own, and all are f32: what is too small beside the first number of its half is lost, in
/// the other half it is not.
#[test]
fn sums_are_rounded_where_the_manual_says() {
    let one = |sum: f32, a: [f32; 4], b: [f32; 4]| {
        product([[sum, 0.0], [0.0; 2], [0.0; 2]], [a, [0.0; 4], [0.0; 4]], b.map(|b| [b, 0.0]))[0][0]
    };
    let large = 16_777_216.0;
    // 2^24 + 1 in the first half, and -2^24 in the second.
    assert_eq!(one(0.0, [large, -large, 1.0, 0.0], [1.0; 4]), 0.0);
    assert_eq!(one(0.0, [large, 0.0, 1.0, -large], [1.0; 4]), 0.0);
    assert_eq!(one(0.0, [large, 1.0, -large, 0.0], [1.0; 4]), 1.0);
    // To the sums before it is added at the end.
    assert_eq!(one(large, [1.0, 1.0, 0.0, 0.0], [1.0; 4]), large + 2.0);
    assert_eq!(one(large, [1.0, 0.0, 0.0, 0.0], [1.0; 4]), large);
    // A tie goes to the even number.
    assert_eq!(one(large + 2.0, [1.0, 0.0, 0.0, 0.0], [1.0; 4]), large + 4.0);
    // Denormal operands and results are zeros.
    let tiny = f32::from_bits(0x0040_0000);
    assert_eq!(one(0.0, [tiny, 0.0, 0.0, 0.0], [1024.0; 4]), 0.0);
    assert_eq!(one(0.0, [f32::MIN_POSITIVE, 0.0, 0.0, 0.0], [0.5; 4]), 0.0);
    assert_eq!(one(0.0, [f32::MIN_POSITIVE, 0.0, 0.0, 0.0], [1.0; 4]), f32::MIN_POSITIVE);
}

/// Set in the processes that a test starts: which mistake they make.
const MISTAKE: &str = "ARCHC_TEST_MISTAKE";

/// In a child: makes a mistake that the processor does not forgive.
#[test]
fn mistake() {
    let Ok(mistake) = std::env::var(MISTAKE) else { return };
    emulator::install();
    let config = match mistake.as_str() {
        "rows" => config([(17, 64), (3, 8), (2, 8)]),
        "shapes" => config([(3, 8), (4, 8), (2, 8)]),
        "depth" => config([(3, 8), (3, 8), (3, 8)]),
        _ => config([(3, 8), (3, 8), (2, 8)]),
    };
    // Safety: nothing of it touches memory but the configuration.
    unsafe {
        if mistake != "none at all" {
            asm!("ldtilecfg [{}]", in(reg) &config, options(nostack));
        }
        match mistake.as_str() {
            "none at all" | "another tile" => asm!("tilezero tmm3", options(nostack)),
            // `tdpbf16ps tmm0, tmm1, tmm1`, which no assembler takes.
            "twice" => asm!(".byte 0xc4, 0xe2, 0x72, 0x5c, 0xc1", options(nostack)),
            _ => asm!("tdpbf16ps tmm0, tmm1, tmm2", options(nostack)),
        }
    }
    println!("<forgiven>");
}

#[test]
fn what_the_processor_refuses_ends_the_process() {
    let run = |mistake: &str| {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["amx::instructions::mistake", "--exact", "--nocapture"]).env(MISTAKE, mistake);
        let output = command.output().unwrap();
        String::from_utf8(output.stdout).unwrap().contains("<forgiven>")
    };
    assert!(run("none"));
    for mistake in ["rows", "shapes", "depth", "none at all", "another tile", "twice"] {
        assert!(!run(mistake), "{mistake}");
    }
}
