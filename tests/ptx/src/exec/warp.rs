//! A warp: its threads where they are in the code, and the loop that executes instructions.

use super::access::{self, LOCAL_WINDOW, Memories, SHARED_WINDOW};
use super::copies::Copies;
use super::registers::{Registers, unary};
use super::{arithmetic, atomics, conversion, exchange, floats, halves, matrix};
use crate::counts::Counts;
use crate::decode::{Constant, File, Instruction, Kernel, Kind, NO_GUARD, Special};
use crate::fault::FaultKind;
use crate::memory::{Local, Map, Shared};
use crate::number::Round;
use crate::race::{LAST_TIME, Launch, Now, Viewer};
use crate::text::Space;

/// What all blocks of a launch see.
pub(super) struct Machine<'m> {
    pub(super) kernel: &'m Kernel,
    pub(super) parameters: &'m [u8],
    pub(super) memory: &'m Map,
    pub(super) launch: &'m Launch,
    pub(super) grid: [u32; 3],
    pub(super) threads: [u32; 3],
    pub(super) dynamic_shared: u32,
    /// Addresses of the module's variables.
    pub(super) globals: &'m [u64],
    /// A NaN out of numbers is a fault.
    pub(super) faults_nan: bool,
    /// Instructions that a warp may execute.
    pub(super) most_instructions: u64,
}

/// What a core counts: executed instructions by their index, and the rest.
pub(super) struct Tally {
    pub(super) executed: Vec<u64>,
    pub(super) counts: Counts,
}

/// What the warps of a block share.
pub(super) struct Block {
    pub(super) shared: Shared,
    pub(super) viewer: Viewer,
    /// Barriers since the block began, from 1.
    pub(super) barrier: u32,
}

/// A fault, and the first thread of the warp that it is of.
pub(super) struct Trouble {
    pub(super) kind: Box<FaultKind>,
    pub(super) lane: usize,
}

impl Trouble {
    #[cold]
    pub(super) fn at(kind: FaultKind, lane: usize) -> Self {
        Self { kind: Box::new(kind), lane }
    }

    #[cold]
    pub(super) fn new(kind: FaultKind, mask: u32) -> Self {
        Self::at(kind, mask.trailing_zeros() as usize & 31)
    }
}

/// Why a warp stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stop {
    /// It has executed as many instructions as it should.
    Slice,
    /// All its threads are at a barrier.
    Barrier,
    /// They have exited.
    Exit,
}

/// Threads of a warp that are at the same place.
#[derive(Clone, Copy, Debug)]
struct Fragment {
    at: u32,
    mask: u32,
    /// The threads that have to come to the same place; none where it does not wait.
    needed: u32,
}

/// A warp.
pub(super) struct Warp {
    pub(super) registers: Registers,
    pub(super) local: Local,
    copies: Copies,
    /// Where it executes, and which threads do.
    pub(super) at: u32,
    active: u32,
    /// Threads elsewhere.
    others: Vec<Fragment>,
    /// Threads that there are.
    existing: u32,
    exited: u32,
    /// Its number in the block.
    pub(super) number: u32,
    /// Synchronizations since the last barrier.
    time: u32,
    executed: u64,
}

impl Warp {
    pub(super) fn new(kernel: &Kernel) -> Self {
        Self {
            registers: Registers::new(kernel.words, kernel.doubles, kernel.predicates),
            local: Local::new(kernel.local_bytes),
            copies: Copies::default(),
            at: 0,
            active: 0,
            others: Vec::new(),
            existing: 0,
            exited: 0,
            number: 0,
            time: 0,
            executed: 0,
        }
    }

