//! The registers of a warp: each holds a value of all 32 threads, so that loops over it become vector instructions.

/// A value of 32 bits of each thread.
pub(super) type Words = [u32; 32];
/// A value of 64 bits of each thread.
pub(super) type Doubles = [u64; 32];

/// Registers of a warp. Predicates have a bit a thread.
pub(super) struct Registers {
    pub(super) w: Vec<Words>,
    pub(super) d: Vec<Doubles>,
    pub(super) p: Vec<u32>,
}

impl Registers {
    pub(super) fn new(words: usize, doubles: usize, predicates: usize) -> Self {
        Self { w: vec![[0; 32]; words], d: vec![[0; 32]; doubles], p: vec![0; predicates] }
    }

    #[inline(always)]
    pub(super) fn word(&self, register: u16) -> &Words {
        &self.w[usize::from(register)]
    }

    #[inline(always)]
    pub(super) fn double(&self, register: u16) -> &Doubles {
        &self.d[usize::from(register)]
    }

    #[inline(always)]
    pub(super) fn predicate(&self, register: u16) -> u32 {
        self.p[usize::from(register)]
    }

    /// Writes a word of the threads of a mask.
    #[inline(always)]
    pub(super) fn put(&mut self, register: u16, mask: u32, value: Words) {
        let to = &mut self.w[usize::from(register)];
        if mask == u32::MAX {
            *to = value;
        } else {
            for lane in 0..32 {
                to[lane] = if mask >> lane & 1 == 1 { value[lane] } else { to[lane] };
            }
        }
    }

    #[inline(always)]
    pub(super) fn put_double(&mut self, register: u16, mask: u32, value: Doubles) {
        let to = &mut self.d[usize::from(register)];
        if mask == u32::MAX {
            *to = value;
        } else {
            for lane in 0..32 {
                to[lane] = if mask >> lane & 1 == 1 { value[lane] } else { to[lane] };
            }
        }
    }

    #[inline(always)]
    pub(super) fn put_predicate(&mut self, register: u16, mask: u32, value: u32) {
        let to = &mut self.p[usize::from(register)];
        *to = (*to & !mask) | (value & mask);
    }

    /// Addresses in a register, and an offset.
    #[inline(always)]
    pub(super) fn addresses(&self, register: u16, wide: bool, offset: i32) -> Doubles {
        if wide {
            unary(self.double(register), |a| a.wrapping_add_signed(i64::from(offset)))
        } else {
            let words = self.word(register);
            std::array::from_fn(|lane| u64::from(words[lane].wrapping_add_signed(offset)))
        }
    }
}

#[inline(always)]
pub(super) fn unary<A: Copy, B: Copy + Default>(a: &[A; 32], f: impl Fn(A) -> B) -> [B; 32] {
    let mut result = [B::default(); 32];
    for lane in 0..32 {
        result[lane] = f(a[lane]);
    }
    result
}

#[inline(always)]
pub(super) fn binary<A: Copy, B: Copy, C: Copy + Default>(
    a: &[A; 32],
    b: &[B; 32],
    f: impl Fn(A, B) -> C,
) -> [C; 32] {
    let mut result = [C::default(); 32];
    for lane in 0..32 {
        result[lane] = f(a[lane], b[lane]);
    }
    result
}

#[inline(always)]
pub(super) fn ternary<A: Copy, B: Copy, C: Copy, D: Copy + Default>(
    a: &[A; 32],
    b: &[B; 32],
    c: &[C; 32],
    f: impl Fn(A, B, C) -> D,
) -> [D; 32] {
    let mut result = [D::default(); 32];
    for lane in 0..32 {
        result[lane] = f(a[lane], b[lane], c[lane]);
    }
    result
}

/// A predicate of two values of each thread.
#[inline(always)]
pub(super) fn compare<A: Copy>(a: &[A; 32], b: &[A; 32], f: impl Fn(A, A) -> bool) -> u32 {
    let mut result = 0;
    for lane in 0..32 {
        result |= u32::from(f(a[lane], b[lane])) << lane;
    }
    result
}

/// The threads of a mask, from the first on.
#[inline(always)]
pub(super) fn lanes(mask: u32) -> Lanes {
    Lanes { mask }
}

#[derive(Clone, Copy)]
pub(super) struct Lanes {
    mask: u32,
}

impl Iterator for Lanes {
    type Item = usize;

    #[inline(always)]
    fn next(&mut self) -> Option<usize> {
        if self.mask == 0 {
            return None;
        }
        // Below 32, as the compiler then knows.
        let lane = (self.mask.trailing_zeros() & 31) as usize;
        self.mask &= self.mask - 1;
        Some(lane)
    }
}
