//! Bank conflicts of shared memory.

/// How often a request for at most 32 words has to wait: words of one bank come one after another, a word that several
/// threads ask for comes once.
#[inline(always)]
pub(crate) fn conflicts(words: impl Iterator<Item = u32>) -> u32 {
    let mut touched = 0_u32;
    // The first word of each bank, and those that came to a bank that had one.
    let (mut first, mut further) = ([0_u32; 32], [0_u32; 32]);
    let mut count = 0;
    for word in words {
        let bank = word % 32;
        if touched >> bank & 1 == 0 {
            touched |= 1 << bank;
            first[bank as usize] = word;
        } else if first[bank as usize] != word && !further[..count & 31].contains(&word) {
            further[count & 31] = word;
            count += 1;
        }
    }
    if count == 0 {
        return 0;
    }
    let mut waits = [0_u32; 32];
    further[..count.min(32)].iter().for_each(|word| waits[(word % 32) as usize] += 1);
    waits.into_iter().max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::conflicts;

    #[test]
    fn words_of_one_bank_wait_for_each_other() {
        assert_eq!(conflicts(0..32), 0);
        assert_eq!(conflicts((0..32).map(|_| 7)), 0);
        assert_eq!(conflicts((0..32).map(|lane| lane * 2)), 1);
        assert_eq!(conflicts((0..32).map(|lane| lane * 32)), 31);
        assert_eq!(conflicts((0..32).map(|lane| lane * 33)), 0);
    }
}
