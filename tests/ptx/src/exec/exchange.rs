//! What the threads of a warp tell each other: shuffles, votes, reductions.

use super::registers::{Registers, Words, lanes};
use crate::decode::{Binary, Instruction, Shuffle, Type, Vote};

pub(super) fn shuffle(r: &mut Registers, i: &Instruction, mode: Shuffle, mask: u32) {
    let (value, by, clamp) = (*r.word(i.s[0]), *r.word(i.s[1]), *r.word(i.s[2]));
    let mut valid = 0;
    let result: Words = std::array::from_fn(|lane| {
        let (b, c) = (by[lane] & 31, clamp[lane]);
        let (segment, limit) = (c >> 8 & 31, c & 31);
        let lane_number = lane as u32;
        let first = lane_number & segment;
        let last = first | (limit & !segment);
        let (from, inside) = match mode {
            Shuffle::Up => (lane_number.wrapping_sub(b), lane_number.wrapping_sub(b) as i32 >= last as i32),
            Shuffle::Down => (lane_number + b, lane_number + b <= last),
            Shuffle::Butterfly => (lane_number ^ b, lane_number ^ b <= last),
            Shuffle::Index => (first | (b & !segment), first | (b & !segment) <= last),
        };
        valid |= u32::from(inside) << lane;
        // A thread that does not take part has nothing to give: what comes is the thread's own.
        let from = if inside && mask >> (from & 31) & 1 == 1 { (from & 31) as usize } else { lane };
        value[from]
    });
    r.put(i.d[0], mask, result);
    if i.written == 2 {
        r.put_predicate(i.d[1], mask, valid);
    }
}

/// What a vote of the threads of a mask says: a predicate of all, or their bits.
pub(super) fn vote(mode: Vote, ballots: u32, mask: u32) -> u32 {
    let ballots = ballots & mask;
    match mode {
        Vote::Ballot => ballots,
        Vote::Count => ballots.count_ones(),
        Vote::All => u32::from(ballots == mask),
        Vote::Any => u32::from(ballots != 0),
        Vote::Uniform => u32::from(ballots == mask || ballots == 0),
    }
}

pub(super) fn vote_instruction(r: &mut Registers, i: &Instruction, mode: Vote, mask: u32) {
    let result = vote(mode, r.predicate(i.s[0]), mask);
    match mode {
        Vote::Ballot | Vote::Count => r.put(i.d[0], mask, [result; 32]),
        Vote::All | Vote::Any | Vote::Uniform => {
            r.put_predicate(i.d[0], mask, if result == 1 { u32::MAX } else { 0 })
        }
    }
}

pub(super) fn reduce(r: &mut Registers, i: &Instruction, operation: Binary, kind: Type, mask: u32) {
    let value = r.word(i.s[0]);
    let all = lanes(mask).map(|lane| value[lane]).reduce(|a, b| match operation {
        Binary::Min if kind.is_signed() => (a as i32).min(b as i32) as u32,
        Binary::Max if kind.is_signed() => (a as i32).max(b as i32) as u32,
        Binary::Min => a.min(b),
        Binary::Max => a.max(b),
        Binary::And => a & b,
        Binary::Or => a | b,
        Binary::Xor => a ^ b,
        _ => a.wrapping_add(b),
    });
    r.put(i.d[0], mask, [all.unwrap_or(0); 32]);
}
