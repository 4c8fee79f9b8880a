//! The memory of one inference as kernels see it: pointers that were checked once.

use super::place::Place;
use crate::layout::At;
use core::marker::PhantomData;

/// The arena and the weights, for a batch of images.
#[derive(Debug)]
pub(crate) struct Memory<'m> {
    arena: *mut f32,
    len: usize,
    weights: &'m [f32],
    batch: usize,
    borrow: PhantomData<&'m mut [f32]>,
}

/// Packed weights of one kernel.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Weights<'m>(pub(super) &'m [f32]);

impl<'m> Memory<'m> {
    pub(crate) fn new(arena: &'m mut [f32], weights: &'m [f32], batch: usize) -> Memory<'m> {
        assert!(batch > 0, "a batch holds at least one image");
        Memory { arena: arena.as_mut_ptr(), len: arena.len(), weights, batch, borrow: PhantomData }
    }

    /// A value, checked to lie in the arena. What a kernel is made of borrows the memory, so that one kernel is made
    /// after another has run.
    pub(crate) fn place(&self, at: At<'_>) -> Place<'_> {
        let offset = at.offset.checked_mul(self.batch).expect("the offset overflows");
        let size = Place::image_size(at.view).checked_mul(self.batch).expect("the size overflows");
        let end = offset.checked_add(size).expect("the end overflows");
        assert!(end <= self.len, "a value reaches to {end}, outside the arena of {}", self.len);
        // Safety: the end of the value's memory, and so its start, lie in the arena, which is borrowed for `'m`.
        unsafe { Place::new(self.arena.add(offset), at.view, self.batch) }
    }

    /// Packed weights, checked to lie in those of the network.
    pub(crate) fn weights(&self, offset: usize, len: usize) -> Weights<'m> {
        let end = offset.checked_add(len).expect("the end of the weights overflows");
        match self.weights.get(offset..end) {
            Some(weights) => Weights(weights),
            None => panic!("weights reach to {end}, outside the network's {}", self.weights.len()),
        }
    }
}
