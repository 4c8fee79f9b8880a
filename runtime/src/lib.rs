//! What generated crates depend on: layouts, kernels, weights, sessions.
//!
//! A generated module describes a [`spec::Network`] in tables and computes it by calls of [`run::Run`]. Users of a module
//! see its `Model` and `Session`, which wrap [`Model`] and [`Session`].
//!
//! Without the feature `std` it needs an allocator only: there are no files, one thread, and the instruction sets that the
//! compiler's target has.

#![cfg_attr(not(any(feature = "std", test)), no_std)]
#![warn(clippy::alloc_instead_of_core, clippy::std_instead_of_alloc, clippy::std_instead_of_core)]

extern crate alloc;

mod arrays;
#[cfg(feature = "cuda")]
#[allow(unsafe_code, reason = "calls of the driver's library")]
#[allow(clippy::std_instead_of_alloc, clippy::std_instead_of_core, reason = "it needs std anyway")]
pub mod cuda;
pub mod image;
mod include;
pub mod isa;
#[allow(
    unsafe_code,
    clippy::needless_range_loop,
    clippy::manual_memcpy,
    reason = "kernels go through memory by pointers that their constructors have checked; loops over registers by index, which memcpy would put into memory"
)]
mod kernels;
pub mod layout;
mod model;
pub mod op;
#[cfg(feature = "roofline")]
#[allow(clippy::std_instead_of_alloc, clippy::std_instead_of_core, reason = "it needs std anyway")]
pub mod roofline;
pub mod run;
mod session;
#[allow(unsafe_code, reason = "instruction sets are entered here")]
mod simd;
pub mod spec;
#[allow(unsafe_code, reason = "memory with an alignment")]
mod sys;
mod taps;
pub mod weights;

/// For [`model_files!`], so that a crate without the standard library may have models that are loaded from files.
#[cfg(feature = "std")]
#[doc(hidden)]
pub use std::path::Path;

/// For [`session_images!`], so that a crate without the standard library may have it.
#[doc(hidden)]
pub use alloc::vec::Vec;

pub use arrays::{array, array_mut, arrays, arrays_mut};
pub use isa::Isa;
pub use model::Model;
pub use session::{Lap, Session};
pub use taps::Tap;
pub use weights::LoadError;

/// The number of the interface between generated code and this crate; it grows when either must change with the other.
pub const ABI: u32 = 6;
