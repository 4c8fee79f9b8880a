//! Times what it takes to share a kernel among threads: activations in place, where every thread finds its numbers in its
//! own cache, of several sizes, alone and shared. `cargo run --release -p archc-runtime --example fork_join [THREADS]`
//!
//! The overhead is what the shared kernel takes longer than its share of the time alone.

use archc_runtime::Isa;
use archc_runtime::layout::View;
use archc_runtime::op::Activation;
use archc_runtime::run::Run;
use std::time::{Duration, Instant};

fn main() {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let threads = std::env::args().nth(1).map_or(cores, |n| n.parse().expect("a number of threads"));
    println!("{threads} threads, {cores} cores; medians, and the fastest, in nanoseconds\n");
    println!("| numbers | alone | shared | overhead |\n| --- | --- | --- | --- |");
    for rows in [1, 2, 4, 8, 16, 32, 64].map(|n| n * threads) {
        let [alone, shared] =
            [usize::MAX, 1].map(|grain| times(rows, threads, grain, Duration::ZERO, 20_000));
        let overhead = |i: usize| shared[i] as i128 - alone[i] as i128 / threads as i128;
        let numbers = rows * 8 * 16;
        println!(
            "| {numbers} | {} ({}) | {} ({}) | {} ({}) |",
            alone[0],
            alone[1],
            shared[0],
            shared[1],
            overhead(0),
            overhead(1)
        );
    }
    let rows = 16 * threads;
    let [alone, shared] =
        [usize::MAX, 1].map(|grain| times(rows, threads, grain, Duration::from_millis(5), 200));
    println!(
        "\n{} numbers after a pause, workers asleep: alone {}, shared {}",
        rows * 8 * 16,
        alone[0],
        shared[0]
    );
}

/// The median and the minimum of so many runs of a kernel over rows of 128 numbers.
fn times(rows: usize, threads: usize, grain: usize, pause: Duration, runs: usize) -> [u128; 2] {
    let view = View::blocked(rows, 8, 16);
    let mut arena = vec![1.0; view.image_size()];
    let mut run = Run::new(&mut arena, &[], 1, Isa::fastest()).with_threads(threads);
    run.set_grain(grain);
    let mut times: Vec<u128> = (0..runs)
        .map(|_| {
            if !pause.is_zero() {
                std::thread::sleep(pause);
            }
            let start = Instant::now();
            run.activate(Activation::HardSwish, view.at(0), view.at(0));
            start.elapsed().as_nanos()
        })
        .collect();
    times.sort_unstable();
    [times[runs / 2], times[0]]
}
