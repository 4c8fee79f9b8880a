//! Events: when everything happens at once, they are times.

use std::ffi::c_uint;
use std::time::Instant;

use super::{Handle, code, entry, give};
use crate::code::Code;
use crate::driver::driver;

entry! {
    fn cuEventCreate(event: *mut Handle, _flags: c_uint) {
        let mut driver = driver();
        let handle = driver.handle();
        driver.events.insert(handle, None);
        // Safety: as of the module.
        unsafe { give(event, Ok(handle as Handle)) }
    }

    fn cuEventDestroy_v2(event: Handle) {
        code(driver().events.remove(&(event as usize)).map(drop).ok_or(Code::INVALID_HANDLE))
    }

    fn cuEventRecord(event: Handle, _stream: Handle) {
        let mut driver = driver();
        let recorded = driver.events.get_mut(&(event as usize)).map(|when| *when = Some(Instant::now()));
        code(recorded.ok_or(Code::INVALID_HANDLE))
    }

    fn cuEventQuery(event: Handle) {
        code(known(event))
    }

    fn cuEventSynchronize(event: Handle) {
        code(known(event))
    }

    fn cuEventElapsedTime(milliseconds: *mut f32, start: Handle, end: Handle) {
        // Safety: as of the module.
        unsafe { give(milliseconds, elapsed(start, end)) }
    }

    fn cuEventElapsedTime_v2(milliseconds: *mut f32, start: Handle, end: Handle) {
        // Safety: as of the module.
        unsafe { give(milliseconds, elapsed(start, end)) }
    }
}

fn known(event: Handle) -> Result<(), Code> {
    let driver = driver();
    driver.check()?;
    if driver.events.contains_key(&(event as usize)) { Ok(()) } else { Err(Code::INVALID_HANDLE) }
}

fn elapsed(start: Handle, end: Handle) -> Result<f32, Code> {
    let driver = driver();
    let when =
        |event: Handle| driver.events.get(&(event as usize)).copied().flatten().ok_or(Code::INVALID_HANDLE);
    Ok(when(end)?.saturating_duration_since(when(start)?).as_secs_f32() * 1e3)
}
