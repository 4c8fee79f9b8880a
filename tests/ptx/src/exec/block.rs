//! A block: its warps in a random order between barriers.

use super::exchange;
use super::warp::{Block, Machine, Stop, Tally, Trouble, Warp};
use crate::decode::{Kernel, Kind};
use crate::fault::FaultKind;
use crate::memory::Shared;
use crate::race::{LAST_BARRIER, Viewer};

/// A generator of random numbers (SplitMix64): the order of a launch is its seed's.
pub(super) struct Random(pub(super) u64);

impl Random {
    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below a bound that is not zero.
    pub(super) fn below(&mut self, bound: usize) -> usize {
        ((u128::from(self.next()) * bound as u128) >> 64) as usize
    }
}

/// A fault of a warp.
pub(super) struct BlockTrouble {
    pub(super) trouble: Trouble,
    /// Where the warp is in the code.
    pub(super) at: u32,
    pub(super) warp: u32,
}

/// A block that runs. Its memory serves one block after another.
pub(super) struct Running {
    warps: Vec<Warp>,
    /// Warps that can go on.
    ready: Vec<usize>,
    at_barrier: Vec<usize>,
    shared: Block,
    pub(super) index: [u32; 3],
}

impl Running {
    pub(super) fn new(kernel: &Kernel, machine: &Machine<'_>, warps: usize, shared_bytes: usize) -> Self {
        Self {
            warps: (0..warps).map(|_| Warp::new(kernel)).collect(),
            ready: Vec::new(),
            at_barrier: Vec::new(),
            shared: Block {
                shared: Shared::new(shared_bytes),
                viewer: Viewer::new(machine.launch, 0),
                barrier: 1,
            },
            index: [0; 3],
        }
    }

    /// Block `number` of the grid, which is the one at `index`, begins.
    pub(super) fn begin(&mut self, machine: &Machine<'_>, number: u32, index: [u32; 3]) {
        self.index = index;
        self.shared.shared.clear();
        self.shared.viewer = Viewer::new(machine.launch, number);
        self.shared.barrier = 1;
        self.ready = (0..self.warps.len()).collect();
        self.at_barrier.clear();
        for (number, warp) in self.warps.iter_mut().enumerate() {
            warp.begin(machine, number as u32, index);
        }
    }

    /// One of its warps goes on for a while; whether the block has ended.
    pub(super) fn step(
        &mut self,
        machine: &Machine<'_>,
        tally: &mut Tally,
        random: &mut Random,
        slice: u32,
    ) -> Result<bool, BlockTrouble> {
        let chosen = random.below(self.ready.len());
        let number = self.ready[chosen];
        let warp = &mut self.warps[number];
        let stop = warp.run(machine, &mut self.shared, tally, slice);
        match stop.map_err(|trouble| BlockTrouble { trouble, at: warp.at, warp: number as u32 })? {
            Stop::Slice => return Ok(false),
            Stop::Barrier => {
                self.ready.swap_remove(chosen);
                self.at_barrier.push(number);
            }
            Stop::Exit => {
                self.ready.swap_remove(chosen);
            }
        }
        if !self.ready.is_empty() {
            return Ok(false);
        }
        if self.at_barrier.is_empty() {
            return Ok(true);
        }
        self.pass_barrier(machine)?;
        Ok(false)
    }

    /// All warps are at a barrier, which must be the same, and all threads with them.
    fn pass_barrier(&mut self, machine: &Machine<'_>) -> Result<(), BlockTrouble> {
        let first = self.at_barrier[0];
        let at = self.warps[first].at;
        let diverges = |warp: usize, at: u32, what: String| {
            let kind = FaultKind::BarrierDivergence(what);
            Err(BlockTrouble { trouble: Trouble::new(kind, u32::MAX), at, warp: warp as u32 })
        };
        if let Some(gone) = self.warps.iter().find(|warp| warp.exited() != 0) {
            let lane = gone.exited().trailing_zeros();
            return diverges(first, at, format!("thread {} has exited before it", gone.number * 32 + lane));
        }
        if let Some(other) = self.at_barrier.iter().find(|&&other| self.warps[other].at != at) {
            let line = machine.kernel.origins[self.warps[*other].at as usize].line;
            return diverges(first, at, format!("warp {other} waits at that of PTX line {line}"));
        }
        let instruction = &machine.kernel.code[at as usize];
        if let Kind::BarrierReduce(mode) = instruction.kind {
            let votes = self.warps.iter().map(|w| (w.registers.predicate(instruction.s[0]), w.live()));
            let count: u32 = votes.clone().map(|(vote, live)| (vote & live).count_ones()).sum();
            let all: u32 = votes.map(|(_, live)| live.count_ones()).sum();
            for warp in &mut self.warps {
                let live = warp.live();
                let to = instruction.d[0];
                match mode {
                    crate::decode::Vote::Count => warp.registers.put(to, live, [count; 32]),
                    _ => {
                        let ballots = if count == all { u32::MAX } else { u32::from(count != 0) };
                        let value = exchange::vote(mode, ballots, u32::MAX) == 1;
                        warp.registers.put_predicate(to, live, if value { u32::MAX } else { 0 });
                    }
                }
            }
        }
        if self.shared.barrier == LAST_BARRIER {
            self.shared.shared.forget_times();
            self.shared.barrier = 0;
        }
        self.shared.barrier += 1;
        self.warps.iter_mut().for_each(Warp::pass_barrier);
        std::mem::swap(&mut self.ready, &mut self.at_barrier);
        Ok(())
    }
}
