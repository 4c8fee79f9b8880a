//! What each layer of a plan takes: its value, its packed weights, and all that is alive while it runs.

use super::{ALIGNMENT, Plan};
use crate::lir::{Buffer, Pack, PackKind, Program, Value, ValueId};
use std::collections::{BTreeMap, HashMap};

/// Bytes of a number.
const NUMBER: u64 = size_of::<f32>() as u64;

/// The memory of a planned network, for a batch of one, in bytes.
#[derive(Clone, Debug, PartialEq)]
pub struct Memory {
    /// All of the arena.
    pub arena: u64,
    /// All of the packed weights.
    pub weights: u64,
    /// The largest sum of what is alive at once.
    pub peak: u64,
    /// What that would be without halos and padding lanes.
    pub plain_peak: u64,
    /// The layer that runs then; the first of them. `None` where the network has no steps.
    pub peak_layer: Option<String>,
    /// What is alive then, the largest first.
    pub peak_values: Vec<Held>,
    /// By the full name of the operation. Operations that were fused into others have no entry.
    pub layers: HashMap<String, Layer>,
}

/// A value that is alive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// The full name of the operation that computes it.
    pub name: String,
    /// Its buffer and copies of it, in bytes.
    pub bytes: u64,
}

/// The memory of one operation, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Layer {
    /// Its value: halo and padding lanes included, as it is planned.
    pub value: u64,
    /// Its packed weights.
    pub weights: u64,
    /// All that is alive while it runs; 0 where no step of its own computes it, as for a concatenation in place.
    pub alive: u64,
}

/// Measures a plan.
pub fn measure(program: &Program, plan: &Plan) -> Memory {
    let mut layers: HashMap<String, Layer> = HashMap::new();
    for value in &program.values {
        let bytes = share(&program.buffers[value.buffer.index()], value);
        let layer = layers.entry(value.name.clone()).or_default();
        layer.value = layer.value.max(bytes);
    }
    let alive = alive(program, plan);
    for (step, &bytes) in program.steps.iter().zip(&alive) {
        let name = &program.values[step.output.index()].name;
        let layer = layers.entry(name.clone()).or_default();
        layer.alive = layer.alive.max(bytes);
        if let Some(pack) = step.pack.map(|id| &program.packs[id.index()]) {
            let name = owner(program, pack).unwrap_or(name).to_owned();
            layers.entry(name).or_default().weights += pack.size as u64 * NUMBER;
        }
    }
    let peak = alive.iter().max().copied().unwrap_or(0);
    let peak_step = alive.iter().position(|&bytes| bytes == peak);
    Memory {
        arena: plan.arena_size as u64 * NUMBER,
        weights: plan.weights_size as u64 * NUMBER,
        peak: plan.peak_size as u64 * NUMBER,
        plain_peak: super::print::plain_peak(program, plan) as u64 * NUMBER,
        peak_layer: peak_step.map(|at| layer_of(program, at)),
        peak_values: peak_step.map_or_else(Vec::new, |at| held(program, plan, at)),
        layers,
    }
}

/// Bytes of a buffer in the arena.
fn size(buffer: &Buffer) -> u64 {
    buffer.words().next_multiple_of(ALIGNMENT) as u64 * NUMBER
}

/// Bytes of a value: its buffer, or its channels' part of that.
fn share(buffer: &Buffer, value: &Value) -> u64 {
    let whole = size(buffer);
    match value.view.channels < buffer.channels {
        true => (u128::from(whole) * value.view.channels as u128 / buffer.channels as u128) as u64,
        false => whole,
    }
}

/// Bytes that are alive while each step runs.
fn alive(program: &Program, plan: &Plan) -> Vec<u64> {
    let mut change = vec![0_i128; program.steps.len() + 1];
    for (buffer, lifetime) in program.buffers.iter().zip(&plan.lifetimes) {
        change[lifetime.start] += i128::from(size(buffer));
        change[lifetime.end] -= i128::from(size(buffer));
    }
    let mut now = 0;
    let step = |change: &i128| {
        now += change;
        now as u64
    };
    change.iter().take(program.steps.len()).map(step).collect()
}

/// The layer that a step belongs to: the one whose value it computes, or makes room for.
fn layer_of(program: &Program, step: usize) -> String {
    program.values[program.steps[step].output.index()].name.clone()
}

/// The buffers that are alive while a step runs, called by what was written there last; the largest first.
fn held(program: &Program, plan: &Plan, at: usize) -> Vec<Held> {
    let mut last: Vec<Option<ValueId>> = vec![None; program.buffers.len()];
    let written = program.steps.iter().take(at + 1).map(|step| step.output);
    for id in [program.input].into_iter().chain(written) {
        last[program.values[id.index()].buffer.index()] = Some(id);
    }
    let mut by_name: BTreeMap<&str, u64> = BTreeMap::new();
    for ((buffer, lifetime), id) in program.buffers.iter().zip(&plan.lifetimes).zip(last) {
        if lifetime.contains(&at) {
            // A buffer comes to life when it is written. A copy in another layout has the name of the value.
            let name = id.map_or("", |id| program.values[id.index()].name.as_str());
            *by_name.entry(name).or_default() += size(buffer);
        }
    }
    let mut held: Vec<Held> =
        by_name.into_iter().map(|(name, bytes)| Held { name: name.to_owned(), bytes }).collect();
    held.sort_by_key(|h| std::cmp::Reverse(h.bytes));
    held
}

/// The operation whose weights a pack holds, by the name of its first tensor.
fn owner<'a>(program: &'a Program, pack: &Pack) -> Option<&'a str> {
    let first = match &pack.kind {
        PackKind::Conv { weight, .. } | PackKind::Dense { weight, .. } => *weight,
        PackKind::Affine { norms } => norms.first()?.beta,
        PackKind::Normalize { mean, .. } => *mean,
    };
    program.tensors[first.index()].name.rsplit_once('.').map(|(path, _)| path)
}
