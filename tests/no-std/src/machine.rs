//! The machine, played by the C library: memory, standard input and output, and an end.

use core::alloc::{GlobalAlloc, Layout};
use core::ffi::{c_int, c_void};

#[link(name = "c")]
unsafe extern "C" {
    fn aligned_alloc(align: usize, size: usize) -> *mut c_void;
    fn free(memory: *mut c_void);
    #[link_name = "read"]
    fn read_some(file: c_int, to: *mut c_void, len: usize) -> isize;
    #[link_name = "write"]
    fn write_some(file: c_int, from: *const c_void, len: usize) -> isize;
    fn abort() -> !;
}

struct Memory;

// Safety: the C library's memory is aligned as asked, and of the size, which is a multiple of the alignment.
unsafe impl GlobalAlloc for Memory {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let align = layout.align().max(16);
        // Safety: the size is a multiple of the alignment, which is a power of two.
        unsafe { aligned_alloc(align, layout.size().next_multiple_of(align)).cast() }
    }

    unsafe fn dealloc(&self, memory: *mut u8, _: Layout) {
        // Safety: it is from `alloc`.
        unsafe { free(memory.cast()) }
    }
}

#[global_allocator]
static MEMORY: Memory = Memory;

/// The only one that a program can have; the standard library brings one of its own.
#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    // Safety: it ends the program.
    unsafe { abort() }
}

// This target's `alloc` was compiled for programs that unwind, and names what they do it with. A target without an operating
// system has no need of them.

#[unsafe(no_mangle)]
extern "C" fn rust_eh_personality() {}

#[unsafe(no_mangle)]
extern "C" fn _Unwind_Resume() -> ! {
    // Safety: it ends the program.
    unsafe { abort() }
}

/// Fills the buffer from standard input; false at its end.
pub fn read(buffer: &mut [u8]) -> bool {
    let mut done = 0;
    while done < buffer.len() {
        // Safety: what is left of the buffer is written to.
        let count = unsafe { read_some(0, buffer[done..].as_mut_ptr().cast(), buffer.len() - done) };
        match usize::try_from(count) {
            Ok(count) if count > 0 => done += count,
            _ => return false,
        }
    }
    true
}

/// Writes to standard output, or ends the program.
pub fn write(mut bytes: &[u8]) {
    while !bytes.is_empty() {
        // Safety: the bytes are read.
        let count = unsafe { write_some(1, bytes.as_ptr().cast(), bytes.len()) };
        match usize::try_from(count) {
            Ok(count) if count > 0 => bytes = &bytes[count..],
            // Safety: it ends the program.
            _ => unsafe { abort() },
        }
    }
}
