//! Which algorithm computes each convolution: the fastest by a model of its time, as long as the packed weights of the whole
//! network do not grow too much.
//!
//! The choice holds for every machine, since weights are packed for it. Layers of the same shape get the same algorithm, so
//! that repeated blocks stay the same function.

use super::select::{Selection, Work};
use crate::ir::{Graph, NodeId, Shape};
use crate::lir::Kernel;
use crate::mode::Mode;
use archc_runtime::op::{Algorithm, Conv};
use archc_runtime::weights::spec::conv_size;

/// How much the packed weights of a network may grow, against those of direct convolutions.
const GROWTH: f64 = 0.35;

/// What an algorithm must save at least of the time of the direct one; below that the model is not to be trusted.
const LEAST: f64 = 0.07;

/// Convolutions that are alike.
struct Layers {
    tasks: Vec<usize>,
    conv: Conv,
    x: Shape,
    y: Shape,
}

impl Layers {
    /// Packed numbers of all of them.
    fn size(&self, algorithm: Algorithm) -> f64 {
        let [rows, columns] = self.conv.kernel;
        let shape = [rows, columns, self.x.channels, self.y.channels];
        (conv_size(shape, 1, algorithm) * self.tasks.len()) as f64
    }

    /// Their time.
    fn time(&self, algorithm: Algorithm) -> f64 {
        time(algorithm, self.x, self.y) * self.tasks.len() as f64
    }
}

/// Chooses for every convolution of a selection.
pub(super) fn choose(graph: &Graph, selection: &mut Selection, mode: Mode) {
    let mut all = candidates(graph, selection);
    let mut room = GROWTH * weights(graph);
    while let Some((at, algorithm)) = best(&all, room, mode) {
        let layers = &mut all[at];
        room -= layers.size(algorithm) - layers.size(layers.conv.algorithm);
        layers.conv.algorithm = algorithm;
    }
    for layers in all {
        for task in layers.tasks {
            selection.tasks[task].work = Work::Kernel(Kernel::Conv(layers.conv));
        }
    }
}

/// The change that saves most time for each packed number that it adds.
fn best(all: &[Layers], room: f64, mode: Mode) -> Option<(usize, Algorithm)> {
    let mut best: Option<(f64, usize, Algorithm)> = None;
    for (at, layers) in all.iter().enumerate() {
        for &algorithm in algorithms(mode) {
            let saved = layers.time(layers.conv.algorithm) - layers.time(algorithm);
            let added = layers.size(algorithm) - layers.size(layers.conv.algorithm);
            if added <= 0.0 || added > room || saved < LEAST * layers.time(Algorithm::Direct) {
                continue;
            }
            if best.is_none_or(|(value, ..)| saved / added > value) {
                best = Some((saved / added, at, algorithm));
            }
        }
    }
    best.map(|(_, at, algorithm)| (at, algorithm))
}

/// What there is beside the direct one.
fn algorithms(mode: Mode) -> &'static [Algorithm] {
    const ALL: [Algorithm; 2] = [Algorithm::Winograd { tile: 2 }, Algorithm::Winograd { tile: 4 }];
    match mode {
        Mode::F32Strict => &ALL[..1],
        Mode::F32 => &ALL,
        // AMX, which these are for, takes weights as they are.
        Mode::F32Fast | Mode::Bf16 => &[],
    }
}

/// The convolutions that Winograd's algorithm takes, in the order of the network.
fn candidates(graph: &Graph, selection: &Selection) -> Vec<Layers> {
    let mut all: Vec<Layers> = Vec::new();
    for (at, task) in selection.tasks.iter().enumerate() {
        let (Work::Kernel(Kernel::Conv(conv)), Some(&x)) = (task.work, task.inputs.first()) else { continue };
        let shape = |id: NodeId| graph.node(id).shape;
        let (x, y) = (shape(x), shape(task.node));
        let plain = Conv::new([3, 3]).padding(conv.padding).then(conv.activation);
        // With fewer inputs the transforms take longer than the products.
        if conv != plain || x.channels < 16 {
            continue;
        }
        match all.iter_mut().find(|l| (l.conv, l.x, l.y) == (conv, x, y)) {
            Some(layers) => layers.tasks.push(at),
            None => all.push(Layers { tasks: vec![at], conv, x, y }),
        }
    }
    all
}

/// Numbers of all weights of a network.
fn weights(graph: &Graph) -> f64 {
    let of_node = |id: NodeId| -> usize {
        let shapes: Vec<Shape> = graph.inputs(id).iter().map(|&i| graph.node(i).shape).collect();
        let weights = graph.node(id).op.weights(&graph.path(id), &shapes);
        weights.iter().map(|w| w.shape.iter().product::<usize>()).sum()
    };
    let order = graph.topological().unwrap_or_default();
    order.into_iter().map(of_node).sum::<usize>() as f64
}

/// The time of a 3x3 convolution, in multiplications of 16 numbers that a core does while it does nothing else.
///
/// Measured with AVX2 (`cargo run --release -p archc-runtime --example kernels`): what share of the peak the products
/// reach, what it takes to transform a tile of 16 channels, and what it takes to read weights that no cache holds.
fn time(algorithm: Algorithm, x: Shape, y: Shape) -> f64 {
    const DIRECT: f64 = 0.93;
    const PRODUCTS: f64 = 0.88;
    const WEIGHT: f64 = 0.6;
    let blocks = |channels: usize| channels.div_ceil(16) as f64;
    let (inputs, outputs) = (x.channels as f64, blocks(y.channels));
    let read = |taps: f64| WEIGHT * taps * inputs * outputs * 16.0;
    match algorithm {
        Algorithm::Direct => (y.height * y.width * 9) as f64 * inputs * outputs / DIRECT + read(9.0),
        Algorithm::Winograd { tile } => {
            let tiles = (y.height.div_ceil(tile) * y.width.div_ceil(tile)) as f64;
            let taps = ((tile + 2) * (tile + 2)) as f64;
            let transforms = 12.0 * taps * (blocks(x.channels) + outputs);
            tiles * (taps * inputs * outputs / PRODUCTS + transforms) + read(taps)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The fastest for a layer of this many rows, columns and channels.
    fn fastest(side: usize, channels: usize) -> Algorithm {
        let shape = Shape::new(side, side, channels);
        let all = [Algorithm::Direct, Algorithm::Winograd { tile: 2 }, Algorithm::Winograd { tile: 4 }];
        let by_time =
            |a: &Algorithm, b: &Algorithm| time(*a, shape, shape).total_cmp(&time(*b, shape, shape));
        all.into_iter().min_by(by_time).unwrap()
    }

    #[test]
    fn large_planes_take_large_tiles() {
        for (side, channels) in [(112, 64), (56, 64), (28, 128), (14, 256)] {
            assert_eq!(fastest(side, channels), Algorithm::Winograd { tile: 4 }, "{side} {channels}");
        }
        // Four tiles do not pay for weights that are four times as many.
        assert_eq!(fastest(7, 512), Algorithm::Winograd { tile: 2 });
        assert_eq!(fastest(2, 512), Algorithm::Direct);
    }
}
