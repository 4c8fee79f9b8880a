//! What the CUDA kernels of random graphs compute equals the interpreter of graphs: every operation, odd sizes, padding,
//! groups, slices of concatenations. The same graphs in every run, so that NVRTC compiles each of them once.

use archc_cuda_tests::check;
use archc_lowered::harness::fused;
use archc_random_graphs::Recipe;

/// On two threads, since NVRTC takes most of the time.
fn check_all(seeds: std::ops::Range<u64>) {
    for seed in seeds {
        let graph = Recipe::seeded(seed, 10).graph();
        check(&graph, seed).unwrap_or_else(|message| panic!("graph {seed}: {message}"));
        check(&fused(graph), seed).unwrap_or_else(|message| panic!("graph {seed}, fused: {message}"));
    }
}

#[test]
fn one_half_of_the_graphs() {
    check_all(0..20);
}

#[test]
fn the_other_half() {
    check_all(20..40);
}
