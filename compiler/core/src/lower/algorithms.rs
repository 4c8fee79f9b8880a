//! Which algorithm computes each convolution: the fastest by a model of its time, as long as the packed weights of the whole
//! network do not grow too much.
//!
//! The choice holds for every machine, since weights are packed for it. Layers of the same shape get the same algorithm, so
//! that repeated blocks stay the same function. First each layer gets the fastest algorithm that takes its weights as they are;
//! then those are changed that save most for each number which their packed weights grow by.
//!
//! Who has measured may say otherwise ([`Choices`]); what there is to choose among are [`alternatives`].

use super::select::{Selection, Work, select};
use crate::ir::{Graph, NodeId, Shape};
use crate::lir::Kernel;
use crate::mode::Mode;
use archc_runtime::op::{Algorithm, Conv};
use archc_runtime::weights::spec::conv_size;

/// How much the packed weights of a network may grow, against those of direct convolutions.
const GROWTH: f64 = 0.35;

/// What a change must save at least of a layer's time; below that the model is not to be trusted.
const LEAST: f64 = 0.03;

/// What decides how convolutions are computed.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Choices {
    /// The model of their times.
    #[default]
    Model,
    /// This algorithm, wherever it may be taken, and the direct one elsewhere: to measure it.
    Everywhere(Algorithm),
    /// The algorithms of these layers, and the direct one for others.
    Given(Vec<Layers>),
}

/// What there is to choose among in a network.
#[derive(Clone, Debug, PartialEq)]
pub struct Alternatives {
    /// Convolutions that more than one algorithm can compute, in the order of the network, each with the model's choice.
    pub layers: Vec<Layers>,
    /// How many numbers the packed weights may have more than those of direct convolutions.
    pub room: f64,
}

/// What there is to choose among in a graph that [`crate::ir::verify`] accepts.
///
/// # Panics
///
/// If the graph has a cycle, which the verifier refuses.
pub fn alternatives(graph: &Graph, mode: Mode) -> Alternatives {
    let mut layers = candidates(graph, &select(graph));
    by_model(graph, &mut layers, mode);
    layers.retain(|layers| layers.algorithms(mode).nth(1).is_some());
    Alternatives { layers, room: GROWTH * weights(graph) }
}

/// Convolutions that are alike: one algorithm computes all of them.
#[derive(Clone, Debug, PartialEq)]
pub struct Layers {
    /// Their full names, in the order of the network.
    pub names: Vec<String>,
    /// What each of them computes, and by which algorithm.
    pub conv: Conv,
    /// The shape of what they read.
    pub x: Shape,
    /// The shape of what they write.
    pub y: Shape,
    tasks: Vec<usize>,
}

impl Layers {
    /// The algorithms that a mode has for them, the direct one first.
    pub fn algorithms(&self, mode: Mode) -> impl Iterator<Item = Algorithm> + use<> {
        std::iter::once(Algorithm::Direct).chain(algorithms(mode, self.conv.kernel).iter().copied())
    }

    /// Whether others compute the same on values of the same shapes.
    fn is_like(&self, other: &Layers) -> bool {
        let key = |layers: &Layers| (layers.conv.by(Algorithm::Direct), layers.x, layers.y);
        key(self) == key(other)
    }

    /// Packed numbers of all of them.
    pub fn size(&self, algorithm: Algorithm) -> f64 {
        let [rows, columns] = self.conv.kernel;
        let shape = [rows, columns, self.x.channels, self.y.channels];
        (conv_size(shape, 1, algorithm.packing()) * self.tasks.len()) as f64
    }

    /// Their time for one image by the model, in multiplications of 16 numbers that a core does while it does nothing else.
    pub fn time(&self, algorithm: Algorithm) -> f64 {
        time(algorithm, self.conv.kernel[0], self.x, self.y) * self.tasks.len() as f64
    }
}

/// Chooses for every convolution of a selection.
pub(super) fn choose(graph: &Graph, selection: &mut Selection, mode: Mode, choices: &Choices) {
    let mut all = candidates(graph, selection);
    match choices {
        Choices::Model => by_model(graph, &mut all, mode),
        Choices::Everywhere(algorithm) => {
            for layers in all.iter_mut().filter(|layers| layers.algorithms(mode).any(|a| a == *algorithm)) {
                layers.conv.algorithm = *algorithm;
            }
        }
        Choices::Given(given) => {
            for layers in &mut all {
                if let Some(like) = given.iter().find(|like| like.is_like(layers)) {
                    layers.conv.algorithm = like.conv.algorithm;
                }
            }
        }
    }
    for layers in all {
        for task in layers.tasks {
            selection.tasks[task].work = Work::Kernel(Kernel::Conv(layers.conv));
        }
    }
}

/// What the model of their times chooses.
fn by_model(graph: &Graph, all: &mut [Layers], mode: Mode) {
    let mut room = GROWTH * weights(graph);
    while let Some((at, algorithm)) = best(all, room, mode) {
        let layers = &mut all[at];
        room -= layers.size(algorithm) - layers.size(layers.conv.algorithm);
        layers.conv.algorithm = algorithm;
    }
}

