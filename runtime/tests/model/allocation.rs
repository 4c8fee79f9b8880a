//! `run` allocates nothing.

use crate::network::{NETWORK, image};
use archc_runtime::Model;
use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

thread_local! {
    static COUNT: Cell<usize> = const { Cell::new(0) };
}

/// The system's allocator, which counts what each thread asks it for.
struct Counting;

#[allow(unsafe_code, reason = "an allocator is an unsafe trait")]
// Safety: every call goes on to the system's allocator unchanged.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        COUNT.with(|count| count.set(count.get() + 1));
        // Safety: the caller's promise.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // Safety: the caller's promise.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

#[test]
fn running_allocates_nothing() {
    let model = Model::seeded(&NETWORK, "archc").unwrap();
    let mut session = model.session(2);
    for input in session.input_mut().chunks_mut(crate::network::INPUTS) {
        input.copy_from_slice(&image(0));
    }
    let before = COUNT.with(Cell::get);
    session.run();
    session.run();
    assert_eq!(COUNT.with(Cell::get), before);
    let _counted = Box::new(before);
    assert_eq!(COUNT.with(Cell::get), before + 1);
}
