//! Memory that a kernel's threads have each for themselves: what a work item makes and uses up itself.

use core::marker::PhantomData;

/// Numbers of a cache line; each thread's part starts at one where all of it does.
const LINE: usize = 16;

/// The same amount of memory for each of some threads.
#[derive(Debug)]
pub(crate) struct Scratch<'m> {
    start: *mut f32,
    /// Numbers of a thread.
    each: usize,
    threads: usize,
    borrow: PhantomData<&'m mut [f32]>,
}

// Safety: the memory is borrowed uniquely for `'m`, and each thread uses its own part only.
unsafe impl Send for Scratch<'_> {}
// Safety: as above.
unsafe impl Sync for Scratch<'_> {}

impl<'m> Scratch<'m> {
    /// None, for any number of threads.
    pub(crate) const NONE: Scratch<'static> =
        Scratch { start: core::ptr::null_mut(), each: 0, threads: 0, borrow: PhantomData };

    /// This memory in equal parts.
    pub(crate) fn new(memory: &'m mut [f32], threads: usize) -> Scratch<'m> {
        let each = memory.len() / threads.max(1) / LINE * LINE;
        Scratch { start: memory.as_mut_ptr(), each, threads, borrow: PhantomData }
    }

    /// How many threads can have so many numbers.
    pub(super) fn threads(&self, size: usize) -> usize {
        match size {
            0 => usize::MAX,
            _ if size <= self.each => self.threads,
            _ => 0,
        }
    }

    /// Zeros the first number of each thread's, of which a kernel needs so many.
    pub(super) fn begin(&mut self, size: usize) {
        if 0 < size && size <= self.each {
            for thread in 0..self.threads {
                // Safety: each part has a number, and all of them are borrowed uniquely here.
                unsafe { self.start.add(thread * self.each).write(0.0) };
            }
        }
    }

    /// So many numbers of a thread.
    ///
    /// # Safety
    /// Nobody else may use those of this thread meanwhile.
    #[allow(clippy::mut_from_ref, reason = "each thread has its own part")]
    pub(super) unsafe fn of(&self, thread: usize, size: usize) -> &mut [f32] {
        if size == 0 {
            return &mut [];
        }
        assert!(size <= self.each && thread < self.threads, "no memory for thread {thread}");
        // Safety: the part lies in the memory; the caller's promise.
        unsafe { core::slice::from_raw_parts_mut(self.start.add(thread * self.each), size) }
    }
}
