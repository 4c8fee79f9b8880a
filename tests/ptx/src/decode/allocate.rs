//! Puts the registers of a text, of which there are thousands, into as few as are alive at a time: those of a warp then
//! fit the processor's cache.

use super::instruction::{Draft, Kind, Register};
use super::types::File;

/// Where registers lie.
pub(super) struct Places {
    /// Index in its file, by the register's own.
    pub(super) of: Vec<u16>,
    pub(super) words: usize,
    pub(super) doubles: usize,
    pub(super) predicates: usize,
}

/// Places for `total` registers; those that are `pinned` hold constants and share theirs with no other.
///
/// A register has its place from the first to the last instruction where it is alive, and everything between in the order
/// of the text. That is more than it needs, and right for threads that go different ways, as each goes along edges
/// of the graph.
pub(super) fn allocate(code: &[Draft], pinned: &[Register], total: usize) -> Places {
    let mut is_pinned = vec![false; total];
    pinned.iter().for_each(|r| is_pinned[r.index as usize] = true);
    let ranges = ranges(code, &is_pinned, total);

    let mut next = [0_u32; 3];
    let mut of = vec![0_u16; total];
    let clamp = |n: u32| n.min(u32::from(u16::MAX)) as u16;
    for register in pinned {
        of[register.index as usize] = clamp(next[register.file as usize]);
        next[register.file as usize] += 1;
    }
    let mut order: Vec<&Range> = ranges.iter().filter(|r| r.first <= r.last).collect();
    order.sort_by_key(|r| (r.first, r.register.index));
    // What is in use of each file, as (last instruction, place), and what is free.
    let mut used: [std::collections::BinaryHeap<std::cmp::Reverse<(u32, u32)>>; 3] = Default::default();
    let mut free: [Vec<u32>; 3] = Default::default();
    for range in order {
        let file = range.register.file as usize;
        while let Some(&std::cmp::Reverse((last, place))) = used[file].peek() {
            if last >= range.first {
                break;
            }
            used[file].pop();
            free[file].push(place);
        }
        let place = free[file].pop().unwrap_or_else(|| {
            next[file] += 1;
            next[file] - 1
        });
        of[range.register.index as usize] = clamp(place);
        used[file].push(std::cmp::Reverse((range.last, place)));
    }
    let count = |file: File| next[file as usize] as usize;
    Places { of, words: count(File::Word), doubles: count(File::Double), predicates: count(File::Predicate) }
}

/// From which to which instruction a register is alive.
#[derive(Clone, Copy)]
struct Range {
    register: Register,
    first: u32,
    last: u32,
}

fn ranges(code: &[Draft], is_pinned: &[bool], total: usize) -> Vec<Range> {
    let none = Register { file: File::Word, index: 0 };
    let mut ranges = vec![Range { register: none, first: u32::MAX, last: 0 }; total];
    let mut touch = |register: Register, at: usize| {
        let range = &mut ranges[register.index as usize];
        range.register = register;
        range.first = range.first.min(at as u32);
        range.last = range.last.max(at as u32);
    };
    let blocks = blocks(code);
    let words = total.div_ceil(64);
    let bit = |index: u32| (index as usize / 64, 1_u64 << (index % 64));

    // What a block reads before it writes it, and what it writes.
    let mut reads = vec![vec![0_u64; words]; blocks.len()];
    let mut writes = vec![vec![0_u64; words]; blocks.len()];
    for (number, block) in blocks.iter().enumerate() {
        for (at, draft) in code.iter().enumerate().take(block.end).skip(block.begin) {
            for register in draft.s.iter().chain(draft.guard.as_ref().map(|g| &g.0)) {
                let (word, mask) = bit(register.index);
                if !is_pinned[register.index as usize] {
                    touch(*register, at);
                    if writes[number][word] & mask == 0 {
                        reads[number][word] |= mask;
                    }
                }
            }
            for register in &draft.d {
                let (word, mask) = bit(register.index);
                touch(*register, at);
                // Under a guard the old value may live on.
                if draft.guard.is_none() {
                    writes[number][word] |= mask;
                } else if writes[number][word] & mask == 0 {
                    reads[number][word] |= mask;
                }
            }
        }
    }
    // What is alive where a block begins, until nothing changes.
    let mut alive = reads.clone();
    let mut after = vec![vec![0_u64; words]; blocks.len()];
    let mut changed = true;
    while changed {
        changed = false;
        for number in (0..blocks.len()).rev() {
            for &next in &blocks[number].next {
                for word in 0..words {
                    after[number][word] |= alive[next][word];
                }
            }
            for word in 0..words {
                let new = reads[number][word] | (after[number][word] & !writes[number][word]);
                if new & !alive[number][word] != 0 {
                    alive[number][word] |= new;
                    changed = true;
                }
            }
        }
    }
    for (number, block) in blocks.iter().enumerate() {
        for (set, at) in [(&alive[number], block.begin), (&after[number], block.end - 1)] {
            for (word, &bits) in set.iter().enumerate() {
                let mut bits = bits;
                while bits != 0 {
                    let range = &mut ranges[word * 64 + bits.trailing_zeros() as usize];
                    range.first = range.first.min(at as u32);
                    range.last = range.last.max(at as u32);
                    bits &= bits - 1;
                }
            }
        }
    }
    ranges
}

/// Instructions from `begin` to before `end` that are executed one after another, and the blocks that may follow.
struct Block {
    begin: usize,
    end: usize,
    next: Vec<usize>,
}

fn blocks(code: &[Draft]) -> Vec<Block> {
    let mut begins = vec![false; code.len() + 1];
    begins[0] = true;
    begins[code.len()] = true;
    for (at, draft) in code.iter().enumerate() {
        if draft.kind == Kind::Branch {
            begins[draft.offset as usize] = true;
        }
        if matches!(draft.kind, Kind::Branch | Kind::Exit) {
            begins[at + 1] = true;
        }
    }
    let begins: Vec<usize> = (0..begins.len()).filter(|&at| begins[at]).collect();
    let number = |at: usize| begins.partition_point(|&begin| begin < at);
    begins
        .windows(2)
        .map(|pair| {
            let last = &code[pair[1] - 1];
            let mut next = Vec::new();
            if last.kind == Kind::Branch {
                next.push(number(last.offset as usize));
            }
            let ends = matches!(last.kind, Kind::Branch | Kind::Exit) && last.guard.is_none();
            if !ends && pair[1] < code.len() {
                next.push(number(pair[1]));
            }
            Block { begin: pair[0], end: pair[1], next }
        })
        .collect()
}
