//! Memory of f32 numbers that starts at a cache line.

use std::fmt;
use std::ops::{Deref, DerefMut};

/// One cache line.
#[derive(Clone, Copy)]
#[repr(C, align(64))]
struct Line([f32; Line::LEN]);

impl Line {
    const LEN: usize = 16;
}

/// Numbers of a fixed count, aligned to 64 bytes.
pub(crate) struct Arena {
    lines: Vec<Line>,
    len: usize,
}

impl Arena {
    /// This many zeros.
    pub(crate) fn zeroed(len: usize) -> Arena {
        Arena { lines: vec![Line([0.0; Line::LEN]); len.div_ceil(Line::LEN)], len }
    }
}

impl Deref for Arena {
    type Target = [f32];

    fn deref(&self) -> &[f32] {
        // Safety: lines are numbers without padding between them, and there are at least `len` numbers.
        unsafe { std::slice::from_raw_parts(self.lines.as_ptr().cast(), self.len) }
    }
}

impl DerefMut for Arena {
    fn deref_mut(&mut self) -> &mut [f32] {
        // Safety: as in `deref`; the borrow is unique.
        unsafe { std::slice::from_raw_parts_mut(self.lines.as_mut_ptr().cast(), self.len) }
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
