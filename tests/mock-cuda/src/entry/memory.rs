//! Memory of the device and of the host, copies between them.

use std::alloc::Layout;
use std::collections::HashMap;
use std::ffi::{c_int, c_uchar, c_uint, c_ushort, c_void};
use std::sync::{Mutex, PoisonError};

use super::{Handle, code, entry, give};
use crate::code::Code;
use crate::driver::{HostAddress, Operation, TOTAL_MEMORY, driver};

/// Host memory that was asked of the driver: its layouts by address.
static PINNED: Mutex<Option<HashMap<usize, Layout>>> = Mutex::new(None);

entry! {
    fn cuMemAlloc_v2(address: *mut u64, bytes: usize) {
        // Safety: as of the module.
        unsafe { give(address, driver().allocate(bytes)) }
    }

    fn cuMemAllocAsync(address: *mut u64, bytes: usize, _stream: Handle) {
        // Safety: as of the module.
        unsafe { give(address, driver().allocate(bytes)) }
    }

    fn cuMemFree_v2(address: u64) {
        code(driver().free(address))
    }

    fn cuMemFreeAsync(address: u64, _stream: Handle) {
        code(driver().free(address))
    }

    fn cuMemGetInfo_v2(free: *mut usize, total: *mut usize) {
        let used = driver().allocated();
        // Safety: as of the module.
        unsafe {
            give(free, Ok(TOTAL_MEMORY.saturating_sub(used)));
            give(total, Ok(TOTAL_MEMORY))
        }
    }

    fn cuMemHostAlloc(address: *mut Handle, bytes: usize, _flags: c_uint) {
        // Safety: as of the module.
        unsafe { give(address, pinned(bytes)) }
    }

    fn cuMemAllocHost_v2(address: *mut Handle, bytes: usize) {
        // Safety: as of the module.
        unsafe { give(address, pinned(bytes)) }
    }

    fn cuMemFreeHost(address: Handle) {
        let layout = pinned_layouts(|layouts| layouts.remove(&(address as usize)));
        let Some(layout) = layout else { return Code::INVALID_VALUE };
        // Safety: it was allocated with this layout, and is no longer known.
        unsafe { std::alloc::dealloc(address.cast(), layout) };
        Code::SUCCESS
    }

    fn cuMemcpyHtoD_v2(to: u64, from: *const c_void, bytes: usize) {
        code(driver().submit(0, Operation::ToDevice { to, from: HostAddress(from as usize), bytes }))
    }

    fn cuMemcpyHtoDAsync_v2(to: u64, from: *const c_void, bytes: usize, stream: Handle) {
        code(driver().submit(stream as usize, Operation::ToDevice { to, from: HostAddress(from as usize), bytes }))
    }

    fn cuMemcpyDtoH_v2(to: Handle, from: u64, bytes: usize) {
        code(driver().submit(0, Operation::ToHost { to: HostAddress(to as usize), from, bytes }))
    }

    fn cuMemcpyDtoHAsync_v2(to: Handle, from: u64, bytes: usize, stream: Handle) {
        code(driver().submit(stream as usize, Operation::ToHost { to: HostAddress(to as usize), from, bytes }))
    }

    fn cuMemcpyDtoD_v2(to: u64, from: u64, bytes: usize) {
        code(driver().submit(0, Operation::Inside { to, from, bytes }))
    }

    fn cuMemcpyDtoDAsync_v2(to: u64, from: u64, bytes: usize, stream: Handle) {
        code(driver().submit(stream as usize, Operation::Inside { to, from, bytes }))
    }

    fn cuMemsetD8_v2(to: u64, value: c_uchar, count: usize) {
        code(driver().submit(0, fill(to, &[value], count)))
    }

    fn cuMemsetD8Async(to: u64, value: c_uchar, count: usize, stream: Handle) {
        code(driver().submit(stream as usize, fill(to, &[value], count)))
    }

    fn cuMemsetD16_v2(to: u64, value: c_ushort, count: usize) {
        code(driver().submit(0, fill(to, &value.to_le_bytes(), count)))
    }

    fn cuMemsetD16Async(to: u64, value: c_ushort, count: usize, stream: Handle) {
        code(driver().submit(stream as usize, fill(to, &value.to_le_bytes(), count)))
    }

    fn cuMemsetD32_v2(to: u64, value: c_uint, count: usize) {
        code(driver().submit(0, fill(to, &value.to_le_bytes(), count)))
    }

    fn cuMemsetD32Async(to: u64, value: c_uint, count: usize, stream: Handle) {
        code(driver().submit(stream as usize, fill(to, &value.to_le_bytes(), count)))
    }

    fn cuPointerGetAttribute(_value: Handle, _attribute: c_int, _address: u64) {
        Code::NOT_SUPPORTED
    }
}

fn fill(to: u64, pattern: &[u8], count: usize) -> Operation {
    Operation::Fill { to, pattern: pattern.to_vec(), count }
}

fn pinned_layouts<T>(f: impl FnOnce(&mut HashMap<usize, Layout>) -> T) -> T {
    f(PINNED.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert_with(HashMap::new))
}

/// Memory of the host at a page's begin.
fn pinned(bytes: usize) -> Result<Handle, Code> {
    let layout = Layout::from_size_align(bytes.max(1), 4096).map_err(|_| Code::INVALID_VALUE)?;
    // Safety: the layout is not empty.
    let address = unsafe { std::alloc::alloc_zeroed(layout) };
    if address.is_null() {
        return Err(Code::INVALID_VALUE);
    }
    pinned_layouts(|layouts| layouts.insert(address as usize, layout));
    Ok(address.cast())
}
