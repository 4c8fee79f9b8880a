//! Bank conflicts of shared memory.

/// How often a request for these words has to wait: words of one bank come one after another, a word that several threads
/// ask for comes once.
pub(crate) fn conflicts(words: impl Iterator<Item = u32>) -> u32 {
    // The first word of each bank, and those that came to a bank that had one.
    let mut first = [u32::MAX; 32];
    let mut further = [(0_u32, 0_u32); 32 * 4];
    let (mut count, mut most) = (0, 0);
    let mut waits = [0_u32; 32];
    for word in words {
        let bank = (word % 32) as usize;
        if first[bank] == u32::MAX {
            first[bank] = word;
        } else if first[bank] != word
            && !further[..count].contains(&(bank as u32, word))
            && count < further.len()
        {
            further[count] = (bank as u32, word);
            count += 1;
            waits[bank] += 1;
            most = most.max(waits[bank]);
        }
    }
    most
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
