//! AMX on machines that do not have it: where the processor stops at one of its instructions, a handler of the signal decodes it
//! and does what Intel's manual says ("Intel 64 and IA-32 Architectures Software Developer's Manual", volume 2, TDPBF16PS and
//! others), with tiles for each thread. What the processor would refuse, it refuses: the process ends.

#![allow(unsafe_code, reason = "signal handlers and what they find in registers")]

use std::arch::x86_64::{
    _mm256_add_ps, _mm256_and_si256, _mm256_castsi256_ps, _mm256_fmadd_ps, _mm256_loadu_ps,
    _mm256_loadu_si256, _mm256_set1_epi32, _mm256_set1_ps, _mm256_setzero_ps, _mm256_slli_epi32,
    _mm256_storeu_ps,
};
use std::cell::UnsafeCell;
use std::sync::Once;
use std::{mem, ptr};

/// Rows of a tile, and bytes of a row.
const ROWS: usize = 16;
const LINE: usize = 64;

/// The tiles of a thread.
#[derive(Clone, Copy)]
struct Tiles {
    /// Whether they are configured, and how: rows, and bytes of each.
    configured: bool,
    rows: [u8; 8],
    bytes: [u16; 8],
    data: [[[u8; LINE]; ROWS]; 8],
}

const RELEASED: Tiles =
    Tiles { configured: false, rows: [0; 8], bytes: [0; 8], data: [[[0; LINE]; ROWS]; 8] };

thread_local! {
    static TILES: UnsafeCell<Tiles> = const { UnsafeCell::new(RELEASED) };
}

/// From here on the process has AMX's tiles and products of bf16.
pub(crate) fn install() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // A machine that has AMX does without the handler once it has permitted it.
        assert!(!archc_runtime::Isa::available().is_empty());
        assert!(is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma"), "for products");
        // Safety: the handler does nothing but what an instruction does.
        unsafe {
            let mut action: libc::sigaction = mem::zeroed();
            action.sa_sigaction =
                on_illegal as extern "C" fn(i32, *mut libc::siginfo_t, *mut libc::c_void) as usize;
            action.sa_flags = libc::SA_SIGINFO;
            assert_eq!(libc::sigaction(libc::SIGILL, &action, ptr::null_mut()), 0);
        }
    });
}

/// Whether this thread has tiles.
pub(crate) fn is_configured() -> bool {
    // Safety: only this thread uses them, and the handler is not running.
    TILES.with(|tiles| unsafe { (*tiles.get()).configured })
}

extern "C" fn on_illegal(_: i32, _: *mut libc::siginfo_t, context: *mut libc::c_void) {
    // Safety: the system passes the registers, and the instruction at which it stopped is readable. Memory that the instruction
    // names is used as the processor would use it.
    unsafe {
        let context = &mut *context.cast::<libc::ucontext_t>();
        let registers = &mut context.uc_mcontext.gregs;
        let at = registers[libc::REG_RIP as usize];
        let code = std::slice::from_raw_parts(at as *const u8, 15);
        let done = TILES.with(|tiles| execute(&mut *tiles.get(), code, registers));
        match done {
            Ok(length) => registers[libc::REG_RIP as usize] = at + length as i64,
            Err(reason) => {
                libc::write(2, reason.as_ptr().cast(), reason.len());
                // The same instruction again, which now ends the process.
                libc::signal(libc::SIGILL, libc::SIG_DFL);
            }
        }
    }
}

type Registers = [libc::greg_t; 23];

/// A register by its number in an instruction.
fn register(registers: &Registers, number: u8) -> i64 {
    use libc::{REG_RAX, REG_RBP, REG_RBX, REG_RCX, REG_RDI, REG_RDX, REG_RSI, REG_RSP};
    let low = [REG_RAX, REG_RCX, REG_RDX, REG_RBX, REG_RSP, REG_RBP, REG_RSI, REG_RDI];
    registers[match number {
        0..8 => low[usize::from(number)] as usize,
        _ => libc::REG_R8 as usize + usize::from(number) - 8,
    }]
}

/// The memory that an instruction names: where it starts, and from one row to the next. The length of what names it follows.
struct Memory {
    start: i64,
    stride: i64,
    length: usize,
}

