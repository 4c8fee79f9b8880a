//! What the operating system, the machine and the allocator are asked for.

#[cfg(not(feature = "std"))]
mod alone;
#[cfg(all(feature = "std", target_os = "linux", target_arch = "x86_64"))]
#[allow(clippy::std_instead_of_core, reason = "it needs std anyway")]
mod amx;
mod arena;
mod bytes;
#[cfg(feature = "std")]
#[allow(clippy::std_instead_of_alloc, clippy::std_instead_of_core, reason = "it needs std anyway")]
mod cores;
mod float;
#[cfg(all(feature = "std", unix, target_pointer_width = "64"))]
mod mapping;
mod pages;
#[cfg(feature = "std")]
#[allow(clippy::std_instead_of_alloc, clippy::std_instead_of_core, reason = "it needs std anyway")]
mod pool;

#[cfg(not(feature = "std"))]
pub(crate) use alone::{MOST_THREADS, Team, prepare, usable_cores};
#[cfg(all(feature = "std", target_os = "linux", target_arch = "x86_64"))]
pub(crate) use amx::permitted as amx_permitted;
pub(crate) use arena::Arena;
pub(crate) use bytes::{as_bytes, as_bytes_mut, as_numbers};
#[cfg(feature = "std")]
pub(crate) use cores::usable as usable_cores;
pub(crate) use float::Standard;
#[cfg(all(feature = "std", unix, target_pointer_width = "64"))]
pub(crate) use mapping::Mapping;
#[cfg(feature = "std")]
pub(crate) use pool::{MOST_THREADS, Team, prepare};

/// Elsewhere nobody is asked.
#[cfg(all(target_arch = "x86_64", not(all(feature = "std", target_os = "linux"))))]
pub(crate) fn amx_permitted() -> bool {
    false
}