    /// As warp `number` of a block that begins.
    pub(super) fn begin(&mut self, machine: &Machine<'_>, number: u32, block: [u32; 3]) {
        let threads: u32 = machine.threads.iter().product();
        let existing = threads.saturating_sub(number * 32).min(32);
        self.existing = ((1_u64 << existing) - 1) as u32;
        self.active = self.existing;
        self.exited = 0;
        self.at = 0;
        self.others.clear();
        self.number = number;
        self.time = 0;
        self.executed = 0;
        self.local.clear();
        self.copies.clear();
        for &(register, constant) in &machine.kernel.constants {
            let value: [u64; 32] =
                std::array::from_fn(|lane| value(machine, constant, number, lane as u32, block));
            let index = register.index as usize;
            match register.file {
                File::Word => self.registers.w[index] = unary(&value, |v| v as u32),
                File::Double => self.registers.d[index] = value,
                File::Predicate => self.registers.p[index] = value[0] as u32,
            }
        }
    }

    /// Threads that have not exited.
    pub(super) fn live(&self) -> u32 {
        self.existing & !self.exited
    }

    pub(super) fn exited(&self) -> u32 {
        self.exited
    }

    /// The block has passed a barrier.
    pub(super) fn pass_barrier(&mut self) {
        self.at += 1;
        self.time = 0;
    }

    pub(super) fn now(&self, block: &Block) -> Now {
        Now::new(block.barrier, self.time, self.number)
    }

    /// Executes up to `slice` instructions.
    #[allow(unsafe_code, reason = "what is compiled for a processor that has more is called where it has")]
    pub(super) fn run(
        &mut self,
        machine: &Machine<'_>,
        block: &mut Block,
        tally: &mut Tally,
        slice: u32,
    ) -> Result<Stop, Trouble> {
        #[cfg(target_arch = "x86_64")]
        {
            #[target_feature(enable = "avx,avx2,bmi1,bmi2,fma,lzcnt,popcnt")]
            fn fast(
                warp: &mut Warp,
                machine: &Machine<'_>,
                block: &mut Block,
                tally: &mut Tally,
                slice: u32,
            ) -> Result<Stop, Trouble> {
                warp.execute(machine, block, tally, slice)
            }
            if is_x86_feature_detected!("avx2")
                && is_x86_feature_detected!("fma")
                && is_x86_feature_detected!("bmi1")
                && is_x86_feature_detected!("bmi2")
                && is_x86_feature_detected!("lzcnt")
                && is_x86_feature_detected!("popcnt")
            {
                // Without fused products of its own the processor would take far longer.
                // Safety: it has the features, as was just asked.
                return unsafe { fast(self, machine, block, tally, slice) };
            }
        }
        self.execute(machine, block, tally, slice)
    }

    #[inline(always)]
    fn execute(
        &mut self,
        machine: &Machine<'_>,
        block: &mut Block,
        tally: &mut Tally,
        slice: u32,
    ) -> Result<Stop, Trouble> {
        if self.executed > machine.most_instructions {
            return Err(Trouble::new(FaultKind::TooLong(machine.most_instructions), self.active));
        }
        let mut nearest = self.nearest();
        for _ in 0..slice {
            if self.at >= nearest {
                self.meet()?;
                nearest = self.nearest();
            }
            let i = &machine.kernel.code[self.at as usize];
            tally.executed[self.at as usize] += 1;
            self.executed += 1;
            let mask = if i.guard == NO_GUARD {
                self.active
            } else {
                let guard = self.registers.predicate(i.guard);
                self.active & if i.negated { !guard } else { guard }
            };
            match i.kind {
                Kind::Branch => {
                    if mask == self.active {
                        self.at = i.offset as u32;
                    } else if mask != 0 {
                        self.part(mask, i.offset as u32);
                        nearest = self.nearest();
                    } else {
                        self.at += 1;
                    }
                    continue;
                }
                Kind::Exit => {
                    self.exited |= mask;
                    self.active &= !mask;
                    if self.active == 0 {
                        if self.others.is_empty() {
                            return Ok(Stop::Exit);
                        }
                        self.next()?;
                        nearest = self.nearest();
                    } else {
                        self.at += 1;
                    }
                    continue;
                }
                Kind::Barrier | Kind::BarrierReduce(_) => {
                    if mask == self.live() {
                        return Ok(Stop::Barrier);
                    }
                    if mask != 0 {
                        self.wait_here(mask, self.live())?;
                        nearest = self.nearest();
                        continue;
                    }
                }
                Kind::Mma(_) | Kind::LoadMatrix { .. } | Kind::MoveMatrix
                    if mask != u32::MAX && mask != 0 =>
                {
                    self.wait_here(mask, u32::MAX)?;
                    nearest = self.nearest();
                    continue;
                }
                Kind::Shuffle(_) | Kind::Vote(_) | Kind::WarpBarrier | Kind::Reduce(..) if mask != 0 => {
                    let member = match i.kind {
                        Kind::Shuffle(_) => i.s[3],
                        Kind::WarpBarrier => i.s[0],
                        _ => i.s[1],
                    };
                    let needed = self.registers.word(member)[mask.trailing_zeros() as usize] & self.existing;
                    if needed & !mask != 0 {
                        self.wait_here(mask, needed)?;
                        nearest = self.nearest();
                        continue;
                    }
                }
                _ => {}
            }
            if mask != 0 {
                self.instruction(i, mask, machine, block, tally)?;
            }
            self.at += 1;
        }
        Ok(Stop::Slice)
    }

