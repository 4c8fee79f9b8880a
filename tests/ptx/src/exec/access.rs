//! Loads and stores.

use super::registers::{Doubles, Registers, lanes};
use super::warp::{Block, Machine, Tally, Trouble};
use crate::decode::{Instruction, Transfer, Type};
use crate::fault::{Access, FaultKind};
use crate::memory::{Allocation, Local, conflicts};
use crate::race::Now;
use crate::text::Space;

/// Where the address spaces lie in the generic one.
pub(super) use crate::decode::{LOCAL_WINDOW, SHARED_WINDOW};

/// Bytes that a window has room for.
const WINDOW: u64 = 1 << 32;

/// The space of a generic address, and the address there.
pub(super) fn specific(address: u64) -> (Space, u64) {
    if (SHARED_WINDOW..SHARED_WINDOW + WINDOW).contains(&address) {
        (Space::Shared, address - SHARED_WINDOW)
    } else if (LOCAL_WINDOW..LOCAL_WINDOW + WINDOW).contains(&address) {
        (Space::Local, address - LOCAL_WINDOW)
    } else {
        (Space::Global, address)
    }
}

/// What an access needs besides registers.
pub(super) struct Memories<'a, 'm> {
    pub(super) machine: &'a Machine<'m>,
    pub(super) block: &'a mut Block,
    pub(super) local: &'a mut Local,
    pub(super) tally: &'a mut Tally,
    pub(super) now: Now,
}

#[inline(always)]
pub(super) fn load(
    r: &mut Registers,
    i: &Instruction,
    transfer: Transfer,
    mask: u32,
    memories: &mut Memories<'_, '_>,
) -> Result<(), Trouble> {
    let addresses = r.addresses(i.s[0], transfer.wide_address, i.offset);
    each_space(transfer.space, &addresses, mask, |space, addresses, mask| match space {
        Space::Global | Space::Const | Space::Generic => {
            load_global(r, i, transfer, addresses, mask, memories)
        }
        Space::Shared => load_shared(r, i, transfer, addresses, mask, memories),
        Space::Local => load_local(r, i, transfer, addresses, mask, memories),
        Space::Param => load_parameter(r, i, transfer, addresses, mask, memories),
    })
}

#[inline(always)]
pub(super) fn store(
    r: &mut Registers,
    i: &Instruction,
    transfer: Transfer,
    mask: u32,
    memories: &mut Memories<'_, '_>,
) -> Result<(), Trouble> {
    let addresses = r.addresses(i.s[0], transfer.wide_address, i.offset);
    each_space(transfer.space, &addresses, mask, |space, addresses, mask| match space {
        Space::Global | Space::Generic => store_global(r, i, transfer, addresses, mask, memories),
        Space::Shared => store_shared(r, i, transfer, addresses, mask, memories),
        Space::Local => store_local(r, i, transfer, addresses, mask, memories),
        Space::Const => Err(Trouble::new(FaultKind::ReadOnly { memory: "constant" }, mask)),
        Space::Param => Err(Trouble::new(FaultKind::ReadOnly { memory: "parameter" }, mask)),
    })
}

/// Calls `f` once, or of generic addresses for each space that threads of the mask mean.
#[inline(always)]
fn each_space(
    space: Space,
    addresses: &Doubles,
    mask: u32,
    mut f: impl FnMut(Space, &Doubles, u32) -> Result<(), Trouble>,
) -> Result<(), Trouble> {
    if space != Space::Generic {
        return f(space, addresses, mask);
    }
    for wanted in [Space::Global, Space::Shared, Space::Local] {
        let mut inside = *addresses;
        let mut of_space = 0;
        for lane in lanes(mask) {
            let (space, address) = specific(addresses[lane]);
            if space == wanted {
                inside[lane] = address;
                of_space |= 1 << lane;
            }
        }
        if of_space != 0 {
            f(wanted, &inside, of_space)?;
        }
    }
    Ok(())
}

