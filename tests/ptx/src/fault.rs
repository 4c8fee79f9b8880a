//! What can be wrong: with a PTX text, with a launch, and with what a kernel does.

use std::fmt;

/// What a PTX text holds that is not known, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("PTX line {line}: {what}")]
pub struct ParseError {
    /// Line of the PTX text, from 1.
    pub line: u32,
    /// What stands there.
    pub what: String,
}

impl ParseError {
    pub(crate) fn new(line: u32, what: impl Into<String>) -> Self {
        Self { line, what: what.into() }
    }
}

/// What went wrong in a launch. Addresses are bytes: of device memory, or from the begin of the block's shared memory.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FaultKind {
    /// The module has no such kernel.
    #[error("the module has no kernel of this name")]
    NoKernel,
    /// The launch itself is not possible.
    #[error("{0}")]
    BadLaunch(String),
    /// Two threads of a block touched a word of shared memory, at least one of them wrote, and no barrier stood between.
    #[error(
        "race: {access} of shared memory at {address:#x}, which thread {other} {how} since the last barrier"
    )]
    SharedRace {
        /// What this thread does.
        access: Access,
        /// Byte in shared memory.
        address: u32,
        /// Index in its block of the thread that came before; one of them, where several did.
        other: u32,
        /// What that thread did.
        how: Access,
    },
    /// A word of shared memory was touched before the data of an asynchronous copy had arrived there.
    #[error(
        "{access} of shared memory at {address:#x} while an asynchronous copy of thread {other} to it is under way"
    )]
    CopyUnderWay {
        /// What this thread does.
        access: Access,
        /// Byte in shared memory.
        address: u32,
        /// Index in its block of the thread that copies.
        other: u32,
    },
    /// Two blocks touched a word of global memory, at least one of them wrote, and no fence and atomic stood between.
    #[error("race: {access} of global memory at {address:#x}, which block {other} wrote in this launch")]
    GlobalRace {
        /// What this block does.
        access: Access,
        /// Byte of device memory.
        address: u64,
        /// Index in the grid of the block that wrote (its lowest 20 bits).
        other: u32,
    },
    /// An access outside every allocation, or outside the block's shared or the thread's local memory.
    #[error("{access} of {bytes} bytes out of bounds of {memory} memory at {address:#x}{near}")]
    OutOfBounds {
        /// What the thread does.
        access: Access,
        /// Which memory: global, shared, local, parameter.
        memory: &'static str,
        /// Where.
        address: u64,
        /// How many bytes.
        bytes: u32,
        /// Which allocation is near, in words.
        near: String,
    },
    /// An access at an address that is no multiple of its size.
    #[error("{access} of {bytes} bytes misaligned in {memory} memory at {address:#x}")]
    Misaligned {
        /// What the thread does.
        access: Access,
        /// Which memory.
        memory: &'static str,
        /// Where.
        address: u64,
        /// How many bytes.
        bytes: u32,
    },
    /// A read of memory that nothing wrote.
    #[error("read of {memory} memory at {address:#x} that nothing wrote")]
    Unwritten {
        /// Which memory.
        memory: &'static str,
        /// Where.
        address: u64,
    },
    /// A write to constant or parameter memory.
    #[error("a write to {memory} memory")]
    ReadOnly {
        /// Which memory.
        memory: &'static str,
    },
    /// An operation made something that is not a number out of numbers.
    #[error("a NaN out of numbers")]
    NotANumber,
    /// Threads of a block do not all arrive at the same barrier.
    #[error("barrier divergence: {0}")]
    BarrierDivergence(String),
    /// An instruction that a warp executes together was reached by a part of the warp.
    #[error("only the threads of mask {active:#010x} of a warp execute this, and {needed:#010x} have to")]
    WarpDivergence {
        /// Threads that are here.
        active: u32,
        /// Threads that have to be.
        needed: u32,
    },
    /// The launch took more instructions than it was allowed.
    #[error("more instructions than the {0} that one warp is allowed: a loop that does not end?")]
    TooLong(u64),
    /// The kernel executed a trap.
    #[error("a trap")]
    Trap,
}

/// How memory is touched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// It is read.
    Read,
    /// It is written.
    Write,
    /// It is read and written by an atomic.
    Atomic,
}

impl fmt::Display for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Read => "read",
            Self::Write => "write",
            Self::Atomic => "atomic access",
        })
    }
}

/// What went wrong in a launch, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// What.
    pub kind: FaultKind,
    /// Name of the kernel.
    pub kernel: String,
    /// Line of the PTX text, from 1; 0 where no instruction is at fault.
    pub line: u32,
    /// The instruction as it stands there.
    pub instruction: String,
    /// File and line of the CUDA C, where the text tells them (NVRTC's `-lineinfo`).
    pub source: Option<(String, u32)>,
    /// The block.
    pub block: Option<[u32; 3]>,
    /// The thread in its block; of a warp that is at fault, the first.
    pub thread: Option<[u32; 3]>,
}

impl std::error::Error for Fault {}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.kernel, self.kind)?;
        if self.line != 0 {
            write!(f, "\n  at PTX line {}: {}", self.line, self.instruction)?;
        }
        if let Some((file, line)) = &self.source {
            write!(f, "\n  from {file}:{line}")?;
        }
        if let Some([x, y, z]) = self.block {
            write!(f, "\n  in block ({x}, {y}, {z})")?;
        }
        if let Some([x, y, z]) = self.thread {
            write!(f, ", thread ({x}, {y}, {z})")?;
        }
        Ok(())
    }
}
