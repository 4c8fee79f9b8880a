//! "Did you mean": the known word that is nearest to an unknown one.

/// The candidate nearest to `word`, if it is near enough that a slip of the finger explains the difference.
pub(crate) fn nearest<'c>(word: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
    // Distances take time in the product of the lengths, and nobody mistypes a word of that length.
    const LONGEST: usize = 64;
    if word.len() > LONGEST {
        return None;
    }
    let allowed = match word.chars().count() {
        // Any letter is one slip away from any other.
        0 | 1 => 0,
        n => (n / 3).max(1),
    };
    let lower = word.to_lowercase();
    candidates
        .into_iter()
        .filter(|c| c.len() <= LONGEST && *c != word)
        .map(|c| (strsim::damerau_levenshtein(&lower, &c.to_lowercase()), c))
        .filter(|(distance, _)| *distance <= allowed)
        .min()
        .map(|(_, c)| c)
}

/// The help line for [`nearest`], and where nothing is near, a list of what there is if that is short.
pub(crate) fn help<'c>(word: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<String> {
    const SHORT: usize = 12;
    let mut known: Vec<&str> = candidates.into_iter().collect();
    known.sort_unstable();
    known.dedup();
    if let Some(near) = nearest(word, known.iter().copied()) {
        return Some(format!("did you mean `{near}`?"));
    }
    if known.is_empty() || known.len() > SHORT {
        return None;
    }
    let list: Vec<String> = known.iter().map(|k| format!("`{k}`")).collect();
    Some(format!("there {} {}", if list.len() == 1 { "is" } else { "are" }, list.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_of_the_finger_are_explained() {
        let known = ["stride", "pad", "dilation", "group", "bias"];
        assert_eq!(nearest("strid", known), Some("stride"));
        assert_eq!(nearest("Stride", known), Some("stride"));
        assert_eq!(nearest("pda", known), Some("pad"));
        assert_eq!(nearest("padding", known), None);
        assert_eq!(nearest("a", ["b", "A"]), Some("A"));
        assert_eq!(
            help("zzz", known).as_deref(),
            Some("there are `bias`, `dilation`, `group`, `pad`, `stride`")
        );
        assert_eq!(help("x", []), None);
    }

    #[test]
    fn long_words_cost_nothing() {
        assert_eq!(nearest(&"a".repeat(1 << 20), ["abc"]), None);
    }
}
