//! Memory of f32 numbers that starts at a cache line.

use super::pages;
use alloc::vec;
use alloc::vec::Vec;
use core::fmt;
use core::ops::{Deref, DerefMut};

/// Numbers of a cache line.
const LINE: usize = 16;

/// Numbers of a fixed count, aligned to 64 bytes.
pub(crate) struct Arena {
    /// With room to align them. It never grows, so that they stay where they are.
    numbers: Vec<f32>,
    start: usize,
    len: usize,
}

impl Arena {
    /// This many zeros. Memory that nothing is written to is not touched, and costs nothing where the system gives zeroed
    /// pages on demand.
    pub(crate) fn zeroed(len: usize) -> Arena {
        let mut numbers = vec![0.0; len.checked_add(LINE).expect("the memory is too large")];
        pages::prefer_large(&mut numbers);
        let start = numbers.as_ptr().align_offset(LINE * size_of::<f32>());
        Arena { numbers, start, len }
    }
}

impl Deref for Arena {
    type Target = [f32];

    fn deref(&self) -> &[f32] {
        &self.numbers[self.start..][..self.len]
    }
}

impl DerefMut for Arena {
    fn deref_mut(&mut self) -> &mut [f32] {
        &mut self.numbers[self.start..][..self.len]
    }
}

impl fmt::Debug for Arena {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Arena").field("len", &self.len).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::Arena;

    #[test]
    fn numbers_are_zeros_that_start_at_a_cache_line() {
        for len in [0, 1, 16, 17, 1000] {
            let mut arena = Arena::zeroed(len);
            assert_eq!(arena.as_ptr().addr() % 64, 0);
            assert!(arena.iter().all(|&x| x == 0.0));
            arena.fill(1.0);
            assert_eq!(arena.iter().sum::<f32>(), len as f32);
        }
    }
}
