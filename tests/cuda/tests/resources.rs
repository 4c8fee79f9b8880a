//! What the kernels of the zoo take of a GPU: the assembler's word on all of them for the oldest architecture, and on some
//! for every other.

use archc_core::cuda::{THREADS, module};
use archc_core::expand::zoo::nets;
use archc_core::lir::Number;
use archc_cuda_tests::kernels::Kernels;
use archc_cuda_tests::planned;
use archc_lowered::harness::zoo;
use archc_nvrtc::{Resources, resources};

/// All architectures but sm_80.
const YOUNGER: [&str; 5] = ["sm_86", "sm_89", "sm_90", "sm_100", "sm_120"];

/// A processor's registers, in all of [`YOUNGER`] and in sm_80.
const REGISTERS: usize = 65536;

/// A processor's shared memory for blocks, in bytes, where it is least: 100 KiB in sm_86, sm_89 and sm_120. A block takes 1 KiB
/// besides its own.
const SHARED: usize = 100 << 10;

/// The kernels of all networks; of EfficientNets, which differ in their sizes only, those of the smallest.
fn kernels(number: Number) -> Kernels {
    let mut kernels = Kernels::default();
    for (path, net) in nets() {
        if net.starts_with("EfficientNetB") && !net.starts_with("EfficientNetB0") {
            continue;
        }
        let file = path.trim_end_matches(".arch");
        let (program, plan) = planned(&zoo(file, net, &[]), number).unwrap_or_else(|e| panic!("{net}: {e}"));
        kernels.add(&module(&program, &plan)).unwrap_or_else(|e| panic!("{net}: {e}"));
    }
    kernels
}

/// No thread has memory of its own but registers, and a processor has room for two blocks: one computes while the other waits.
fn check(kernels: &Kernels, architecture: &str) {
    let (mut found, mut bad) = (0, Vec::new());
    for source in kernels.sources() {
        for kernel in resources(&source, architecture).unwrap_or_else(|e| panic!("{architecture}: {e}")) {
            let Resources { registers, shared, stack, spilled, .. } = kernel;
            let fits = 2 * registers * THREADS as usize <= REGISTERS && 2 * (shared + 1024) <= SHARED;
            if !fits || stack > 0 || spilled > 0 {
                bad.push(format!("{kernel:?}:\n{}", kernel_of(&source, &kernel.kernel)));
            }
            found += 1;
        }
    }
    assert!(
        bad.is_empty(),
        "{} kernels spill on {architecture}, or two blocks lack the room:\n{}",
        bad.len(),
        bad.join("\n")
    );
    assert_eq!(found, kernels.count());
}

/// The constants of a kernel: what stands between its name and the first line of its body that computes.
fn kernel_of<'a>(source: &'a str, name: &str) -> &'a str {
    let text = source.split_once(&format!("\n{name}(")).map_or("", |(_, text)| text);
    text.split_once("    auto ").map_or(text, |(constants, _)| constants)
}

#[test]
fn all_kernels_of_f32_fit_twice_on_the_oldest_processor() {
    check(&kernels(Number::F32), "sm_80");
}

#[test]
fn all_kernels_of_tf32_that_are_not_those_of_f32() {
    check(&kernels(Number::Tf32).without(&kernels(Number::F32)), "sm_80");
}

#[test]
fn all_kernels_of_bf16() {
    check(&kernels(Number::Bf16), "sm_80");
}

/// Some only: they differ from those of bf16 in the instructions for conversions and products.
#[test]
fn some_kernels_of_f16() {
    check(&kernels(Number::F16).sample(50), "sm_80");
}

#[test]
fn some_kernels_fit_twice_on_every_processor() {
    for number in [Number::F32, Number::Bf16] {
        let some = kernels(number).sample(25);
        assert!(some.count() >= 25);
        YOUNGER.iter().for_each(|architecture| check(&some, architecture));
    }
}
