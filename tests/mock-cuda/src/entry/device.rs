//! Initialization, devices, contexts, texts of errors.

use std::ffi::{c_char, c_int, c_uint};

use super::{Handle, code, entry, give, nothing};
use crate::code::Code;
use crate::driver::{TOTAL_MEMORY, driver};

/// The one context.
const CONTEXT: usize = 1;

entry! {
    fn cuInit(_flags: c_uint) {
        if driver().settings.devices > 0 { Code::SUCCESS } else { Code::NO_DEVICE }
    }

    fn cuDriverGetVersion(version: *mut c_int) {
        // Safety: as of the module.
        unsafe { give(version, Ok(driver().settings.version)) }
    }

    fn cuDeviceGetCount(count: *mut c_int) {
        // Safety: as of the module.
        unsafe { give(count, Ok(driver().settings.devices)) }
    }

    fn cuDeviceGet(device: *mut c_int, ordinal: c_int) {
        let known = (0..driver().settings.devices).contains(&ordinal);
        // Safety: as of the module.
        unsafe { give(device, if known { Ok(ordinal) } else { Err(Code::INVALID_DEVICE) }) }
    }

    fn cuDeviceGetName(name: *mut c_char, length: c_int, _device: c_int) {
        let text = c"archc mock device".to_bytes_with_nul();
        if name.is_null() || (length as usize) < text.len() {
            return Code::INVALID_VALUE;
        }
        // Safety: as of the module; there is room.
        unsafe { std::ptr::copy_nonoverlapping(text.as_ptr().cast(), name, text.len()) };
        Code::SUCCESS
    }

    fn cuDeviceGetUuid_v2(uuid: *mut [u8; 16], _device: c_int) {
        // Safety: as of the module.
        unsafe { give(uuid, Ok(*b"archc mock cuda\0")) }
    }

    fn cuDeviceGetUuid(uuid: *mut [u8; 16], device: c_int) {
        // Safety: as of the module.
        unsafe { cuDeviceGetUuid_v2(uuid, device) }
    }

    fn cuDeviceTotalMem_v2(bytes: *mut usize, _device: c_int) {
        // Safety: as of the module.
        unsafe { give(bytes, Ok(TOTAL_MEMORY)) }
    }

    fn cuDeviceGetAttribute(value: *mut c_int, attribute: c_int, _device: c_int) {
        let (major, minor) = driver().settings.capability;
        // Safety: as of the module.
        unsafe { give(value, Ok(attribute_of(attribute, major, minor))) }
    }

    fn cuDevicePrimaryCtxRetain(context: *mut Handle, _device: c_int) {
        // Safety: as of the module.
        unsafe { give(context, Ok(CONTEXT as Handle)) }
    }

    fn cuCtxGetCurrent(context: *mut Handle) {
        // Safety: as of the module.
        unsafe { give(context, Ok(CONTEXT as Handle)) }
    }

    fn cuCtxGetDevice(device: *mut c_int) {
        // Safety: as of the module.
        unsafe { give(device, Ok(0)) }
    }

    fn cuCtxSynchronize() {
        code(driver().check())
    }

    fn cuCtxGetStreamPriorityRange(least: *mut c_int, greatest: *mut c_int) {
        // Safety: as of the module.
        unsafe {
            give(least, Ok(0));
            give(greatest, Ok(0))
        }
    }

    fn cuGetErrorName(error: c_int, text: *mut *const c_char) {
        // Safety: as of the module.
        unsafe { give(text, Code::text(error).map(|t| t.0.as_ptr()).ok_or(Code::INVALID_VALUE)) }
    }

    fn cuGetErrorString(error: c_int, text: *mut *const c_char) {
        // Safety: as of the module.
        unsafe { give(text, Code::text(error).map(|t| t.1.as_ptr()).ok_or(Code::INVALID_VALUE)) }
    }

    fn cuGetExportTable(table: *mut Handle, _id: Handle) {
        // Safety: as of the module.
        unsafe { give(table, Ok(std::ptr::null_mut())) };
        Code::NOT_SUPPORTED
    }
}

nothing! {
    cuDevicePrimaryCtxRelease_v2(c_int);
    cuCtxSetCurrent(Handle);
    cuCtxPushCurrent_v2(Handle);
    cuCtxPopCurrent_v2(Handle);
    cuCtxSetFlags(c_uint);
    cuCtxSetLimit(c_int, usize);
    cuCtxSetCacheConfig(c_int);
}

/// Attributes as an A100 has them, by the numbers of `CUdevice_attribute`.
fn attribute_of(attribute: c_int, major: i32, minor: i32) -> c_int {
    match attribute {
        // Threads a block, in all and in each direction.
        1..=3 => 1024,
        4 => 64,
        // Blocks in each direction.
        5 => i32::MAX,
        6 | 7 => 65535,
        // Shared memory a block, constant memory, threads a warp.
        8 => 48 * 1024,
        9 => 64 * 1024,
        10 => 32,
        // Registers a block and a multiprocessor.
        12 | 82 => 65536,
        // Clock in kHz, multiprocessors.
        13 => 1_410_000,
        16 => 108,
        // Concurrent kernels, clock and width of the memory, level-2 cache.
        31 | 41 => 1,
        36 => 1_215_000,
        37 => 5120,
        38 => 40 << 20,
        // Threads a multiprocessor, and asynchronous engines.
        39 => 2048,
        40 => 3,
        75 => major,
        76 => minor,
        // Shared memory a multiprocessor, and of a block that asks for more.
        81 => 164 * 1024,
        97 => 163 * 1024,
        106 => 32,
        // Pools of memory.
        115 => 1,
        _ => 0,
    }
}
