//! Runs the PTX of CUDA kernels on a processor, and reports what is wrong with them.
//!
//! [`Module::parse`] reads the text that NVRTC writes. A [`Device`] has memory, and [`Device::launch`] runs a kernel in
//! it: blocks in a random order, several at a time and interleaved, on all cores; the threads of a block in an order of
//! the seed's between barriers; warps in lockstep as far as their threads agree. The answer is what the launch did, in
//! [`Counts`], or the first [`Fault`]: a race in shared or global memory, an access out of bounds or misaligned, a read
//! of what nothing wrote, a barrier that not all threads reach, and on demand a NaN that came out of numbers. It names
//! the PTX line, the line of CUDA C where the text has it, the block and the thread.
//!
//! The data of `cp.async` arrives when the wait for its group says so, and not before; until then touching the place is
//! a fault, which finds wrong counts of waits and groups that were not committed.
//!
//! # Races
//! Shared memory is watched in units of two bytes, so that threads may write the halves of a word. An access is held
//! against the last write and the reads of its unit since the last barrier; threads of one warp may also be separated by
//! `bar.warp.sync` and other instructions that a warp executes together.
//!
//! In global memory a block may read what an earlier launch, the host or itself wrote. What another block wrote in this
//! launch it may touch where that block executed a fence and then an atomic, and this one an atomic on the same
//! address after it, and then a fence. Atomics on a word do not race with each other.

mod counts;
mod decode;
mod device;
mod exec;
mod fault;
mod memory;
mod number;
mod race;
mod text;

pub use counts::{Class, Counts};
pub use decode::{KernelInfo, Module};
pub use device::{Device, DeviceError, Options, Parameters};
pub use fault::{Access, Fault, FaultKind, ParseError};
