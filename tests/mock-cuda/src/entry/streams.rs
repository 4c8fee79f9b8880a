//! Streams, captures, graphs.

use std::ffi::{c_char, c_int, c_uint, c_ulonglong};

use super::{Handle, code, entry, give, nothing};
use crate::code::Code;
use crate::driver::driver;

entry! {
    fn cuStreamCreate(stream: *mut Handle, _flags: c_uint) {
        let mut driver = driver();
        let handle = driver.handle();
        driver.streams.insert(handle, ());
        // Safety: as of the module.
        unsafe { give(stream, Ok(handle as Handle)) }
    }

    fn cuStreamCreateWithPriority(stream: *mut Handle, flags: c_uint, _priority: c_int) {
        // Safety: as of the module.
        unsafe { cuStreamCreate(stream, flags) }
    }

    fn cuStreamDestroy_v2(stream: Handle) {
        code(driver().streams.remove(&(stream as usize)).ok_or(Code::INVALID_HANDLE))
    }

    fn cuStreamSynchronize(stream: Handle) {
        code(driver().synchronize(stream as usize))
    }

    fn cuStreamQuery(stream: Handle) {
        code(driver().synchronize(stream as usize))
    }

    fn cuStreamBeginCapture_v2(stream: Handle, _mode: c_int) {
        code(driver().begin_capture(stream as usize))
    }

    fn cuStreamEndCapture(stream: Handle, graph: *mut Handle) {
        let captured = driver().end_capture(stream as usize);
        // Safety: as of the module.
        unsafe { give(graph, captured.map(|g| g as Handle)) }
    }

    fn cuStreamIsCapturing(stream: Handle, status: *mut c_int) {
        let captures = driver().captures(stream as usize);
        // Safety: as of the module.
        unsafe { give(status, Ok(c_int::from(captures))) }
    }

    fn cuGraphInstantiateWithFlags(executable: *mut Handle, graph: Handle, _flags: c_ulonglong) {
        // Safety: as of the module.
        unsafe { give(executable, instantiate(graph)) }
    }

    fn cuGraphInstantiate_v2(
        executable: *mut Handle,
        graph: Handle,
        _node: *mut Handle,
        _log: *mut c_char,
        _length: usize,
    ) {
        // Safety: as of the module.
        unsafe { give(executable, instantiate(graph)) }
    }

    fn cuGraphGetNodes(graph: Handle, _nodes: *mut Handle, count: *mut usize) {
        let found = driver().graphs.get(&(graph as usize)).map(Vec::len).ok_or(Code::INVALID_HANDLE);
        // Safety: as of the module.
        unsafe { give(count, found) }
    }

    fn cuGraphLaunch(executable: Handle, _stream: Handle) {
        code(driver().launch_graph(executable as usize))
    }

    fn cuGraphDestroy(graph: Handle) {
        code(driver().graphs.remove(&(graph as usize)).map(drop).ok_or(Code::INVALID_HANDLE))
    }

    fn cuGraphExecDestroy(executable: Handle) {
        code(driver().executables.remove(&(executable as usize)).map(drop).ok_or(Code::INVALID_HANDLE))
    }
}

nothing! {
    cuStreamWaitEvent(Handle, Handle, c_uint);
    cuGraphUpload(Handle, Handle);
    cuStreamAttachMemAsync(Handle, u64, usize, c_uint);
}

fn instantiate(graph: Handle) -> Result<Handle, Code> {
    let mut driver = driver();
    let operations = driver.graphs.get(&(graph as usize)).cloned().ok_or(Code::INVALID_HANDLE)?;
    let handle = driver.handle();
    driver.executables.insert(handle, operations);
    Ok(handle as Handle)
}