/// The allocation and offset of an access, from the allocation of the thread before where that is the same.
#[inline(always)]
pub(super) fn locate<'m>(
    machine: &Machine<'m>,
    last: &mut Option<&'m Allocation>,
    access: Access,
    address: u64,
    bytes: usize,
) -> Result<(&'m Allocation, usize), FaultKind> {
    let found = match last.and_then(|a| Some((a, a.offset(address, bytes)?))) {
        Some(found) => found,
        None => {
            let (allocation, offset) = machine
                .memory
                .find(address, bytes)
                .ok_or_else(|| machine.memory.out_of_bounds(access, address, bytes))?;
            *last = Some(allocation);
            (allocation.as_ref(), offset)
        }
    };
    if address & (bytes as u64 - 1) != 0 {
        return Err(FaultKind::Misaligned { access, memory: "global", address, bytes: bytes as u32 });
    }
    Ok(found)
}

/// Sectors of 32 bytes that a warp's request touches.
pub(super) fn sectors(addresses: &Doubles, mask: u32) -> u64 {
    let mut list = [0_u64; 32];
    let (mut count, mut ascending) = (0, true);
    for lane in lanes(mask) {
        let sector = addresses[lane] / 32;
        if count > 0 && list[count - 1] == sector {
            continue;
        }
        ascending &= count == 0 || list[count - 1] < sector;
        list[count] = sector;
        count += 1;
    }
    if ascending {
        return count as u64;
    }
    let list = &mut list[..count];
    list.sort_unstable();
    1 + list.windows(2).filter(|pair| pair[0] != pair[1]).count() as u64
}

#[inline(always)]
fn load_global(
    r: &mut Registers,
    i: &Instruction,
    transfer: Transfer,
    addresses: &Doubles,
    mask: u32,
    memories: &mut Memories<'_, '_>,
) -> Result<(), Trouble> {
    let (element, parts) = (transfer.element.bytes(), usize::from(transfer.parts));
    let bytes = element * parts;
    let viewer = &mut memories.block.viewer;
    let machine = memories.machine;
    if transfer.strong {
        let mut published = machine.launch.lock();
        lanes(mask).for_each(|lane| viewer.meets(&mut published, addresses[lane], true, false));
    }
    let mut last = None;
    for lane in lanes(mask) {
        let read = |last: &mut Option<_>| -> Result<(), FaultKind> {
            let (allocation, offset) = locate(machine, last, Access::Read, addresses[lane], bytes)?;
            for part in 0..parts {
                let at = offset + part * element;
                let value = if element == 8 {
                    let low = allocation.read(at, 4, viewer, transfer.strong)?;
                    u64::from(low) | (u64::from(allocation.read(at + 4, 4, viewer, transfer.strong)?) << 32)
                } else {
                    u64::from(allocation.read(at, element, viewer, transfer.strong)?)
                };
                set_lane(r, i.d[part], lane, value, transfer);
            }
            Ok(())
        };
        let mut read = read;
        read(&mut last).map_err(|fault| Trouble::at(fault, lane))?;
    }
    let counts = &mut memories.tally.counts;
    counts.global_loaded += u64::from(mask.count_ones()) * bytes as u64;
    counts.sectors_loaded += sectors(addresses, mask);
    Ok(())
}

#[inline(always)]
fn store_global(
    r: &Registers,
    i: &Instruction,
    transfer: Transfer,
    addresses: &Doubles,
    mask: u32,
    memories: &mut Memories<'_, '_>,
) -> Result<(), Trouble> {
    let (element, parts) = (transfer.element.bytes(), usize::from(transfer.parts));
    let bytes = element * parts;
    let machine = memories.machine;
    let viewer = &mut memories.block.viewer;
    viewer.writes();
    if transfer.strong {
        let mut published = machine.launch.lock();
        lanes(mask).for_each(|lane| viewer.meets(&mut published, addresses[lane], false, true));
    }
    let mut last = None;
    for lane in lanes(mask) {
        let write = |last: &mut Option<_>| -> Result<(), FaultKind> {
            let (allocation, offset) = locate(machine, last, Access::Write, addresses[lane], bytes)?;
            for part in 0..parts {
                let (value, at) = (lane_of(r, i.s[1 + part], lane, transfer), offset + part * element);
                if element == 8 {
                    allocation.write(at, 4, value as u32, viewer, transfer.strong)?;
                    allocation.write(at + 4, 4, (value >> 32) as u32, viewer, transfer.strong)?;
                } else {
                    allocation.write(at, element, value as u32, viewer, transfer.strong)?;
                }
            }
            Ok(())
        };
        write(&mut last).map_err(|fault| Trouble::at(fault, lane))?;
    }
    let counts = &mut memories.tally.counts;
    counts.global_stored += u64::from(mask.count_ones()) * bytes as u64;
    counts.sectors_stored += sectors(addresses, mask);
    Ok(())
}

