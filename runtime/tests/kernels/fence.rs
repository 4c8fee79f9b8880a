//! Numbers beside a page that nobody may touch: one that is read or written behind their end ends the process.
//!
//! A test that ends so is named by `cargo test -p archc-runtime --test kernels -- --test-threads=1`.

#[cfg(unix)]
pub(crate) use fenced::Fenced;

/// Which end of the numbers the page is at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    Start,
    End,
}

#[cfg(unix)]
#[allow(unsafe_code, reason = "pages with a protection of their own come from the system")]
mod fenced {
    use super::Side;
    use std::ops::{Deref, DerefMut, Range};
    use std::ptr::{self, NonNull};
    use std::slice;

    /// A copy of some numbers between two such pages, beside one of them.
    pub(crate) struct Fenced {
        pages: NonNull<u8>,
        size: usize,
        /// Bytes of the pages that are the numbers.
        numbers: Range<usize>,
    }

    impl Fenced {
        pub(crate) fn new(numbers: &[f32], side: Side) -> Fenced {
            let bytes = size_of_val(numbers);
            // Safety: only asks.
            let page =
                usize::try_from(unsafe { libc::sysconf(libc::_SC_PAGESIZE) }).expect("the size of a page");
            let inside = bytes.next_multiple_of(page);
            let size = inside + 2 * page;
            let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS;
            // Safety: new memory, at an address that the system picks.
            let pages = unsafe { libc::mmap(ptr::null_mut(), size, libc::PROT_NONE, flags, -1, 0) };
            assert_ne!(pages, libc::MAP_FAILED, "{size} bytes");
            let pages = NonNull::new(pages.cast::<u8>()).expect("memory that does not start at 0");
            let start = match side {
                Side::Start => page,
                Side::End => page + inside - bytes,
            };
            let mut fenced = Fenced { pages, size, numbers: start..start + bytes };
            if inside > 0 {
                // Safety: all but the first and the last of these pages.
                let failed = unsafe {
                    let middle = pages.as_ptr().add(page).cast();
                    libc::mprotect(middle, inside, libc::PROT_READ | libc::PROT_WRITE)
                };
                assert_eq!(failed, 0, "{inside} bytes");
            }
            fenced.copy_from_slice(numbers);
            fenced
        }

        fn first(&self) -> *mut f32 {
            // Safety: inside the pages, or at their end.
            unsafe { self.pages.as_ptr().add(self.numbers.start).cast() }
        }

        fn len(&self) -> usize {
            self.numbers.len() / size_of::<f32>()
        }
    }

    impl Deref for Fenced {
        type Target = [f32];

        fn deref(&self) -> &[f32] {
            // Safety: so many numbers are there, readable and writable; new memory is zeros.
            unsafe { slice::from_raw_parts(self.first(), self.len()) }
        }
    }

    impl DerefMut for Fenced {
        fn deref_mut(&mut self) -> &mut [f32] {
            // Safety: as in `deref`; the borrow is unique.
            unsafe { slice::from_raw_parts_mut(self.first(), self.len()) }
        }
    }

    impl Drop for Fenced {
        fn drop(&mut self) {
            // Safety: the pages that were mapped, which nothing borrows any more.
            unsafe { libc::munmap(self.pages.as_ptr().cast(), self.size) };
        }
    }
}

/// Where there are no such pages: a copy.
#[cfg(not(unix))]
pub(crate) struct Fenced(Vec<f32>);

#[cfg(not(unix))]
impl Fenced {
    pub(crate) fn new(numbers: &[f32], _: Side) -> Fenced {
        Fenced(numbers.to_vec())
    }
}

#[cfg(not(unix))]
impl std::ops::Deref for Fenced {
    type Target = [f32];

    fn deref(&self) -> &[f32] {
        &self.0
    }
}

#[cfg(not(unix))]
impl std::ops::DerefMut for Fenced {
    fn deref_mut(&mut self) -> &mut [f32] {
        &mut self.0
    }
}
