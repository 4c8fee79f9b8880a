//! Calls: the occurrences of functions in order, and those that repeat regularly as one call.

use super::Call;
use super::outline::{Occurrence, Outline};
use crate::lir::{Program, StepId};

/// The calls of an outline, where buffers lie at `offsets` and packs at `packs`.
pub(super) fn calls(program: &Program, outline: &Outline, offsets: &[usize], packs: &[usize]) -> Vec<Call> {
    let mut calls: Vec<Call> = Vec::new();
    let mut weights = 0;
    for occurrence in &outline.occurrences {
        let first = program.steps[occurrence.steps.clone()].iter().find_map(|s| s.pack);
        let start = first.map_or(weights, |id| packs[id.index()]);
        let size = weights_size(program, occurrence.steps.clone());
        weights = start + size;
        let goes_on = calls.last_mut().is_some_and(|call| extend(call, occurrence, offsets, start, size));
        if !goes_on {
            calls.push(Call {
                function: occurrence.function,
                first: StepId(occurrence.steps.start as u32),
                count: 1,
                prefix: occurrence.prefix.clone(),
                number: 0,
                buffers: occurrence.buffers.clone(),
                weights: start,
            });
        }
    }
    calls
}

/// Packed weights of these steps.
pub(super) fn weights_size(program: &Program, steps: std::ops::Range<usize>) -> usize {
    program.steps[steps].iter().filter_map(|s| s.pack).map(|id| program.packs[id.index()].size).sum()
}

/// Makes the occurrence the call's next repetition, if it is one.
fn extend(call: &mut Call, next: &Occurrence, offsets: &[usize], weights: usize, size: usize) -> bool {
    let addresses = |buffers: &[crate::lir::BufferId]| -> Vec<usize> {
        buffers.iter().map(|b| offsets[b.index()]).collect()
    };
    if call.function != next.function
        || addresses(&call.buffers) != addresses(&next.buffers)
        || weights != call.weights + call.count * size
    {
        return false;
    }
    let joined = match call.count {
        1 => counting(&call.prefix, &next.prefix),
        count => {
            let number = call.number + count;
            let is_next = call.prefix.replacen("{}", &number.to_string(), 1) == next.prefix;
            is_next.then(|| (call.prefix.clone(), call.number))
        }
    };
    let Some((prefix, number)) = joined else { return false };
    call.prefix = prefix;
    call.number = number;
    call.count += 1;
    true
}

/// The pattern and the first number, where two prefixes differ in one number, and the second's is one larger.
fn counting(first: &str, second: &str) -> Option<(String, usize)> {
    let start = number_at_difference(first, second)?;
    let digits = |s: &str| s[start..].find(|c: char| !c.is_ascii_digit()).map_or(s.len(), |n| start + n);
    let (end, other_end) = (digits(first), digits(second));
    let number: usize = first[start..end].parse().ok()?;
    let is_plain = number.to_string() == first[start..end];
    let is_next = number.checked_add(1)?.to_string() == second[start..other_end];
    (is_plain && is_next && first[end..] == second[other_end..])
        .then(|| (format!("{}{{}}{}", &first[..start], &first[end..]), number))
}

/// Where the number starts in which two texts differ first.
fn number_at_difference(first: &str, second: &str) -> Option<usize> {
    let different = first.bytes().zip(second.bytes()).position(|(a, b)| a != b)?;
    let head = first.get(..different)?;
    Some(head.trim_end_matches(|c: char| c.is_ascii_digit()).len())
}

#[cfg(test)]
mod tests {
    use super::counting;

    #[test]
    fn prefixes_that_count_up_have_a_pattern() {
        let pattern = |a, b| counting(a, b).map(|(p, n)| format!("{p} from {n}"));
        assert_eq!(pattern("a.1.b", "a.2.b").as_deref(), Some("a.{}.b from 1"));
        assert_eq!(pattern("a.9.b", "a.10.b").as_deref(), Some("a.{}.b from 9"));
        assert_eq!(pattern("a.19", "a.20").as_deref(), Some("a.{} from 19"));
        assert_eq!(pattern("mixed5", "mixed6").as_deref(), Some("mixed{} from 5"));
        for (a, b) in [
            ("a.1.b", "a.3.b"),
            ("a.1.b", "a.2.c"),
            ("a", "b"),
            ("a.2", "a.1"),
            ("a", "a"),
            ("a.1.1", "a.2.2"),
        ] {
            assert_eq!(pattern(a, b), None, "{a} {b}");
        }
    }
}
