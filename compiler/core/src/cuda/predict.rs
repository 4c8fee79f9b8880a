//! What a network would take on a GPU, by its numbers alone: nothing here was measured.
//!
//! A launch takes as long as its bytes at the memory's bandwidth or its products at the units' peak, whichever is longer, by as
//! many processors as its blocks fill, and not less than a node of a CUDA graph does. Caches are taken to be large enough that a
//! launch reads each number once.

use super::tensor::PROCESSORS;
use super::{Argument, Launch, Module};
use crate::lir::work::measure;
use crate::lir::{Number, Program};

/// What a GPU can do at most.
#[derive(Clone, Copy, Debug)]
pub struct Gpu {
    /// Its name.
    pub name: &'static str,
    /// Processors.
    pub processors: usize,
    /// Bytes of memory in a second.
    pub bandwidth: f64,
    /// Operations in a second, a multiplication and an addition being two: of f32, TF32, and halves.
    pub peaks: [f64; 3],
    /// Seconds that a node of a graph takes at least.
    pub node: f64,
}

/// An H100 with SXM5, dense, by NVIDIA's data sheet; a node's time is what others report of graphs.
pub const H100: Gpu =
    Gpu { name: "H100", processors: 132, bandwidth: 3.35e12, peaks: [67e12, 494e12, 989e12], node: 1.5e-6 };

/// What a network would take for a batch.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Prediction {
    /// Launches, which are the nodes of a graph.
    pub nodes: usize,
    /// Operations, a multiplication and an addition being two.
    pub operations: f64,
    /// Bytes that launches move.
    pub bytes: f64,
    /// What no program in this order of steps can do without: weights once, and each step's operands.
    pub least_bytes: f64,
    /// Seconds.
    pub time: f64,
    /// Seconds at the roofline: of all bytes or all operations.
    pub roofline: f64,
}

/// Predicts a module's time.
pub fn predict(program: &Program, module: &Module, gpu: &Gpu, images: usize) -> Prediction {
    let number = program.target.number();
    let weight = number.element().size() as f64 / size_of::<f32>() as f64;
    let mut all = Prediction {
        nodes: module.launches.len(),
        operations: 0.0,
        bytes: 0.0,
        least_bytes: 0.0,
        time: 0.0,
        roofline: 0.0,
    };
    let mut at_least = 0.0;
    let batch = images as f64;
    for (work, launch) in measure(program).iter().zip(&module.launches) {
        let operations = 2.0 * work.macs as f64 * batch;
        let values = work.value_bytes as f64 * batch;
        let matrix = launch.arguments.iter().find_map(|argument| match argument {
            Argument::Matrix(at) => module.matrices.iter().find(|(offset, _)| offset == at),
            Argument::Arena(_) | Argument::Weights(_) | Argument::Workspace => None,
        });
        let weights = matrix.map_or(work.weight_bytes as f64, |(_, matrix)| matrix.size() as f64);
        let peak = match (matrix, number) {
            (None, _) | (_, Number::F32) => gpu.peaks[0],
            (_, Number::Tf32) => gpu.peaks[1],
            (_, Number::Bf16 | Number::F16) => gpu.peaks[2],
        };
        let bytes = values + weights;
        let time = (bytes / gpu.bandwidth).max(operations / peak)
            / fill(launch, matrix.map(|(_, matrix)| matrix.groups), gpu, images);
        all.operations += operations;
        all.bytes += bytes;
        all.least_bytes += values + work.weight_bytes as f64 * weight;
        all.time += time.max(gpu.node);
        at_least += operations / peak;
    }
    all.roofline = at_least.max(all.least_bytes / gpu.bandwidth);
    all
}

/// The part of a GPU's processors that a launch's blocks keep busy. Of a convolution's blocks that may share tiles some return at
/// once: its kernel shares a tile among as many as there are processors for.
fn fill(launch: &Launch, groups: Option<usize>, gpu: &Gpu, images: usize) -> f64 {
    let [x, y, z] = launch.grid.of(images);
    let blocks = match groups {
        Some(groups) if launch.arguments.contains(&Argument::Workspace) => {
            let tiles = x * y * groups;
            tiles * (PROCESSORS / tiles).clamp(1, z / groups)
        }
        _ => x * y * z,
    };
    let rounds = blocks.div_ceil(gpu.processors);
    blocks as f64 / (rounds * gpu.processors) as f64
}
