//! What a launch did, in numbers.

use std::fmt;

/// Classes of instructions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(usize)]
pub enum Class {
    /// Whole numbers, bits, moves, predicates.
    Integer,
    /// Arithmetic of f32, f64, and of packed halves.
    Float,
    /// Approximations by the special function unit.
    Special,
    /// Conversions.
    Convert,
    /// `mma.sync`
    Matrix,
    /// `ldmatrix`
    LoadMatrix,
    /// Loads and stores of global memory.
    Global,
    /// Loads and stores of shared memory.
    Shared,
    /// Loads and stores of local memory.
    Local,
    /// Loads of parameters and constants.
    Constant,
    /// `cp.async` and its waits.
    AsyncCopy,
    /// Atomics, fences.
    Atomic,
    /// Shuffles, votes, barriers.
    Exchange,
    /// Branches and exits.
    Control,
}

impl Class {
    /// All of them, in order.
    pub const ALL: [Self; 14] = [
        Self::Integer,
        Self::Float,
        Self::Special,
        Self::Convert,
        Self::Matrix,
        Self::LoadMatrix,
        Self::Global,
        Self::Shared,
        Self::Local,
        Self::Constant,
        Self::AsyncCopy,
        Self::Atomic,
        Self::Exchange,
        Self::Control,
    ];
}

/// What a launch did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Instructions that warps executed, by [`Class`].
    pub instructions: [u64; Class::ALL.len()],
    /// Bytes that threads asked of global memory, asynchronous copies among them.
    pub global_loaded: u64,
    /// Bytes that threads wrote to global memory.
    pub global_stored: u64,
    /// Sectors of 32 bytes that loads of warps touched: what goes between the multiprocessor and the cache behind it.
    pub sectors_loaded: u64,
    /// Sectors of 32 bytes that stores of warps touched.
    pub sectors_stored: u64,
    /// Requests of shared memory by warps, each quarter of a warp that moves 16 bytes a thread on its own.
    pub shared_requests: u64,
    /// Times that such a request had to wait for a bank.
    pub bank_conflicts: u64,
    /// Blocks that ran.
    pub blocks: u64,
}

impl Counts {
    /// Instructions of one class.
    #[must_use]
    pub fn of(&self, class: Class) -> u64 {
        self.instructions[class as usize]
    }

    /// Adds what another launch, or another part of this one, did.
    pub fn add(&mut self, other: &Self) {
        for (sum, n) in self.instructions.iter_mut().zip(other.instructions) {
            *sum += n;
        }
        self.global_loaded += other.global_loaded;
        self.global_stored += other.global_stored;
        self.sectors_loaded += other.sectors_loaded;
        self.sectors_stored += other.sectors_stored;
        self.shared_requests += other.shared_requests;
        self.bank_conflicts += other.bank_conflicts;
        self.blocks += other.blocks;
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} blocks", self.blocks)?;
        for class in Class::ALL {
            if self.of(class) != 0 {
                write!(f, ", {} {class:?}", self.of(class))?;
            }
        }
        write!(
            f,
            "; {} bytes loaded in {} sectors, {} stored in {}; {} bank conflicts in {} shared requests",
            self.global_loaded,
            self.sectors_loaded,
            self.global_stored,
            self.sectors_stored,
            self.bank_conflicts,
            self.shared_requests
        )
    }
}
