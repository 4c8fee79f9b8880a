//! Modules, functions, launches.

use std::ffi::{CStr, c_char, c_int, c_uint, c_void};
use std::sync::PoisonError;

use super::{Handle, code, entry, give, nothing};
use crate::code::Code;
use crate::driver::{Launch, Operation, driver};

/// Of `CUfunction_attribute`: the dynamic shared memory that a launch may ask for.
const MAX_DYNAMIC_SHARED: c_int = 8;

/// The most that a block may have.
const MOST_SHARED: u32 = 163 * 1024;

entry! {
    fn cuModuleLoadData(module: *mut Handle, image: *const c_void) {
        // Safety: as of the module; an image is a cubin, a bundle of them, or a text that ends in a zero.
        unsafe { give(module, load(image)) }
    }

    fn cuModuleLoadDataEx(
        module: *mut Handle,
        image: *const c_void,
        _count: c_uint,
        _options: *mut c_int,
        _values: *mut Handle,
    ) {
        // Safety: as of the module.
        unsafe { give(module, load(image)) }
    }

    fn cuModuleUnload(module: Handle) {
        code(driver().modules.remove(&(module as usize)).map(drop).ok_or(Code::INVALID_HANDLE))
    }

    fn cuModuleGetFunction(function: *mut Handle, module: Handle, name: *const c_char) {
        if name.is_null() {
            return Code::INVALID_VALUE;
        }
        // Safety: as of the module; a name ends in a zero.
        let name = unsafe { CStr::from_ptr(name) }.to_string_lossy();
        let found = driver().function(module as usize, &name);
        // Safety: as of the module.
        unsafe { give(function, found.map(|f| f as Handle)) }
    }

    fn cuModuleGetGlobal_v2(address: *mut u64, bytes: *mut usize, module: Handle, name: *const c_char) {
        if name.is_null() {
            return Code::INVALID_VALUE;
        }
        // Safety: as of the module; a name ends in a zero.
        let name = unsafe { CStr::from_ptr(name) }.to_string_lossy();
        let mut driver = driver();
        let Some(module) = driver.modules.get(&(module as usize)).cloned() else { return Code::INVALID_HANDLE };
        let Some(found) = driver.variable(&module, &name) else { return Code::NOT_FOUND };
        // Safety: as of the module; each may be null.
        unsafe {
            give(address, Ok(found.0));
            give(bytes, Ok(found.1));
        }
        Code::SUCCESS
    }

    fn cuFuncGetAttribute(value: *mut c_int, attribute: c_int, function: Handle) {
        let Some(function) = driver().functions.get(&(function as usize)).cloned() else { return Code::INVALID_HANDLE };
        let found = match attribute {
            0 => Ok(function.max_threads as c_int),
            1 => Ok(function.shared_bytes as c_int),
            3 => Ok(function.local_bytes as c_int),
            MAX_DYNAMIC_SHARED => Ok(*function.most_shared.lock().unwrap_or_else(PoisonError::into_inner) as c_int),
            _ => Err(Code::NOT_SUPPORTED),
        };
        // Safety: as of the module.
        unsafe { give(value, found) }
    }

    fn cuFuncSetAttribute(function: Handle, attribute: c_int, value: c_int) {
        let Some(function) = driver().functions.get(&(function as usize)).cloned() else { return Code::INVALID_HANDLE };
        if attribute == MAX_DYNAMIC_SHARED {
            let Ok(value) = u32::try_from(value) else { return Code::INVALID_VALUE };
            if value + function.shared_bytes > MOST_SHARED {
                return Code::INVALID_VALUE;
            }
            *function.most_shared.lock().unwrap_or_else(PoisonError::into_inner) = value;
        }
        Code::SUCCESS
    }

    fn cuLaunchKernel(
        function: Handle,
        grid_x: c_uint,
        grid_y: c_uint,
        grid_z: c_uint,
        block_x: c_uint,
        block_y: c_uint,
        block_z: c_uint,
        shared: c_uint,
        stream: Handle,
        parameters: *mut Handle,
        extra: *mut Handle,
    ) {
        let Some(function) = driver().functions.get(&(function as usize)).cloned() else { return Code::INVALID_HANDLE };
        if !extra.is_null() || (parameters.is_null() && !function.parameters.is_empty()) {
            return Code::INVALID_VALUE;
        }
        let mut bytes = vec![0_u8; function.parameter_bytes];
        for (index, &(offset, length)) in function.parameters.iter().enumerate() {
            // Safety: there is a pointer to each parameter that the kernel declares.
            let value = unsafe { std::slice::from_raw_parts((*parameters.add(index)).cast::<u8>(), length) };
            bytes[offset..offset + length].copy_from_slice(value);
        }
        let (grid, block) = ([grid_x, grid_y, grid_z], [block_x, block_y, block_z]);
        let launch = Operation::Launch(Launch { function, grid, block, shared, parameters: bytes });
        code(driver().submit(stream as usize, launch))
    }
}

nothing! {
    cuFuncSetCacheConfig(Handle, c_int);
}

/// Loads an image.
///
/// # Safety
/// It is null, or valid as the driver's documentation says.
unsafe fn load(image: *const c_void) -> Result<Handle, Code> {
    if image.is_null() {
        return Err(Code::INVALID_VALUE);
    }
    // Safety: every image has four bytes.
    let magic = unsafe { image.cast::<[u8; 4]>().read_unaligned() };
    // ELF, and a bundle of such.
    if magic == *b"\x7fELF" || u32::from_le_bytes(magic) == 0xba55_ed50 {
        return Err(Code::NO_BINARY_FOR_GPU);
    }
    // Safety: what is no cubin is a text that ends in a zero.
    let text = unsafe { CStr::from_ptr(image.cast()) };
    let text = text.to_str().map_err(|_| Code::INVALID_PTX)?;
    driver().load(text).map(|module| module as Handle)
}
