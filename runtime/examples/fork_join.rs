//! Times how long a kernel takes to reach other threads and come back: one that zeroes as many short rows as there are
//! threads, alone and shared. `cargo run --release -p archc-runtime --example fork_join [THREADS]`

use archc_runtime::Isa;
use archc_runtime::layout::View;
use archc_runtime::run::Run;
use std::time::{Duration, Instant};

const ROUNDS: usize = 100_000;

fn main() {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let threads = std::env::args().nth(1).map_or(cores, |n| n.parse().expect("a number of threads"));
    let view = View::blocked(threads, 1, 16).halo(0, 0, 1, 0);
    let mut arena = vec![1.0; view.image_size()];
    let mut run = Run::new(&mut arena, &[], 1, Isa::fastest()).with_threads(threads);
    println!("| {threads} threads, {} cores | min | median | 99% |\n| --- | --- | --- | --- |", cores);
    let mut print = |what: &str, rounds: usize, grain: usize, pause: Duration| {
        run.set_grain(grain);
        let mut times: Vec<u128> = (0..rounds)
            .map(|_| {
                if !pause.is_zero() {
                    std::thread::sleep(pause);
                }
                let start = Instant::now();
                run.clear(view.at(0));
                start.elapsed().as_nanos()
            })
            .collect();
        times.sort_unstable();
        println!("| {what} | {} ns | {} ns | {} ns |", times[0], times[rounds / 2], times[rounds * 99 / 100]);
    };
    print("alone", ROUNDS, usize::MAX, Duration::ZERO);
    print("shared", ROUNDS, 1, Duration::ZERO);
    print("shared, workers asleep", 200, 1, Duration::from_millis(5));
}
