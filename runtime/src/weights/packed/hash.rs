//! A hash of words and texts: against mistakes and damage, not against people who want two to be the same.

const MULTIPLIER: u64 = 0x9e37_79b9_7f4a_7c15;

/// What was hashed so far.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Hash(u64);

impl Hash {
    pub(crate) const fn new() -> Hash {
        Hash(0xcbf2_9ce4_8422_2325)
    }

    /// Each state comes from one state only, so that a difference in one word is never lost.
    #[inline(always)]
    pub(super) const fn word(self, word: u64) -> Hash {
        Hash((self.0 ^ word).wrapping_mul(MULTIPLIER).rotate_left(29))
    }

    pub(super) fn size(self, size: usize) -> Hash {
        self.word(size as u64)
    }

    /// With its length, so that two texts are not one.
    pub(crate) fn bytes(self, bytes: &[u8]) -> Hash {
        bytes.iter().fold(self.size(bytes.len()), |hash, &byte| hash.word(u64::from(byte)))
    }

    pub(super) fn all<T>(self, all: &[T], each: impl FnMut(Hash, &T) -> Hash) -> Hash {
        all.iter().fold(self.size(all.len()), each)
    }

    pub(crate) const fn value(self) -> u64 {
        self.0
    }
}

/// The hash of numbers, as fast as they come from memory: eight words of two numbers go side by side.
pub(super) fn numbers(numbers: &[f32]) -> u64 {
    const SIDE_BY_SIDE: usize = 8;
    const CHUNK: usize = 2 * SIDE_BY_SIDE;
    let mut hashes = [Hash::new(); SIDE_BY_SIDE];
    let mut add = |chunk: &[f32; CHUNK]| {
        for (hash, [low, high]) in hashes.iter_mut().zip(chunk.as_chunks().0) {
            *hash = hash.word(u64::from(low.to_bits()) | u64::from(high.to_bits()) << 32);
        }
    };
    let (chunks, rest) = numbers.as_chunks();
    chunks.iter().for_each(&mut add);
    let mut last = [0.0; CHUNK];
    last[..rest.len()].copy_from_slice(rest);
    add(&last);
    hashes.iter().fold(Hash::new().size(numbers.len()), |all, hash| all.word(hash.value())).value()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_changed_number_changes_the_hash() {
        let mut all: Vec<f32> = (0..100).map(|i| i as f32).collect();
        let before = numbers(&all);
        for i in 0..all.len() {
            for bit in 0..32 {
                let number = all[i];
                all[i] = f32::from_bits(number.to_bits() ^ 1 << bit);
                assert_ne!(numbers(&all), before, "bit {bit} of number {i}");
                all[i] = number;
            }
        }
        assert_eq!(numbers(&all), before);
        all.push(0.0);
        assert_ne!(numbers(&all), before);
    }

    #[test]
    fn texts_do_not_run_together() {
        let of = |a: &str, b: &str| Hash::new().bytes(a.as_bytes()).bytes(b.as_bytes()).value();
        assert_ne!(of("ab", "c"), of("a", "bc"));
    }
}