    #[inline(always)]
    fn instruction(
        &mut self,
        i: &Instruction,
        mask: u32,
        machine: &Machine<'_>,
        block: &mut Block,
        tally: &mut Tally,
    ) -> Result<(), Trouble> {
        let now = self.now(block);
        let r = &mut self.registers;
        let look = machine.faults_nan;
        let mut nan = 0;
        match i.kind {
            Kind::Integer(operation, kind) => arithmetic::integer(r, i, operation, kind, mask),
            Kind::MulWide(kind) => arithmetic::mul_wide(r, i, kind, mask),
            Kind::Mad(part, kind) => arithmetic::mad(r, i, part, kind, mask),
            Kind::IntegerUnary(operation, kind) => arithmetic::integer_unary(r, i, operation, kind, mask),
            Kind::Sad(kind) => arithmetic::sad(r, i, kind, mask),
            Kind::Lop3(table) => arithmetic::lop3(r, i, table, mask),
            Kind::Prmt(mode) => arithmetic::prmt(r, i, mode, mask),
            Kind::Bfe(kind) => arithmetic::bfe(r, i, kind, mask),
            Kind::Bfi(kind) => arithmetic::bfi(r, i, kind, mask),
            Kind::Funnel { left, clamp } => arithmetic::funnel(r, i, left, clamp, mask),
            Kind::Dp2a { signed, high } => arithmetic::dp2a(r, i, signed, high, mask),
            Kind::Dp4a { signed } => arithmetic::dp4a(r, i, signed, mask),
            Kind::Fma { round: Round::Nearest, wide: false, saturate: false } => {
                nan = floats::fma(r, i, mask, look)
            }
            Kind::Fma { round, wide, saturate } => floats::fma_rare(r, i, round, wide, saturate, mask),
            Kind::Float { operation, wide } => nan = floats::float(r, i, operation, wide, mask, look),
            Kind::FloatRounded { operation, round } => floats::float_rounded(r, i, operation, round, mask),
            Kind::FloatUnary { operation, wide } => nan = floats::float_unary(r, i, operation, wide, mask),
            Kind::Half { operation, bf16, packed, relu } => {
                halves::half(r, i, operation, halves::Shape { bf16, packed, relu }, mask);
            }
            Kind::Set { compare, of, combine } => arithmetic::set(r, i, compare, of, combine, mask),
            Kind::Select(file) => arithmetic::select(r, i, file, mask),
            Kind::Move(file) => arithmetic::mov(r, i, file, mask),
            Kind::Logic(logic) => arithmetic::logic(r, i, logic, mask),
            Kind::Join { bits, wide } => arithmetic::join(r, i, bits, wide, mask),
            Kind::Split { bits, wide } => arithmetic::split(r, i, bits, wide, mask),
            Kind::Convert { to, from, round, saturate, relu } => {
                conversion::convert(r, i, to, from, conversion::How { round, saturate, relu }, mask);
            }
            Kind::ConvertPair { bf16, zero, relu } => conversion::convert_pair(r, i, bf16, zero, relu, mask),
            Kind::Load(transfer) => {
                let mut memories = Memories { machine, block, local: &mut self.local, tally, now };
                access::load(r, i, transfer, mask, &mut memories)?;
            }
            Kind::Store(transfer) => {
                let mut memories = Memories { machine, block, local: &mut self.local, tally, now };
                access::store(r, i, transfer, mask, &mut memories)?;
            }
            Kind::Atomic { operation, of, space, wide_address } => {
                let mut memories = Memories { machine, block, local: &mut self.local, tally, now };
                let what = (operation, of, space, wide_address);
                // Its word is written, but a fence has nothing else to publish.
                atomics::atomic(r, i, what, mask, &mut memories)?;
            }
            Kind::ToGeneric(space) => {
                let value = unary(r.double(i.s[0]), |a| a.wrapping_add(window(space)));
                r.put_double(i.d[0], mask, value);
            }
            Kind::FromGeneric(space) => {
                let value = unary(r.double(i.s[0]), |a| a.wrapping_sub(window(space)));
                r.put_double(i.d[0], mask, value);
            }
            Kind::WarpBarrier => self.time = (self.time + 1).min(LAST_TIME),
            Kind::Shuffle(mode) => exchange::shuffle(r, i, mode, mask),
            Kind::Vote(mode) => exchange::vote_instruction(r, i, mode, mask),
            Kind::ActiveMask => r.put(i.d[0], mask, [mask; 32]),
            Kind::Reduce(operation, kind) => exchange::reduce(r, i, operation, kind, mask),
            Kind::Fence { device } => {
                if device {
                    block.viewer.fence();
                }
            }
            Kind::CopyAsync { bytes, sized, wide_to } => {
                let mut memories = Memories { machine, block, local: &mut self.local, tally, now };
                let what = (usize::from(bytes), sized, wide_to);
                atomics::copy_async(r, i, what, mask, &mut self.copies, &mut memories)?;
            }
            Kind::Commit => self.copies.commit(mask),
            Kind::Wait => {
                let pending = u32::try_from(i.offset).ok();
                self.copies.wait(mask, pending, &mut block.shared, now);
            }
            Kind::LoadMatrix { count, transposed, wide_address } => {
                let addresses = r.addresses(i.s[0], wide_address, i.offset);
                let count = usize::from(count);
                let waits = matrix::load_matrix(r, i, count, transposed, &addresses, &mut block.shared, now);
                let waits = waits.map_err(|(fault, lane)| Trouble::at(fault, lane))?;
                tally.counts.shared_requests += count as u64;
                tally.counts.bank_conflicts += u64::from(waits);
            }
            Kind::MoveMatrix => matrix::move_matrix(r, i),
            Kind::Mma(matrix) => nan = matrix::mma(r, i, matrix, look),
            Kind::Trap => return Err(Trouble::new(FaultKind::Trap, mask)),
            Kind::Nothing | Kind::Branch | Kind::Exit | Kind::Barrier | Kind::BarrierReduce(_) => {}
        }
        if nan != 0 && look {
            return Err(Trouble::new(FaultKind::NotANumber, nan));
        }
        Ok(())
    }

