//! Addresses in the arena: buffers one after another into the lowest place that is free for all of their lifetime. The
//! order decides how well they fit, so a few are tried.

use std::ops::Range;

/// Where everything lies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Arena {
    /// By buffer.
    pub(super) offsets: Vec<usize>,
    /// Of the whole arena.
    pub(super) size: usize,
}

/// More buffers than this are placed in the order of their lifetimes alone, since the other orders compare every two.
const MANY: usize = 4096;

/// An order in which buffers are placed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Order {
    /// Large ones first: alike buffers meet alike neighbours, so that repeated blocks get equal addresses.
    Size,
    /// Those first that take much memory for long.
    Area,
    /// As they come to life.
    Start,
}

/// Places buffers of these sizes and lifetimes; buffer `first` lies at 0. Sizes are multiples of the alignment.
pub(super) fn place(sizes: &[usize], lifetimes: &[Range<usize>], first: usize) -> Arena {
    let mut best =
        in_order(sizes, lifetimes, first, if sizes.len() > MANY { Order::Start } else { Order::Size });
    if sizes.len() <= MANY {
        for order in [Order::Area, Order::Start] {
            let arena = in_order(sizes, lifetimes, first, order);
            // Equal addresses are worth a few bytes.
            if arena.size < best.size - best.size / 20 {
                best = arena;
            }
        }
    }
    best
}

/// Places each buffer at the lowest address where it fits.
fn in_order(sizes: &[usize], lifetimes: &[Range<usize>], first: usize, order: Order) -> Arena {
    let key = |i: usize| match order {
        Order::Size => [usize::MAX - sizes[i], lifetimes[i].start],
        Order::Area => [usize::MAX - sizes[i].saturating_mul(lifetimes[i].len()), lifetimes[i].start],
        Order::Start => [lifetimes[i].start, usize::MAX - sizes[i]],
    };
    let mut buffers: Vec<usize> = (0..sizes.len()).collect();
    buffers.sort_by_key(|&i| (i != first, key(i), i));
    let mut offsets = vec![0; sizes.len()];
    // By address.
    let mut placed: Vec<usize> = Vec::new();
    let mut size = 0;
    for buffer in buffers {
        let lifetime = &lifetimes[buffer];
        if order == Order::Start {
            // Those that follow start later still.
            placed.retain(|&other| lifetimes[other].end > lifetime.start);
        }
        let mut offset = 0;
        for &other in &placed {
            let alive_at_once =
                lifetimes[other].start < lifetime.end && lifetime.start < lifetimes[other].end;
            if !alive_at_once {
                continue;
            }
            if offsets[other] >= offset + sizes[buffer] {
                break;
            }
            offset = offset.max(offsets[other] + sizes[other]);
        }
        offsets[buffer] = offset;
        size = size.max(offset + sizes[buffer]);
        let at = placed.partition_point(|&other| offsets[other] <= offset);
        placed.insert(at, buffer);
    }
    Arena { offsets, size }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::lifetimes::peak;
    use proptest::prelude::*;

    #[test]
    fn alike_neighbours_alternate_between_two_places() {
        let sizes = [16, 64, 64, 64, 64];
        let lifetimes = [0..6, 0..2, 1..3, 2..4, 3..5];
        let arena = place(&sizes, &lifetimes, 0);
        assert_eq!(arena.offsets, [0, 16, 80, 16, 80]);
        assert_eq!(arena.size, 144);
    }

    proptest! {
        #[test]
        fn what_is_alive_at_once_does_not_overlap(
            buffers in prop::collection::vec((1usize..50, 0usize..40, 1usize..9), 1..60),
        ) {
            let sizes: Vec<usize> = buffers.iter().map(|b| b.0 * 16).collect();
            let lifetimes: Vec<Range<usize>> = buffers.iter().map(|b| b.1..b.1 + b.2).collect();
            let arena = place(&sizes, &lifetimes, 0);
            prop_assert_eq!(arena.offsets[0], 0);
            prop_assert!(arena.size >= peak(&sizes, &lifetimes));
            for i in 0..sizes.len() {
                prop_assert!(arena.offsets[i].is_multiple_of(16));
                prop_assert!(arena.offsets[i] + sizes[i] <= arena.size);
                for j in 0..i {
                    let together = (0..60).any(|t| lifetimes[i].contains(&t) && lifetimes[j].contains(&t));
                    let apart = arena.offsets[i] + sizes[i] <= arena.offsets[j]
                        || arena.offsets[j] + sizes[j] <= arena.offsets[i];
                    prop_assert!(!together || apart, "{i} and {j}");
                }
            }
        }
    }
}
