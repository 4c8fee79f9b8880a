//! A launch: blocks in a random order, several at a time on each core.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use super::block::{BlockTrouble, Random, Running};
use super::warp::{Machine, Tally, split};
use crate::counts::Counts;
use crate::decode::Kernel;
use crate::fault::Fault;
use crate::memory::Map;
use crate::race::Launch;

/// What to launch, on what.
pub(crate) struct Request<'a> {
    pub(crate) kernel: &'a Kernel,
    pub(crate) memory: &'a Map,
    pub(crate) globals: &'a [u64],
    pub(crate) launch: &'a Launch,
    pub(crate) parameters: &'a [u8],
    pub(crate) grid: [u32; 3],
    pub(crate) threads: [u32; 3],
    pub(crate) dynamic_shared: u32,
    pub(crate) options: &'a crate::Options,
}

/// Runs all blocks; the first fault that any of them has otherwise.
pub(crate) fn launch(request: &Request<'_>) -> Result<Counts, Box<Fault>> {
    let Request { kernel, options, .. } = *request;
    let machine = Machine {
        kernel,
        parameters: request.parameters,
        memory: request.memory,
        launch: request.launch,
        grid: request.grid,
        threads: request.threads,
        dynamic_shared: request.dynamic_shared,
        globals: request.globals,
        faults_nan: options.faults_nan,
        most_instructions: options.most_instructions,
    };
    let mut random = Random(options.seed);
    let blocks: u32 = request.grid.iter().product();
    let mut order: Vec<u32> = (0..blocks).collect();
    for last in (1..order.len()).rev() {
        order.swap(last, random.below(last + 1));
    }
    let next = AtomicUsize::new(0);
    let stop = AtomicBool::new(false);
    let outcome = Mutex::new((Counts::default(), None));
    let cores = options.cores.clamp(1, order.len().max(1));
    let seeds: Vec<u64> = (0..cores).map(|_| random.next()).collect();
    let core = |seed: u64| {
        let (counts, fault) = run_core(request, &machine, &order, (&next, &stop), seed);
        let mut outcome = outcome.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        outcome.0.add(&counts);
        if let Some(fault) = fault {
            outcome.1.get_or_insert(fault);
        }
    };
    std::thread::scope(|scope| {
        for &seed in &seeds[1..] {
            scope.spawn(move || core(seed));
        }
        core(seeds[0]);
    });
    let (counts, fault) = outcome.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    match fault {
        Some(fault) => Err(fault),
        None => Ok(counts),
    }
}

/// What one core does of a launch: it takes blocks as long as there are.
fn run_core(
    request: &Request<'_>,
    machine: &Machine<'_>,
    order: &[u32],
    (next, stop): (&AtomicUsize, &AtomicBool),
    seed: u64,
) -> (Counts, Option<Box<Fault>>) {
    let kernel = machine.kernel;
    let mut random = Random(seed);
    let mut tally = Tally { executed: vec![0; kernel.code.len()], counts: Counts::default() };
    let warps = machine.threads.iter().product::<u32>().div_ceil(32) as usize;
    let shared_bytes = match request.dynamic_shared {
        0 => kernel.shared_bytes,
        dynamic => kernel.dynamic_shared + dynamic as usize,
    };
    let resident = request.options.blocks_at_a_time.clamp(1, order.len().max(1));
    let mut idle: Vec<Running> =
        (0..resident).map(|_| Running::new(kernel, machine, warps, shared_bytes)).collect();
    let mut running: Vec<Running> = Vec::new();
    let mut fault = None;
    'launch: loop {
        while let Some(mut block) = idle.pop() {
            let Some(&number) = order.get(next.fetch_add(1, Ordering::Relaxed)) else {
                idle.clear();
                break;
            };
            block.begin(machine, number, split(number, machine.grid));
            tally.counts.blocks += 1;
            running.push(block);
        }
        if running.is_empty() {
            break;
        }
        let chosen = random.below(running.len());
        // Now and then a short turn: it is after few instructions that a missing barrier shows.
        let [short, long] = request.options.slices;
        let bound = if random.next().is_multiple_of(4) { short } else { long };
        let slice = 1 + random.below(bound.max(1) as usize) as u32;
        match running[chosen].step(machine, &mut tally, &mut random, slice) {
            Ok(false) => {}
            Ok(true) => idle.push(running.swap_remove(chosen)),
            Err(trouble) => {
                fault = Some(describe(kernel, machine, running[chosen].index, &trouble));
                stop.store(true, Ordering::Relaxed);
            }
        }
        if stop.load(Ordering::Relaxed) {
            break 'launch;
        }
    }
    for (&executed, &class) in tally.executed.iter().zip(&kernel.classes) {
        tally.counts.instructions[class as usize] += executed;
    }
    (tally.counts, fault)
}

/// A fault with its place.
fn describe(kernel: &Kernel, machine: &Machine<'_>, block: [u32; 3], trouble: &BlockTrouble) -> Box<Fault> {
    let origin = kernel.origins.get(trouble.at as usize).copied().unwrap_or_default();
    let source = origin.source.map(|(file, line)| {
        let name = kernel.files.iter().find(|f| f.0 == file).map_or(String::new(), |f| f.1.clone());
        (name, line)
    });
    Box::new(Fault {
        kind: (*trouble.trouble.kind).clone(),
        kernel: kernel.name.clone(),
        line: origin.line,
        instruction: kernel.texts.get(trouble.at as usize).cloned().unwrap_or_default(),
        source,
        block: Some(block),
        thread: Some(split(trouble.warp * 32 + trouble.trouble.lane as u32, machine.threads)),
    })
}
