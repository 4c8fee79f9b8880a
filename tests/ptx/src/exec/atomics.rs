//! Atomics on global and shared memory, and where asynchronous copies read.

use super::access::{Memories, locate, sectors, specific};
use super::copies::Copies;
use super::registers::{Registers, lanes};
use super::warp::Trouble;
use crate::decode::{Atomic, Instruction, Type};
use crate::fault::{Access, FaultKind};
use crate::memory::Allocation;
use crate::text::Space;

/// An atomic of each thread of a mask, one after another.
pub(super) fn atomic(
    r: &mut Registers,
    i: &Instruction,
    (operation, of, space, wide): (Atomic, Type, Space, bool),
    mask: u32,
    memories: &mut Memories<'_, '_>,
) -> Result<(), Trouble> {
    let addresses = r.addresses(i.s[0], wide, i.offset);
    let bytes = of.bytes();
    let operand = |r: &Registers, n: usize, lane: usize| match (i.s.get(n), bytes) {
        (Some(&register), 8) => r.double(register)[lane],
        (Some(&register), _) => u64::from(r.word(register)[lane]),
        (None, _) => 0,
    };
    let machine = memories.machine;
    // Those of shared memory are in order already, as a block runs on one core.
    let mut published = (space != Space::Shared).then(|| machine.launch.lock());
    let mut last = None;
    for lane in lanes(mask) {
        let (space, address) =
            if space == Space::Generic { specific(addresses[lane]) } else { (space, addresses[lane]) };
        let (b, c) =
            (operand(r, 1, lane), if operation == Atomic::CompareExchange { operand(r, 2, lane) } else { 0 });
        let new = |old: u64| result(operation, of, old, b, c);
        let mut apply = || -> Result<u64, FaultKind> {
            match space {
                Space::Shared => {
                    let at = memories.block.shared.check(Access::Atomic, address, bytes)?;
                    memories.block.shared.atomic(at, bytes, memories.now.of(lane), new)
                }
                Space::Local => Err(FaultKind::ReadOnly { memory: "local, by an atomic," }),
                _ => {
                    let (allocation, offset) = locate(machine, &mut last, Access::Atomic, address, bytes)?;
                    let viewer = &mut memories.block.viewer;
                    if let Some(published) = &mut published {
                        viewer.meets(published, address, true, true);
                    }
                    let old = allocation.atomic(offset, bytes, viewer, new)?;
                    memories.tally.counts.global_loaded += bytes as u64;
                    memories.tally.counts.global_stored += bytes as u64;
                    Ok(old)
                }
            }
        };
        let old = apply().map_err(|fault| Trouble::at(fault, lane))?;
        if i.written == 1 {
            match bytes {
                8 => r.d[usize::from(i.d[0])][lane] = old,
                _ => r.w[usize::from(i.d[0])][lane] = old as u32,
            }
        }
    }
    Ok(())
}

fn result(operation: Atomic, of: Type, old: u64, b: u64, c: u64) -> u64 {
    let value = match (operation, of) {
        (Atomic::Add, Type::F32) => {
            u64::from((f32::from_bits(old as u32) + f32::from_bits(b as u32)).to_bits())
        }
        (Atomic::Add, Type::F64) => (f64::from_bits(old) + f64::from_bits(b)).to_bits(),
        (Atomic::Add, _) => old.wrapping_add(b),
        (Atomic::Min, Type::S32) => (old as i32).min(b as i32) as u64,
        (Atomic::Max, Type::S32) => (old as i32).max(b as i32) as u64,
        (Atomic::Min, Type::S64) => (old as i64).min(b as i64) as u64,
        (Atomic::Max, Type::S64) => (old as i64).max(b as i64) as u64,
        (Atomic::Min, _) => old.min(b),
        (Atomic::Max, _) => old.max(b),
        (Atomic::And, _) => old & b,
        (Atomic::Or, _) => old | b,
        (Atomic::Xor, _) => old ^ b,
        (Atomic::Exchange, _) => b,
        (Atomic::CompareExchange, _) => {
            if old == b {
                c
            } else {
                old
            }
        }
        (Atomic::Increment, _) => {
            if old >= b {
                0
            } else {
                old + 1
            }
        }
        (Atomic::Decrement, _) => {
            if old == 0 || old > b {
                b
            } else {
                old - 1
            }
        }
    };
    value & of.mask()
}

/// Begins asynchronous copies: reads their data, and says where it will arrive.
pub(super) fn copy_async(
    r: &Registers,
    i: &Instruction,
    (bytes, sized, wide_to): (usize, bool, bool),
    mask: u32,
    copies: &mut Copies,
    memories: &mut Memories<'_, '_>,
) -> Result<(), Trouble> {
    let to = r.addresses(i.s[0], wide_to, 0);
    let from = r.addresses(i.s[1], true, i.offset);
    let mut last = None;
    let (mut loaded, mut reading) = (0, 0);
    for lane in lanes(mask) {
        let mut begin = || -> Result<(), FaultKind> {
            let given = if sized { (r.word(i.s[2])[lane] as usize).min(bytes) } else { bytes };
            let at = memories.block.shared.check(Access::Write, to[lane], bytes)?;
            let mut data = [0_u32; 4];
            if given > 0 {
                if !from[lane].is_multiple_of(bytes as u64) {
                    let (access, memory, address) = (Access::Read, "global", from[lane]);
                    return Err(FaultKind::Misaligned { access, memory, address, bytes: bytes as u32 });
                }
                let machine = memories.machine;
                // The bytes that it does not take need not be there.
                let (allocation, offset) = match last
                    .and_then(|a: &Allocation| Some((a, a.offset(from[lane], given)?)))
                {
                    Some(found) => found,
                    None => {
                        let found = machine.memory.find(from[lane], given);
                        let found = found
                            .ok_or_else(|| machine.memory.out_of_bounds(Access::Read, from[lane], given))?;
                        (found.0.as_ref(), found.1)
                    }
                };
                last = Some(allocation);
                let mut at = 0;
                while at < given {
                    let step = match given - at {
                        1 => 1,
                        2 | 3 => 2,
                        _ => 4,
                    };
                    let part = allocation.read(offset + at, step, &memories.block.viewer, false)?;
                    data[at / 4] |= part << ((at % 4) * 8);
                    at += step;
                }
                reading |= 1 << lane;
                loaded += given as u64;
            }
            memories.block.shared.begin_copy(at, bytes, memories.now.of(lane))?;
            copies.begin(lane, at, bytes / 4, data);
            Ok(())
        };
        begin().map_err(|fault| Trouble::at(fault, lane))?;
    }
    let counts = &mut memories.tally.counts;
    counts.global_loaded += loaded;
    counts.sectors_loaded += sectors(&from, reading);
    Ok(())
}
