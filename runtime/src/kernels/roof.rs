//! What the machine can do at most, as kernels: products of numbers in registers, and numbers read from memory.

use super::Kernel;
use super::table::with_tile;
use super::tile::each;
#[cfg(target_arch = "x86_64")]
use crate::simd::amx::{Amx, Steps, TILE};
use crate::simd::{F32x16, Simd, Work};
use core::hint::black_box;
use core::ops::Range;

/// Vectors that a round takes at once: the sums of a convolution's largest tile, which hide how long an instruction takes.
macro_rules! with_sums {
    ($constant:ident => $value:expr) => {
        with_tile!(S::TILES.conv, S::TILES.conv[0], $constant => $value)
    };
}

/// Multiplications with an addition, of vectors in registers: so many for each pixel of a convolution's largest tile in an item.
#[derive(Debug)]
pub(crate) struct Multiply {
    /// Work items.
    pub(crate) items: usize,
}

impl Multiply {
    /// Rounds of an item.
    pub(crate) const ROUNDS: usize = 1 << 10;
}

impl Kernel for Multiply {
    fn items(&self) -> usize {
        self.items
    }

    fn cost(&self) -> usize {
        self.items * Multiply::ROUNDS
    }

    fn algorithm(&self) -> &'static str {
        "multiply"
    }

    #[inline(always)]
    fn run<S: Simd>(&self, simd: S, items: Range<usize>, _: &mut [f32]) {
        for _ in items {
            with_sums!(SUMS => simd.outline(Products::<SUMS>));
        }
    }
}

/// The products of an item.
struct Products<const SUMS: usize>;

impl<const SUMS: usize> Work for Products<SUMS> {
    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let (a, b) = (simd.splat(black_box(0.5)), simd.splat(black_box(0.25)));
        let mut sums: [F32x16; SUMS] = [b; SUMS];
        for _ in 0..Multiply::ROUNDS {
            each!(pixel SUMS, s => sums[s] = simd.mul_add(sums[s], a, b));
        }
        black_box(sums);
    }
}

/// Products of AMX's tiles, of which four keep its unit busy, with operands from the L1 cache.
#[cfg(target_arch = "x86_64")]
#[derive(Debug)]
pub(crate) struct MultiplyTiles {
    /// The proof that there are tiles.
    pub(crate) amx: Amx,
    /// Work items.
    pub(crate) items: usize,
}

#[cfg(target_arch = "x86_64")]
impl MultiplyTiles {
    const ROUNDS: usize = 8;
    const STEPS: usize = 8;
    /// Multiplications of an item: of 16 pixels, 16 outputs and 32 inputs each.
    pub(crate) const PRODUCTS: usize = MultiplyTiles::ROUNDS * MultiplyTiles::STEPS * 4 * 16 * 16 * 32;
}

#[cfg(target_arch = "x86_64")]
impl Kernel for MultiplyTiles {
    fn items(&self) -> usize {
        self.items
    }

    fn cost(&self) -> usize {
        self.items * MultiplyTiles::PRODUCTS / 256
    }

    fn algorithm(&self) -> &'static str {
        "multiply tiles"
    }

    #[inline(always)]
    fn run<S: Simd>(&self, _: S, items: Range<usize>, _: &mut [f32]) {
        /// Every step reads the same inputs.
        #[repr(align(64))]
        struct Operands {
            inputs: [u8; 2 * TILE],
            weights: [u8; MultiplyTiles::STEPS * 2 * TILE],
            table: [u64; MultiplyTiles::STEPS + 1],
        }
        if const { S::AMX } {
            let operands = black_box(Operands {
                inputs: [0; 2 * TILE],
                weights: [0; MultiplyTiles::STEPS * 2 * TILE],
                table: [0; MultiplyTiles::STEPS + 1],
            });
            let steps = Steps {
                inputs: operands.inputs.as_ptr(),
                second: TILE,
                table: operands.table.as_ptr(),
                weights: operands.weights.as_ptr(),
                count: MultiplyTiles::STEPS,
            };
            let mut tiles = self.amx.tiles([16, 16]);
            for _ in 0..items.len() * MultiplyTiles::ROUNDS {
                // Safety: there are two tiles of inputs, and for each step two of weights and a number of the table, and one more.
                unsafe { tiles.multiply::<1, 2>(&steps) };
            }
        }
    }
}

/// Reads memory: an equal part for each thread, and each part several times.
#[derive(Debug)]
pub(crate) struct Read<'m> {
    /// What is read.
    pub(crate) memory: &'m [f32],
    /// Into how many parts it is cut.
    pub(crate) parts: usize,
    /// How often each is read.
    pub(crate) times: usize,
}

impl Kernel for Read<'_> {
    /// Times of parts; times run fastest, so that a thread reads one part.
    fn items(&self) -> usize {
        self.parts * self.times
    }

    fn cost(&self) -> usize {
        self.memory.len() / 16 * self.times
    }

    fn algorithm(&self) -> &'static str {
        "read"
    }

    #[inline(always)]
    fn run<S: Simd>(&self, simd: S, items: Range<usize>, _: &mut [f32]) {
        let size = self.memory.len() / self.parts;
        for item in items {
            let part = &self.memory[item / self.times * size..][..size];
            with_sums!(SUMS => simd.outline(Part::<'_, SUMS>(part)));
        }
    }
}

/// A part to read: each sum its own stream, since one alone does not keep the memory busy.
struct Part<'m, const SUMS: usize>(&'m [f32]);

impl<const SUMS: usize> Work for Part<'_, SUMS> {
    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        // Lines of a stream.
        let count = self.0.len() / SUMS / 16;
        let mut sums: [F32x16; SUMS] = [simd.splat(0.0); SUMS];
        for line in self.0.chunks_exact(16).take(count) {
            // Safety: there are as many lines behind this one for each stream before the last.
            each!(pixel SUMS, s => sums[s] = simd.add(sums[s], unsafe { simd.load(line.as_ptr().add(s * count * 16)) }));
        }
        black_box(sums);
    }
}