    /// The first place, from here on, where other threads are.
    fn nearest(&self) -> u32 {
        self.others.iter().map(|f| f.at).min().unwrap_or(u32::MAX)
    }

    /// Threads of a mask go elsewhere, the others go on; those at the earlier place are executed first.
    fn part(&mut self, mask: u32, target: u32) {
        let (stay, here) = (self.active & !mask, self.at + 1);
        let (first, second) =
            if target < here { ((target, mask), (here, stay)) } else { ((here, stay), (target, mask)) };
        (self.at, self.active) = first;
        self.others.push(Fragment { at: second.0, mask: second.1, needed: 0 });
    }

    /// Joins threads that are at the same place, and goes on with those that are at the earliest and need not wait.
    fn meet(&mut self) -> Result<(), Trouble> {
        self.others.push(Fragment { at: self.at, mask: self.active, needed: 0 });
        self.next()
    }

    /// Threads of a mask wait here, until all that are needed have come.
    fn wait_here(&mut self, mask: u32, needed: u32) -> Result<(), Trouble> {
        let rest = self.active & !mask;
        self.others.push(Fragment { at: self.at, mask, needed });
        if rest != 0 {
            self.others.push(Fragment { at: self.at + 1, mask: rest, needed: 0 });
        }
        self.next()
    }

