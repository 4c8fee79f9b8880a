//! The machine's roofline: what it multiplies and what it reads in a second at most, measured. A layer can be no faster than
//! its products by the one and its bytes by the other; `archc bench --profile` shows how near it comes.

use crate::isa::Isa;
use crate::kernels::Launcher;
use crate::kernels::roof::{Multiply, Read};
use crate::sys::{Arena, Team, prepare};
use std::time::{Duration, Instant};

/// How long each measurement goes on.
const LONG: Duration = Duration::from_millis(60);

/// Multiplications of f32 numbers, each with an addition, that so many threads do in a second with an instruction set: the
/// most of several tries, out of registers.
pub fn multiply_adds(isa: Isa, threads: usize) -> f64 {
    let threads = threads.max(1);
    let kernel = Multiply { items: 256 * threads };
    let count = kernel.items * Multiply::ROUNDS * isa.tiles().conv[0] * 16;
    let mut launcher = launcher(isa, threads);
    count as f64 / least_seconds(|| launcher.launch(&kernel))
}

/// Bytes that so many threads read in a second, each its own part of memory of this size in all, again and again: the most of
/// several tries. It allocates the memory.
pub fn bytes_read(isa: Isa, threads: usize, size: usize) -> f64 {
    /// What a try reads at least, so that handing it to the threads takes no time beside it.
    const LEAST: usize = 16 << 20;
    let threads = threads.max(1);
    let mut memory = Arena::zeroed(size.max(4096 * threads) / size_of::<f32>());
    // Memory that nothing was written to is none.
    memory.fill(1.0);
    let times = LEAST.div_ceil(size_of_val(&*memory));
    let kernel = Read { memory: &memory, parts: threads, times };
    let mut launcher = launcher(isa, threads);
    (size_of_val(&*memory) * times) as f64 / least_seconds(|| launcher.launch(&kernel))
}

fn launcher(isa: Isa, threads: usize) -> Launcher<'static> {
    prepare(threads);
    Launcher::new(isa).with_team(Team::open(threads))
}

/// Of several tries the shortest, after one that does not count.
fn least_seconds(mut work: impl FnMut()) -> f64 {
    work();
    let (start, mut least, mut tries) = (Instant::now(), f64::MAX, 0);
    while tries < 3 || start.elapsed() < LONG {
        let begin = Instant::now();
        work();
        least = least.min(begin.elapsed().as_secs_f64());
        tries += 1;
    }
    least
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_numbers_on_any_instruction_set() {
        for isa in Isa::available() {
            for threads in [1, 2] {
                let rates = [multiply_adds(isa, threads), bytes_read(isa, threads, 1 << 16)];
                assert!(rates.iter().all(|rate| rate.is_finite() && *rate > 1e6), "{isa}: {rates:?}");
            }
        }
    }
}
