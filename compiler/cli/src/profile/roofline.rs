//! The machine's roofline, and the least time that a step can take under it.

use archc_core::readable::bytes as readable;
use serde::{Deserialize, Serialize};

/// What the machine does in a second with as many threads as the network is computed on.
#[derive(Debug, Deserialize, Serialize)]
pub(super) struct Roofline {
    /// Multiplications with an addition, out of registers.
    multiply_adds: f64,
    /// The same of bf16 numbers by AMX, where the machine has it.
    tile_multiply_adds: Option<f64>,
    /// Sizes of memory and the bytes that are read from it, again and again; sizes grow.
    bytes_read: Vec<(u64, f64)>,
}

/// Multiplications, each with an addition, by what does them.
#[derive(Clone, Copy, Debug)]
pub(super) enum Products {
    /// Of f32 numbers, in vectors.
    OnVectors(u64),
    /// Of bf16 numbers, by AMX.
    OnTiles(u64),
}

/// What a step's least time is due to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Bound {
    /// Its products.
    Compute,
    /// Its bytes.
    Memory,
}

impl Bound {
    pub(super) fn word(self) -> &'static str {
        match self {
            Bound::Compute => "compute",
            Bound::Memory => "memory",
        }
    }
}

impl Roofline {
    /// The least time of a step with so many products, bytes of values and bytes of weights, in a network that takes so many
    /// bytes in all.
    ///
    /// Values were written just before, so that they come from the cache that holds them. Weights come from the one that holds
    /// all of the network, since all of it was touched since they were read last.
    pub(super) fn least_ms(&self, products: Products, values: u64, weights: u64, all: u64) -> (f64, Bound) {
        let compute = self.compute_ms(products);
        let memory = 1e3 * (values as f64 / self.rate(values) + weights as f64 / self.rate(all));
        if compute >= memory { (compute, Bound::Compute) } else { (memory, Bound::Memory) }
    }

    /// The time of products, if there is nothing else to do.
    pub(super) fn compute_ms(&self, products: Products) -> f64 {
        match products {
            Products::OnVectors(count) => 1e3 * count as f64 / self.multiply_adds,
            Products::OnTiles(count) => self.tile_multiply_adds.map_or(0.0, |rate| 1e3 * count as f64 / rate),
        }
    }

    /// Bytes that are read in a second from memory of a size, between the sizes that were measured by the ratio to both.
    fn rate(&self, size: u64) -> f64 {
        let after = self.bytes_read.partition_point(|&(measured, _)| measured < size);
        let at = |i: usize| self.bytes_read.get(i).copied();
        match (after.checked_sub(1).and_then(at), at(after)) {
            (Some((low, below)), Some((high, above))) => {
                let part = (size as f64 / low as f64).ln() / (high as f64 / low as f64).ln();
                below * (above / below).powf(part)
            }
            (Some((_, rate)), None) | (None, Some((_, rate))) => rate,
            (None, None) => f64::INFINITY,
        }
    }

    /// Operations in a second at most, in 10^9: a multiplication with an addition is two.
    pub(super) fn peak_gflops(&self) -> f64 {
        2e-9 * self.multiply_adds
    }

    /// The same of bf16 numbers by AMX.
    pub(super) fn tile_peak_gflops(&self) -> Option<f64> {
        self.tile_multiply_adds.map(|rate| 2e-9 * rate)
    }

    /// Sizes of memory in words, and 10^9 bytes in a second that are read from it.
    pub(super) fn gigabytes(&self) -> impl Iterator<Item = (String, f64)> {
        self.bytes_read.iter().map(|&(size, rate)| (readable(size), 1e-9 * rate))
    }

    /// In words.
    pub(super) fn describe(&self) -> String {
        let rates: Vec<String> =
            self.gigabytes().map(|(size, rate)| format!("{rate:.0} of {size}")).collect();
        let tiles = self.tile_peak_gflops().map(|peak| format!(", {peak:.0} of bf16 by AMX"));
        format!(
            "{:.0} GFLOP/s{}; reads GB/s out of memory: {}",
            self.peak_gflops(),
            tiles.unwrap_or_default(),
            rates.join(", ")
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn roofline() -> Roofline {
        Roofline {
            multiply_adds: 1e9,
            tile_multiply_adds: Some(1e10),
            bytes_read: vec![(100, 8e9), (10_000, 2e9)],
        }
    }

    #[test]
    fn rates_lie_between_those_that_were_measured() {
        let near = |size, rate: f64| (roofline().rate(size) / rate - 1.0).abs() < 1e-9;
        assert!(near(1, 8e9) && near(100, 8e9) && near(10_000, 2e9) && near(1 << 40, 2e9));
        // Half of the way from 100 to 10,000, by ratios.
        assert!(near(1000, 4e9), "{}", roofline().rate(1000));
    }

    #[test]
    fn a_step_is_bound_by_what_takes_longer() {
        // 1 ms of products; 100 bytes at 8 GB/s and 10^6 at 2 GB/s.
        let products = Products::OnVectors(1_000_000);
        assert_eq!(roofline().least_ms(products, 100, 0, 1 << 20), (1.0, Bound::Compute));
        let products = Products::OnTiles(30_000_000);
        assert_eq!(roofline().least_ms(products, 100, 0, 1 << 20), (3.0, Bound::Compute));
        let (ms, bound) = roofline().least_ms(Products::OnVectors(100_000), 100, 1_000_000, 1 << 20);
        assert!((ms - 0.500_012_5).abs() < 1e-12, "{ms}");
        assert_eq!(bound, Bound::Memory);
    }
}
