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
//! ```
//! use archc_ptx::{Device, Module, Options, Parameters};
//!
//! let module = Module::parse(
//!     ".visible .entry twice(.param .u64 twice_0) {
//!         .reg .b32 %r<3>; .reg .f32 %f<3>; .reg .b64 %rd<4>;
//!         ld.param.u64 %rd1, [twice_0];
//!         mov.u32 %r1, %tid.x;
//!         mul.wide.u32 %rd2, %r1, 4;
//!         add.s64 %rd3, %rd1, %rd2;
//!         ld.global.f32 %f1, [%rd3];
//!         add.f32 %f2, %f1, %f1;
//!         st.global.f32 [%rd3], %f2;
//!         ret;
//!     }",
//! )?;
//! let mut device = Device::new();
//! let x = device.alloc_with(&1.5_f32.to_le_bytes());
//! let parameters = Parameters::new().pointer(x);
//! let options = Options::default();
//! device.launch(&module, "twice", [1, 1, 1], [1, 1, 1], 0, &parameters, &options)?;
//! assert_eq!(device.read(x, 4)?, 3_f32.to_le_bytes());
//! // A second thread has no number.
//! let fault = device.launch(&module, "twice", [1, 1, 1], [2, 1, 1], 0, &parameters, &options).unwrap_err();
//! assert_eq!((fault.line, fault.thread), (7, Some([1, 0, 0])));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
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
