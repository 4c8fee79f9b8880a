//! The way from an instruction set that is known at run time to code that is compiled for it.

#[cfg(target_arch = "aarch64")]
use super::neon;
#[cfg(target_arch = "x86_64")]
use super::x86;
use super::{Work, portable};
use crate::isa::{Isa, Set};
use crate::kernels::table::{self, Tiles};

/// Compiles work for an instruction set, as a function of its own, and does it.
pub(crate) fn dispatch<W: Work>(isa: Isa, work: W) {
    match isa.set() {
        // Safety: an `Isa` exists only where the machine has its features.
        #[cfg(target_arch = "x86_64")]
        Set::Amx | Set::Avx512 => unsafe { x86::avx512(work) },
        // Safety: as above.
        #[cfg(target_arch = "x86_64")]
        Set::Avx2 => unsafe { x86::avx2(work) },
        #[cfg(not(target_arch = "x86_64"))]
        Set::Amx | Set::Avx512 | Set::Avx2 => portable::portable(work),
        // Safety: as above.
        #[cfg(target_arch = "aarch64")]
        Set::Neon => unsafe { neon::neon(work) },
        #[cfg(not(target_arch = "aarch64"))]
        Set::Neon => portable::portable(work),
        Set::Portable => portable::portable(work),
        #[cfg(feature = "emulated")]
        Set::Emulated => portable::emulated(work),
        #[cfg(feature = "emulated")]
        Set::EmulatedAmx => dispatch(Isa::fastest(), work),
    }
}

/// What an instruction set computes at once.
pub(crate) fn tiles(isa: Isa) -> Tiles {
    match isa.set() {
        Set::Amx | Set::Avx512 => table::AVX512,
        Set::Avx2 => table::AVX2,
        Set::Neon => table::NEON,
        Set::Portable => table::PORTABLE,
        #[cfg(feature = "emulated")]
        Set::Emulated => table::AVX512,
        #[cfg(feature = "emulated")]
        Set::EmulatedAmx => tiles(Isa::fastest()),
    }
}