    fn next(&mut self) -> Result<(), Trouble> {
        // Threads that arrive where others wait make these try again.
        self.others.sort_by_key(|f| (f.at, f.needed != 0));
        self.others.dedup_by(|later, first| {
            let same = later.at == first.at && (first.needed == 0 || later.needed != 0);
            if same {
                first.mask |= later.mask;
                first.needed |= if first.needed == 0 { 0 } else { later.needed };
            }
            same
        });
        let Some(next) = self.others.iter().position(|f| f.needed == 0) else {
            // All wait, and none will come.
            if let Some(first) = self.others.first() {
                (self.at, self.active) = (first.at, first.mask);
                let kind = FaultKind::WarpDivergence { active: first.mask, needed: first.needed };
                return Err(Trouble::new(kind, first.mask));
            }
            return Ok(());
        };
        let next = self.others.remove(next);
        (self.at, self.active) = (next.at, next.mask);
        Ok(())
    }
}

fn window(space: Space) -> u64 {
    match space {
        Space::Shared => SHARED_WINDOW,
        Space::Local => LOCAL_WINDOW,
        Space::Global | Space::Const | Space::Param | Space::Generic => 0,
    }
}

/// What a constant register holds for a thread.
fn value(machine: &Machine<'_>, constant: Constant, warp: u32, lane: u32, block: [u32; 3]) -> u64 {
    let thread = warp * 32 + lane;
    let bits = |mask: u64| mask & 0xffff_ffff;
    let special = match constant {
        Constant::Bits(bits) => return bits,
        Constant::Global(variable, offset) => {
            return machine.globals.get(variable).map_or(0, |a| a.wrapping_add_signed(offset));
        }
        Constant::Special(special) => special,
    };
    match special {
        Special::Thread(axis) => u64::from(split(thread, machine.threads)[usize::from(axis)]),
        Special::Threads(axis) => u64::from(machine.threads[usize::from(axis)]),
        Special::Block(axis) => u64::from(block[usize::from(axis)]),
        Special::Blocks(axis) => u64::from(machine.grid[usize::from(axis)]),
        Special::Lane => u64::from(lane),
        Special::Warp => u64::from(warp),
        Special::LanesEqual => 1 << lane,
        Special::LanesLess => (1 << lane) - 1,
        Special::LanesLessEqual => bits((2 << lane) - 1),
        Special::LanesGreater => bits(!((2 << lane) - 1)),
        Special::LanesGreaterEqual => bits(!((1 << lane) - 1)),
        Special::DynamicShared => u64::from(machine.dynamic_shared),
    }
}

/// An index in three dimensions, the first fastest.
pub(super) fn split(index: u32, extents: [u32; 3]) -> [u32; 3] {
    let [x, y, _] = extents.map(|e| e.max(1));
    [index % x, index / x % y, index / x / y]
}
