//! The machine's roofline: what it multiplies and what it reads in a second at most, measured. A layer can be no faster than
//! its products by the one and its bytes by the other; `archc bench --profile` shows how near it comes.

use crate::isa::Isa;
use crate::kernels::Launcher;
#[cfg(target_arch = "x86_64")]
use crate::kernels::roof::MultiplyTiles;
use crate::kernels::roof::{Multiply, Read};
#[cfg(target_arch = "x86_64")]
use crate::simd::amx::Amx;
use crate::sys::{Arena, Team, prepare};
use std::time::{Duration, Instant};

/// How long each rate is measured in a round.
const LONG: Duration = Duration::from_millis(12);

/// What so many threads do in a second with an instruction set, the most that was seen until now.
#[derive(Debug)]
pub struct Roofline {
    isa: Isa,
    threads: usize,
    multiply_adds: f64,
    tile_multiply_adds: Option<f64>,
    bytes_read: Vec<(usize, f64)>,
    /// As much as the largest size.
    memory: Arena,
}

impl Roofline {
    /// Nothing is measured yet. It allocates memory of the last of these sizes, which are bytes and grow.
    pub fn new(isa: Isa, threads: usize, sizes: &[usize]) -> Roofline {
        let threads = threads.max(1);
        prepare(threads);
        // An item has a line of each stream at least.
        let sizes = sizes.iter().map(|&size| size.max(4096 * threads));
        let bytes_read: Vec<(usize, f64)> = sizes.map(|size| (size, 0.0)).collect();
        let largest = bytes_read.last().map_or(0, |(size, _)| *size);
        let mut memory = Arena::zeroed(largest / size_of::<f32>());
        // Memory that nothing was written to is none.
        memory.fill(1.0);
        Roofline { isa, threads, multiply_adds: 0.0, tile_multiply_adds: None, bytes_read, memory }
    }

    /// Measures all rates once more. Where a machine has other things to do, most tries are disturbed: several rounds with
    /// something in between find more than one that takes as long.
    pub fn measure(&mut self) {
        /// What a try reads at least, so that handing it to the threads takes no time beside it.
        const LEAST: usize = 16 << 20;
        let Roofline { isa, threads, multiply_adds, bytes_read, memory, .. } = self;
        let mut launcher = Launcher::new(*isa).with_team(Team::open(*threads));
        let kernel = Multiply { items: 256 * *threads };
        let count = kernel.items * Multiply::ROUNDS * isa.tiles().conv[0] * 16;
        *multiply_adds = multiply_adds.max(count as f64 / least_seconds(|| launcher.launch(&kernel)));
        #[cfg(target_arch = "x86_64")]
        if let Some(amx) = Amx::of(*isa) {
            let kernel = MultiplyTiles { amx, items: 64 * *threads };
            let count = kernel.items * MultiplyTiles::PRODUCTS;
            let rate = count as f64 / least_seconds(|| launcher.launch(&kernel));
            self.tile_multiply_adds = Some(self.tile_multiply_adds.unwrap_or(0.0).max(rate));
        }
        for (size, most) in bytes_read {
            let memory = &memory[..*size / size_of::<f32>()];
            let times = LEAST.div_ceil(*size);
            let kernel = Read { memory, parts: *threads, times };
            let seconds = least_seconds(|| launcher.launch(&kernel));
            *most = most.max((size_of_val(memory) * times) as f64 / seconds);
        }
    }

    /// Multiplications of f32 numbers, each with an addition, out of registers.
    pub fn multiply_adds(&self) -> f64 {
        self.multiply_adds
    }

    /// The same of bf16 numbers by AMX, where the instruction set has it.
    pub fn tile_multiply_adds(&self) -> Option<f64> {
        self.tile_multiply_adds
    }

    /// For memory of each size the bytes that are read from it, again and again, by each thread its own part.
    pub fn bytes_read(&self) -> &[(usize, f64)] {
        &self.bytes_read
    }
}

/// Of several tries the shortest, after one that does not count.
fn least_seconds(mut work: impl FnMut()) -> f64 {
    work();
    let (start, mut least, mut tries) = (Instant::now(), f64::MAX, 0);
    while tries < 2 || start.elapsed() < LONG {
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
    fn rates_are_numbers_on_any_instruction_set_and_never_fall() {
        for isa in Isa::available() {
            for threads in [1, 2] {
                let mut roofline = Roofline::new(isa, threads, &[1, 1 << 16]);
                roofline.measure();
                let rates = |roofline: &Roofline| {
                    let bytes = roofline.bytes_read().iter().map(|(_, rate)| *rate);
                    [roofline.multiply_adds()].into_iter().chain(bytes).collect::<Vec<f64>>()
                };
                let before = rates(&roofline);
                assert_eq!(before.len(), 3);
                assert!(before.iter().all(|rate| rate.is_finite() && *rate > 1e6), "{isa}: {before:?}");
                roofline.measure();
                assert!(rates(&roofline).iter().zip(&before).all(|(rate, before)| rate >= before));
            }
        }
    }
}
