//! When each buffer is alive, and how much memory that takes at least.

use crate::lir::Program;
use std::ops::Range;

/// From the step that writes a buffer first to behind the one that reads it last. The input is alive from the start,
/// and it, the outputs and the taps to the end.
pub(super) fn lifetimes(program: &Program) -> Vec<Range<usize>> {
    let end = program.steps.len();
    let mut lifetimes: Vec<Option<Range<usize>>> = vec![None; program.buffers.len()];
    let mut extend = |id: crate::lir::ValueId, to: Range<usize>| {
        let buffer = program.values[id.index()].buffer.index();
        let old = lifetimes[buffer].get_or_insert(to.clone());
        *old = old.start.min(to.start)..old.end.max(to.end);
    };
    extend(program.input, 0..end);
    for (index, step) in program.steps.iter().enumerate() {
        for &id in step.inputs.iter().chain([&step.output]) {
            extend(id, index..index + 1);
        }
    }
    for id in program.staying() {
        extend(id, end..end);
    }
    lifetimes.into_iter().map(|l| l.unwrap_or(0..0)).collect()
}

/// The largest sum of the sizes of buffers that are alive at once.
pub(super) fn peak(sizes: &[usize], lifetimes: &[Range<usize>]) -> usize {
    let end = lifetimes.iter().map(|l| l.end).max().unwrap_or(0);
    let mut grown = vec![0; end + 1];
    let mut shrunk = vec![0; end + 1];
    for (size, lifetime) in sizes.iter().zip(lifetimes) {
        grown[lifetime.start] += size;
        shrunk[lifetime.end] += size;
    }
    let mut alive = 0;
    let mut peak = 0;
    for (plus, minus) in grown.iter().zip(&shrunk) {
        alive = alive + plus - minus;
        peak = peak.max(alive);
    }
    peak
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_peak_counts_what_overlaps() {
        assert_eq!(peak(&[10, 20, 40], &[0..2, 1..3, 2..4]), 60);
        assert_eq!(peak(&[10, 20], &[0..1, 1..2]), 20);
        assert_eq!(peak(&[], &[]), 0);
    }
}