#[inline(always)]
fn load_shared(
    r: &mut Registers,
    i: &Instruction,
    transfer: Transfer,
    addresses: &Doubles,
    mask: u32,
    memories: &mut Memories<'_, '_>,
) -> Result<(), Trouble> {
    let (element, parts) = (transfer.element.bytes(), usize::from(transfer.parts));
    let shared = &mut memories.block.shared;
    if element == 4 && transfer.register == 4 {
        for lane in lanes(mask) {
            let now = memories.now.of(lane);
            let at = shared
                .check(Access::Read, addresses[lane], 4 * parts)
                .map_err(|fault| Trouble::at(fault, lane))?;
            for part in 0..parts {
                let value = shared.read(at + part * 4, 4, now).map_err(|fault| Trouble::at(fault, lane))?;
                r.w[usize::from(i.d[part])][lane] = value;
            }
        }
        count_banks(memories.tally, addresses, mask, 4 * parts);
        return Ok(());
    }
    for lane in lanes(mask) {
        let now = memories.now.of(lane);
        let mut read = || -> Result<(), FaultKind> {
            let at = shared.check(Access::Read, addresses[lane], element * parts)?;
            for part in 0..parts {
                let at = at + part * element;
                let value = if element == 8 {
                    u64::from(shared.read(at, 4, now)?) | (u64::from(shared.read(at + 4, 4, now)?) << 32)
                } else {
                    u64::from(shared.read(at, element, now)?)
                };
                set_lane(r, i.d[part], lane, value, transfer);
            }
            Ok(())
        };
        read().map_err(|fault| Trouble::at(fault, lane))?;
    }
    count_banks(memories.tally, addresses, mask, element * parts);
    Ok(())
}

#[inline(always)]
fn store_shared(
    r: &Registers,
    i: &Instruction,
    transfer: Transfer,
    addresses: &Doubles,
    mask: u32,
    memories: &mut Memories<'_, '_>,
) -> Result<(), Trouble> {
    let (element, parts) = (transfer.element.bytes(), usize::from(transfer.parts));
    let shared = &mut memories.block.shared;
    for lane in lanes(mask) {
        let now = memories.now.of(lane);
        let mut write = || -> Result<(), FaultKind> {
            let at = shared.check(Access::Write, addresses[lane], element * parts)?;
            for part in 0..parts {
                let (value, at) = (lane_of(r, i.s[1 + part], lane, transfer), at + part * element);
                if element == 8 {
                    shared.write(at, 4, value as u32, now)?;
                    shared.write(at + 4, 4, (value >> 32) as u32, now)?;
                } else {
                    shared.write(at, element, value as u32, now)?;
                }
            }
            Ok(())
        };
        write().map_err(|fault| Trouble::at(fault, lane))?;
    }
    count_banks(memories.tally, addresses, mask, element * parts);
    Ok(())
}

/// Counts the requests of a warp: one, or as many as it takes to move 128 bytes each, of half or a quarter of the warp.
pub(super) fn count_banks(tally: &mut Tally, addresses: &Doubles, mask: u32, bytes: usize) {
    let words = bytes.div_ceil(4);
    if words == 1 {
        tally.counts.shared_requests += 1;
        tally.counts.bank_conflicts +=
            u64::from(conflicts(lanes(mask).map(|lane| (addresses[lane] / 4) as u32)));
        return;
    }
    let threads = 32 / words.max(1);
    for first in (0..32).step_by(threads.max(1)) {
        let part = mask & ((((1_u64 << threads) - 1) as u32) << first);
        if part == 0 {
            continue;
        }
        let touched =
            lanes(part).flat_map(|lane| (0..words as u32).map(move |n| (addresses[lane] / 4) as u32 + n));
        tally.counts.shared_requests += 1;
        tally.counts.bank_conflicts += u64::from(conflicts(touched));
    }
}