/// What ModRM and the bytes behind it name; `extend` are the bits of REX.X and REX.B.
fn memory(
    code: &[u8],
    registers: &Registers,
    [index_bit, base_bit]: [u8; 2],
) -> Result<Memory, &'static str> {
    let (mode, low) = (code[0] >> 6, code[0] & 7);
    let (mut base, mut stride, mut length) = (low | base_bit, 0, 1);
    if low == 4 {
        let scaled = code[1];
        let index = scaled >> 3 & 7 | index_bit;
        if index != 4 {
            stride = register(registers, index) << (scaled >> 6);
        }
        base = scaled & 7 | base_bit;
        length = 2;
    }
    if mode == 0 && base & 7 == 5 {
        return Err("an address without a base");
    }
    let displacement = match mode {
        0 => 0,
        1 => i64::from(code[length] as i8),
        _ => i64::from(i32::from_le_bytes([
            code[length],
            code[length + 1],
            code[length + 2],
            code[length + 3],
        ])),
    };
    length += [0, 1, 4][usize::from(mode.min(2))];
    Ok(Memory { start: register(registers, base) + displacement, stride, length })
}

/// Does what an instruction says; its length.
///
/// # Safety
/// The memory that it names must be there.
unsafe fn execute(tiles: &mut Tiles, code: &[u8], registers: &Registers) -> Result<usize, &'static str> {
    // A VEX prefix of three bytes: the bits of R, X and B inverted, opcodes of 0F 38; W, the second source inverted, 128 bits.
    let &[0xc4, bits, rest, opcode, ref operands @ ..] = code else { return Err("not AMX\n") };
    let (map, prefix, source, wide) = (bits & 0x1f, rest & 3, !(rest >> 3) & 15, rest & 0x84);
    if map != 2 || wide != 0 {
        return Err("not AMX\n");
    }
    let extend = [!bits >> 3 & 8, !bits >> 2 & 8];
    let (register_bit, modrm) = (!bits >> 4 & 8, operands[0]);
    let (tile, other) = (modrm >> 3 & 7, modrm & 7);
    let is_memory = modrm < 0xc0;
    let named = || memory(operands, registers, extend);
    if register_bit != 0 {
        return Err("a tile behind the eighth\n");
    }
    // Safety: the caller's promise.
    unsafe {
        match (opcode, prefix, is_memory) {
            (0x49, 0, true) if tile == 0 => {
                let memory = named()?;
                tiles.configure(memory.start as *const u8)?;
                Ok(4 + memory.length)
            }
            (0x49, 0, false) if modrm == 0xc0 => {
                *tiles = RELEASED;
                Ok(5)
            }
            (0x49, 3, false) if other == 0 => {
                tiles.is_usable(tile)?;
                tiles.data[usize::from(tile)] = [[0; LINE]; ROWS];
                Ok(5)
            }
            (0x4b, 2 | 3, true) if other == 4 => {
                let memory = named()?;
                let (rows, bytes) = tiles.is_usable(tile)?;
                let data = &mut tiles.data[usize::from(tile)];
                if prefix == 3 {
                    *data = [[0; LINE]; ROWS];
                }
                for (row, line) in data.iter_mut().enumerate().take(rows) {
                    let at = memory.start + row as i64 * memory.stride;
                    if prefix == 3 {
                        ptr::copy_nonoverlapping(at as *const u8, line.as_mut_ptr(), bytes);
                    } else {
                        ptr::copy_nonoverlapping(line.as_ptr(), at as *mut u8, bytes);
                    }
                }
                Ok(4 + memory.length)
            }
            (0x5c, 2, false) => {
                tiles.multiply(tile, other, source)?;
                Ok(5)
            }
            _ => Err("an instruction of AMX that nobody uses\n"),
        }
    }
}

