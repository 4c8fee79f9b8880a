//! Large pages for large memory.

/// From this size on memory is worth large pages: two of theirs.
#[cfg(all(feature = "std", target_os = "linux"))]
const LARGE: usize = 4 << 20;

/// Asks for large pages under memory that nothing was written to yet: the system then hands out 2 MiB at once where it
/// otherwise hands out 4 KiB, which takes most of the time to fill fresh memory, and processors find their way in it
/// sooner. Where there are none, nothing happens.
#[cfg(all(feature = "std", target_os = "linux"))]
pub(crate) fn prefer_large(memory: &mut [f32]) {
    use core::ffi::{c_int, c_void};

    const PAGE: usize = 4096;
    const MADV_HUGEPAGE: c_int = 14;
    unsafe extern "C" {
        fn madvise(start: *mut c_void, len: usize, advice: c_int) -> c_int;
    }

    let start = memory.as_mut_ptr().cast::<u8>();
    let inside = start.align_offset(PAGE);
    let Some(len) = size_of_val(memory).checked_sub(inside).filter(|&len| len >= LARGE) else { return };
    // Safety: the pages lie in the memory, which is borrowed for writing, and the advice changes no number. An error means
    // that the system has no large pages, or another size of pages; the memory is as it was.
    unsafe { madvise(start.add(inside).cast(), len, MADV_HUGEPAGE) };
}

/// Nobody is asked, but on Linux.
#[cfg(not(all(feature = "std", target_os = "linux")))]
pub(crate) fn prefer_large(_: &mut [f32]) {}
