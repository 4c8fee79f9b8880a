//! The system's allocator, which counts what all threads ask it for.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::SeqCst;

static REQUESTS: AtomicUsize = AtomicUsize::new(0);
static BYTES: AtomicUsize = AtomicUsize::new(0);

/// How often memory was asked for.
pub(crate) fn requests() -> usize {
    REQUESTS.load(SeqCst)
}

/// Bytes that were not given back yet.
pub(crate) fn bytes() -> usize {
    BYTES.load(SeqCst)
}

struct Counting;

#[allow(unsafe_code, reason = "an allocator is an unsafe trait")]
// Safety: every call goes on to the system's allocator unchanged.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        REQUESTS.fetch_add(1, SeqCst);
        BYTES.fetch_add(layout.size(), SeqCst);
        // Safety: the caller's promise.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        BYTES.fetch_sub(layout.size(), SeqCst);
        // Safety: the caller's promise.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;