impl Tiles {
    /// # Safety
    /// Sixty-four bytes must be there.
    unsafe fn configure(&mut self, from: *const u8) -> Result<(), &'static str> {
        // Safety: the caller's promise.
        let config = unsafe { from.cast::<[u8; 64]>().read_unaligned() };
        if config[0] == 0 {
            *self = RELEASED;
            return Ok(());
        }
        if config[0] != 1 || config[2..16].iter().any(|&byte| byte != 0) {
            return Err("a configuration of another palette, or with reserved bytes\n");
        }
        if config[1] != 0 || config[32..48].iter().chain(&config[56..]).any(|&byte| byte != 0) {
            return Err("a configuration with a start, or of tiles that are not there\n");
        }
        let mut new = Tiles { configured: true, ..RELEASED };
        for tile in 0..8 {
            new.bytes[tile] = u16::from_le_bytes([config[16 + 2 * tile], config[17 + 2 * tile]]);
            new.rows[tile] = config[48 + tile];
            let (rows, bytes) = (new.rows[tile], new.bytes[tile]);
            if usize::from(rows) > ROWS || usize::from(bytes) > LINE || (rows == 0) != (bytes == 0) {
                return Err("a tile of more than 16 rows of 64 bytes\n");
            }
        }
        *self = new;
        Ok(())
    }

    /// Rows and bytes of each.
    fn is_usable(&self, tile: u8) -> Result<(usize, usize), &'static str> {
        let (rows, bytes) = (self.rows[usize::from(tile)], self.bytes[usize::from(tile)]);
        if !self.configured || rows == 0 {
            return Err("a tile that is not configured\n");
        }
        Ok((usize::from(rows), usize::from(bytes)))
    }

    /// `TDPBF16PS sums, a, b`
    fn multiply(&mut self, sums: u8, a: u8, b: u8) -> Result<(), &'static str> {
        let of = |tile| self.is_usable(tile);
        let ((rows, width), (a_rows, depth), (b_rows, b_width)) = (of(sums)?, of(a)?, of(b)?);
        if sums == a || sums == b || a == b {
            return Err("the same tile twice\n");
        }
        if rows != a_rows || width != b_width || depth != 4 * b_rows || depth % 4 != 0 || width % 4 != 0 {
            return Err("tiles that do not fit together\n");
        }
        let (a, b) = (self.data[usize::from(a)], self.data[usize::from(b)]);
        // Safety: `install` has looked for AVX2 and FMA.
        unsafe { products(&mut self.data[usize::from(sums)], &a, &b, rows, b_rows) }
        // Columns that the tile does not have.
        for line in &mut self.data[usize::from(sums)] {
            line[width..].fill(0);
        }
        Ok(())
    }
}

/// Of each pair the first numbers are summed up, and the second, each rounded as a fused multiplication and addition is; then both,
/// then what was there before. Rounded to nearest, ties to even; denormal operands and results are zeros.
#[target_feature(enable = "avx2,fma")]
fn products(
    sums: &mut [[u8; LINE]; ROWS],
    a: &[[u8; LINE]; ROWS],
    b: &[[u8; LINE]; ROWS],
    rows: usize,
    depth: usize,
) {
    // MXCSR: all exceptions masked, denormal operands taken for zero, denormal results made zero. The end of the handler brings back
    // what was before.
    let flushing: u32 = 0x9fc0;
    // Safety: as said.
    unsafe { std::arch::asm!("ldmxcsr [{}]", in(reg) &flushing, options(nostack, readonly)) }
    let high = _mm256_set1_epi32(0xffff_0000_u32 as i32);
    for (sums, a) in sums.iter_mut().zip(a).take(rows) {
        for half in [0, 32] {
            let (mut first, mut second) = (_mm256_setzero_ps(), _mm256_setzero_ps());
            for (a, b) in a.as_chunks::<4>().0.iter().zip(b).take(depth) {
                let a = u32::from_le_bytes(*a);
                // Safety: 32 bytes are there.
                let b = unsafe { _mm256_loadu_si256(b[half..half + 32].as_ptr().cast()) };
                let of_a = |bits| _mm256_set1_ps(f32::from_bits(bits));
                let low_b = _mm256_castsi256_ps(_mm256_slli_epi32::<16>(b));
                let high_b = _mm256_castsi256_ps(_mm256_and_si256(b, high));
                first = _mm256_fmadd_ps(of_a(a << 16), low_b, first);
                second = _mm256_fmadd_ps(of_a(a & 0xffff_0000), high_b, second);
            }
            let to = sums[half..half + 32].as_mut_ptr().cast::<f32>();
            // Safety: 32 bytes are there.
            unsafe {
                let sum = _mm256_add_ps(_mm256_loadu_ps(to), _mm256_add_ps(first, second));
                _mm256_storeu_ps(to, sum);
            }
        }
    }
}
