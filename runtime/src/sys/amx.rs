//! Whether this process may use AMX, Intel's unit for products of matrices: the processor must have it, the system must
//! keep its registers, and the process must have asked for them.

use core::arch::asm;
use core::arch::x86_64::{__cpuid, __cpuid_count};
use std::sync::OnceLock;

/// What the processor and the system say.
#[derive(Clone, Copy, Debug)]
struct Facts {
    /// CPUID 1, ECX.
    basic: u32,
    /// CPUID 7, EDX.
    extended: u32,
    /// The registers that the system keeps (XCR0), for those that it lets be asked for.
    kept: fn() -> u64,
    /// Asks for the registers; 0 where the process may use them.
    ask: fn() -> i64,
}

/// Bits of [`Facts`]: OSXSAVE; AMX-TILE and AMX-BF16; the tiles' configuration and data.
const OSXSAVE: u32 = 1 << 27;
const TILES_AND_BF16: u32 = 1 << 24 | 1 << 22;
const KEPT: u64 = 0b11 << 17;

impl Facts {
    fn permit(self) -> bool {
        self.basic & OSXSAVE != 0
            && self.extended & TILES_AND_BF16 == TILES_AND_BF16
            && (self.kept)() & KEPT == KEPT
            && (self.ask)() == 0
    }
}

/// Asks once; the answer holds for all threads of the process, those to come included.
pub(crate) fn permitted() -> bool {
    fn kept() -> u64 {
        let (low, high): (u32, u32);
        // Safety: called where OSXSAVE says that there is this instruction.
        unsafe {
            asm!("xgetbv", in("ecx") 0, out("eax") low, out("edx") high, options(nomem, nostack, preserves_flags));
        }
        u64::from(high) << 32 | u64::from(low)
    }

    /// `arch_prctl(ARCH_REQ_XCOMP_PERM, XFEATURE_XTILEDATA)`
    fn ask() -> i64 {
        const ARCH_PRCTL: i64 = 158;
        const ARCH_REQ_XCOMP_PERM: u64 = 0x1023;
        const XTILEDATA: u64 = 18;
        let answer: i64;
        // Safety: the call changes what the process may do, and no memory.
        unsafe {
            asm!(
                "syscall",
                inlateout("rax") ARCH_PRCTL => answer,
                in("rdi") ARCH_REQ_XCOMP_PERM,
                in("rsi") XTILEDATA,
                out("rcx") _,
                out("r11") _,
                options(nostack)
            );
        }
        answer
    }

    static PERMITTED: OnceLock<bool> = OnceLock::new();
    *PERMITTED.get_or_init(|| {
        let leaves = __cpuid(0).eax;
        let extended = if leaves < 7 { 0 } else { __cpuid_count(7, 0).edx };
        Facts { basic: __cpuid(1).ecx, extended, kept, ask }.permit()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: Facts = Facts { basic: OSXSAVE, extended: TILES_AND_BF16, kept: || KEPT | 0b111, ask: || 0 };

    #[test]
    fn each_of_four_must_agree() {
        assert!(ALL.permit());
        let never: fn() -> u64 = || panic!("asked for registers that are not there");
        assert!(!Facts { basic: 0, kept: never, ..ALL }.permit());
        for extended in [0, 1 << 24, 1 << 22] {
            assert!(!Facts { extended, kept: never, ..ALL }.permit());
        }
        for kept in [(|| 0b111) as fn() -> u64, || 1 << 17, || 1 << 18] {
            assert!(!Facts { kept, ask: || panic!("asked for what is not kept"), ..ALL }.permit());
        }
        // A system that refuses: no memory for it (-ENOMEM), not known (-EINVAL), a signal stack that is too small (-ENOSPC).
        for ask in [(|| -12) as fn() -> i64, || -22, || -28] {
            assert!(!Facts { ask, ..ALL }.permit());
        }
    }
}
