//! Memory of the host that the GPU copies from and to by itself.

use super::error::CudaError;
use cudarc::driver::{CudaContext, result};
use std::fmt;
use std::ops::{Deref, DerefMut};
use std::sync::Arc;

/// Numbers of a fixed count, locked in memory.
pub(super) struct Pinned {
    numbers: *mut f32,
    len: usize,
    context: Arc<CudaContext>,
}

// Safety: the memory is this value's alone, as that of a vector is.
unsafe impl Send for Pinned {}
// Safety: a shared value is only read.
unsafe impl Sync for Pinned {}

impl Pinned {
    /// This many zeros.
    pub(super) fn zeroed(context: &Arc<CudaContext>, len: usize) -> Result<Pinned, CudaError> {
        let bytes = len * size_of::<f32>();
        let doing = || format!("locking {bytes} bytes of the host's memory");
        context.bind_to_thread().map_err(CudaError::doing(doing()))?;
        // Safety: the memory is freed once, when the value is dropped. It is not write-combined, since it is read too.
        let numbers = unsafe { result::malloc_host(bytes, 0) }.map_err(CudaError::doing(doing()))?;
        let numbers = numbers.cast::<f32>();
        // Safety: the driver's memory starts at a page, and has this many bytes.
        unsafe { numbers.write_bytes(0, len) };
        Ok(Pinned { numbers, len, context: Arc::clone(context) })
    }
}

impl Drop for Pinned {
    fn drop(&mut self) {
        self.context.record_err(self.context.bind_to_thread());
        // Safety: it is the driver's memory, and nothing refers to it any more.
        self.context.record_err(unsafe { result::free_host(self.numbers.cast()) });
    }
}

impl Deref for Pinned {
    type Target = [f32];

    fn deref(&self) -> &[f32] {
        // Safety: so many numbers are there, and were all written when the memory was new.
        unsafe { std::slice::from_raw_parts(self.numbers, self.len) }
    }
}

impl DerefMut for Pinned {
    fn deref_mut(&mut self) -> &mut [f32] {
        // Safety: as above; `&mut self` says that nobody else looks.
        unsafe { std::slice::from_raw_parts_mut(self.numbers, self.len) }
    }
}

impl fmt::Debug for Pinned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pinned").field("len", &self.len).finish_non_exhaustive()
    }
}