/// The change that saves most time for each packed number that it adds.
fn best(all: &[Layers], room: f64, mode: Mode) -> Option<(usize, Algorithm)> {
    let mut best: Option<(f64, usize, Algorithm)> = None;
    for (at, layers) in all.iter().enumerate() {
        for &algorithm in algorithms(mode, layers.conv.kernel) {
            let saved = layers.time(layers.conv.algorithm) - layers.time(algorithm);
            let added = layers.size(algorithm) - layers.size(layers.conv.algorithm);
            if added < 0.0 || added > room || saved < LEAST * layers.time(layers.conv.algorithm) {
                continue;
            }
            // Infinite where nothing is added.
            let value = saved / added;
            if best.is_none_or(|(least, ..)| value > least) {
                best = Some((value, at, algorithm));
            }
        }
    }
    best.map(|(_, at, algorithm)| (at, algorithm))
}

/// What there is beside the direct one for a kernel; 5x5 ones are transformed as those of 3x3 are for large tiles, and round
/// as much.
fn algorithms(mode: Mode, kernel: [usize; 2]) -> &'static [Algorithm] {
    const fn winograd(tile: usize, packed: bool) -> Algorithm {
        Algorithm::Winograd { tile, packed }
    }
    const STRICT: &[Algorithm] = &[winograd(2, false), winograd(2, true)];
    const ALL: &[Algorithm] = &[winograd(2, false), winograd(2, true), winograd(4, false), winograd(4, true)];
    // AMX, which these modes are for, takes weights as they are.
    const PLAIN: &[Algorithm] = &[winograd(2, false), winograd(4, false)];
    match (kernel, mode) {
        ([3, 3], Mode::F32Strict) => STRICT,
        ([3, 3], Mode::F32) => ALL,
        ([3, 3], Mode::F32Fast | Mode::Bf16) => PLAIN,
        ([5, 5], Mode::F32 | Mode::F32Fast | Mode::Bf16) => &PLAIN[..1],
        _ => &[],
    }
}

/// The convolutions that Winograd's algorithm takes, in the order of the network.
fn candidates(graph: &Graph, selection: &Selection) -> Vec<Layers> {
    let mut all: Vec<Layers> = Vec::new();
    for (at, task) in selection.tasks.iter().enumerate() {
        let (Work::Kernel(Kernel::Conv(conv)), Some(&x)) = (task.work, task.inputs.first()) else { continue };
        let shape = |id: NodeId| graph.node(id).shape;
        let (x, y) = (shape(x), shape(task.node));
        let plain = Conv::new(conv.kernel).padding(conv.padding).then(conv.activation);
        // With fewer inputs the transforms take longer than the products.
        if conv != plain || !matches!(conv.kernel, [3, 3] | [5, 5]) || x.channels < 16 {
            continue;
        }
        let name = graph.path(task.owner);
        match all.iter_mut().find(|l| (l.conv, l.x, l.y) == (conv, x, y)) {
            Some(layers) => {
                layers.tasks.push(at);
                layers.names.push(name);
            }
            None => all.push(Layers { names: vec![name], conv, x, y, tasks: vec![at] }),
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

/// The time of a convolution by a kernel of so many taps along each axis, in multiplications of 16 numbers that a core does while it does nothing else.
///
/// Measured with AVX2 (`cargo run --release -p archc-runtime --example kernels`): what share of the peak the products
/// reach, what it takes to transform a tile of 16 channels and a kernel of one input and 16 outputs, and what it takes to read
/// weights that no cache holds, which is why the transformed kernels of small planes are not worth being read.
fn time(algorithm: Algorithm, side: usize, x: Shape, y: Shape) -> f64 {
    const DIRECT: f64 = 0.93;
    const PRODUCTS: f64 = 0.88;
    const WEIGHT: f64 = 0.6;
    const GROUP: usize = 48;
    let blocks = |channels: usize| channels.div_ceil(16) as f64;
    let (inputs, outputs) = (x.channels as f64, blocks(y.channels));
    let own = (side * side) as f64;
    let read = |taps: f64| WEIGHT * taps * inputs * outputs * 16.0;
    match algorithm {
        Algorithm::Direct => (y.height * y.width) as f64 * own * inputs * outputs / DIRECT + read(own),
        Algorithm::Winograd { tile, packed } => {
            let tiles = y.height.div_ceil(tile) * y.width.div_ceil(tile);
            let taps = (tile + side - 1).pow(2) as f64;
            let transforms = 12.0 * taps * (blocks(x.channels) + outputs);
            let kernels = 3.2 * taps * inputs * outputs * tiles.div_ceil(GROUP) as f64;
            let all = tiles as f64 * (taps * inputs * outputs / PRODUCTS + transforms);
            all + if packed { read(taps) } else { kernels + read(own) }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The fastest for a layer of this many rows, columns and channels.
    fn fastest(side: usize, channels: usize) -> Algorithm {
        let shape = Shape::new(side, side, channels);
        let all = algorithms(Mode::F32, [3, 3]).iter().chain([&Algorithm::Direct]);
        let by_time = |a: &&Algorithm, b: &&Algorithm| {
            time(**a, 3, shape, shape).total_cmp(&time(**b, 3, shape, shape))
        };
        *all.min_by(by_time).unwrap()
    }

    #[test]
    fn large_planes_read_transformed_kernels() {
        for (side, channels) in [(224, 64), (112, 128), (56, 64)] {
            assert_eq!(fastest(side, channels), Algorithm::Winograd { tile: 4, packed: true }, "{side}");
        }
    }

    #[test]
    fn few_tiles_do_not_pay_for_weights_that_are_four_times_as_many() {
        for (side, channels) in [(28, 128), (14, 256), (7, 512)] {
            assert_eq!(fastest(side, channels), Algorithm::Winograd { tile: 4, packed: false }, "{side}");
        }
        assert_eq!(fastest(2, 512), Algorithm::Direct);
    }
}
