//! The driver's entry points, as C calls them: a file a subject. They check pointers, and leave the rest to the driver.
//!
//! Safety of all of them: what the driver's documentation asks of its callers, who pass pointers that are null or valid for
//! what is read or written there.
#![expect(unsafe_code, reason = "entry points of a C library")]

mod device;
mod events;
mod memory;
mod modules;
mod streams;

use std::ffi::c_void;

use crate::code::Code;
use crate::driver::HostAddress;

/// A handle or an opaque pointer.
type Handle = *mut c_void;

/// The code of a result.
fn code(result: Result<(), Code>) -> Code {
    result.err().unwrap_or(Code::SUCCESS)
}

/// Writes a result to where the caller wants it.
///
/// # Safety
/// The pointer is null or valid for writes.
unsafe fn give<T>(to: *mut T, result: Result<T, Code>) -> Code {
    match result {
        _ if to.is_null() => Code::INVALID_VALUE,
        Ok(value) => {
            // Safety: it is not null, and valid by this function's contract.
            unsafe { to.write(value) };
            Code::SUCCESS
        }
        Err(code) => code,
    }
}

/// Bytes of the host that a copy reads.
pub(crate) fn host_bytes(from: HostAddress, bytes: usize) -> Vec<u8> {
    // Safety: who asked for the copy keeps the memory alive until it has been made.
    unsafe { std::slice::from_raw_parts(from.0 as *const u8, bytes).to_vec() }
}

/// Writes bytes to the host.
pub(crate) fn set_host_bytes(to: HostAddress, data: &[u8]) {
    // Safety: who asked for the copy keeps the memory alive until it has been made.
    unsafe { std::ptr::copy_nonoverlapping(data.as_ptr(), to.0 as *mut u8, data.len()) }
}

/// Defines entry points.
macro_rules! entry {
    ($($(#[$doc:meta])* fn $name:ident($($argument:ident: $type:ty),* $(,)?) $body:block)*) => {
        $(
            $(#[$doc])*
            #[unsafe(no_mangle)]
            pub(crate) unsafe extern "C" fn $name($($argument: $type),*) -> crate::code::Code $body
        )*
    };
}
pub(crate) use entry;

/// Defines entry points that have nothing to do, as everything happens at once on one device.
macro_rules! nothing {
    ($($name:ident($($type:ty),*);)*) => {
        $(
            #[unsafe(no_mangle)]
            pub(crate) extern "C" fn $name($(_: $type),*) -> crate::code::Code {
                crate::code::Code::SUCCESS
            }
        )*
    };
}
pub(crate) use nothing;