fn load_local(
    r: &mut Registers,
    i: &Instruction,
    transfer: Transfer,
    addresses: &Doubles,
    mask: u32,
    memories: &mut Memories<'_, '_>,
) -> Result<(), Trouble> {
    let (element, parts) = (transfer.element.bytes(), usize::from(transfer.parts));
    for lane in lanes(mask) {
        aligned(addresses[lane], element * parts, Access::Read).map_err(|fault| Trouble::at(fault, lane))?;
        for part in 0..parts {
            let at = addresses[lane].wrapping_add((part * element) as u64);
            let mut value = 0;
            for byte in (0..element).step_by(4) {
                let word = memories.local.read(at.wrapping_add(byte as u64), element.min(4), lane);
                value |= u64::from(word.map_err(|fault| Trouble::at(fault, lane))?) << (byte * 8);
            }
            set_lane(r, i.d[part], lane, value, transfer);
        }
    }
    Ok(())
}

fn store_local(
    r: &Registers,
    i: &Instruction,
    transfer: Transfer,
    addresses: &Doubles,
    mask: u32,
    memories: &mut Memories<'_, '_>,
) -> Result<(), Trouble> {
    let (element, parts) = (transfer.element.bytes(), usize::from(transfer.parts));
    for lane in lanes(mask) {
        aligned(addresses[lane], element * parts, Access::Write).map_err(|fault| Trouble::at(fault, lane))?;
        for part in 0..parts {
            let at = addresses[lane].wrapping_add((part * element) as u64);
            let value = lane_of(r, i.s[1 + part], lane, transfer);
            for byte in (0..element).step_by(4) {
                let word = (value >> (byte * 8)) as u32;
                let written = memories.local.write(at.wrapping_add(byte as u64), element.min(4), lane, word);
                written.map_err(|fault| Trouble::at(fault, lane))?;
            }
        }
    }
    Ok(())
}

fn aligned(address: u64, bytes: usize, access: Access) -> Result<(), FaultKind> {
    if address & (bytes as u64 - 1) == 0 {
        return Ok(());
    }
    Err(FaultKind::Misaligned { access, memory: "local", address, bytes: bytes as u32 })
}

fn load_parameter(
    r: &mut Registers,
    i: &Instruction,
    transfer: Transfer,
    addresses: &Doubles,
    mask: u32,
    memories: &mut Memories<'_, '_>,
) -> Result<(), Trouble> {
    let (element, parts) = (transfer.element.bytes(), usize::from(transfer.parts));
    let parameters = memories.machine.parameters;
    for lane in lanes(mask) {
        for part in 0..parts {
            let address = addresses[lane].wrapping_add((part * element) as u64);
            let from =
                usize::try_from(address).ok().and_then(|at| parameters.get(at..at.checked_add(element)?));
            let Some(from) = from else {
                let fault = FaultKind::OutOfBounds {
                    access: Access::Read,
                    memory: "parameter",
                    address,
                    bytes: element as u32,
                    near: format!(": there are {} bytes", parameters.len()),
                };
                return Err(Trouble::at(fault, lane));
            };
            let value = from.iter().rev().fold(0, |value, &byte| (value << 8) | u64::from(byte));
            set_lane(r, i.d[part], lane, value, transfer);
        }
    }
    Ok(())
}

/// Puts what was loaded into a thread's register, extended as its type says.
#[inline(always)]
fn set_lane(r: &mut Registers, register: u16, lane: usize, value: u64, transfer: Transfer) {
    let value = match transfer.element {
        Type::S8 => value as i8 as u64,
        Type::S16 => value as i16 as u64,
        Type::S32 => value as i32 as u64,
        _ => value,
    };
    match transfer.register {
        8 => r.d[usize::from(register)][lane] = value,
        2 => r.w[usize::from(register)][lane] = value as u32 & 0xffff,
        _ => r.w[usize::from(register)][lane] = value as u32,
    }
}

#[inline(always)]
fn lane_of(r: &Registers, register: u16, lane: usize, transfer: Transfer) -> u64 {
    if transfer.register == 8 { r.double(register)[lane] } else { u64::from(r.word(register)[lane]) }
}
