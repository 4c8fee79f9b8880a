//! Instruction sets: which ones this machine has, and which one computes.

pub use crate::kernels::table::{TABLE, Tiles};
use crate::simd;
use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

/// An instruction set that this machine has. A value is the proof of it: there is no other way to one than asking.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Isa(Set);

/// What kernels are compiled for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Set {
    /// AVX-512 and AMX's products of bf16, which the system has permitted.
    Amx,
    /// AVX-512 F, VL, BW and DQ.
    Avx512,
    /// AVX2 and FMA.
    Avx2,
    /// NEON, which every AArch64 has.
    Neon,
    /// What the compiler's target has anyway.
    Portable,
    /// The tiles of AVX-512 in portable code.
    #[cfg(feature = "emulated")]
    Emulated,
    /// AMX's instructions whether the machine has them or not, with vectors of what it has.
    #[cfg(feature = "emulated")]
    EmulatedAmx,
}

/// The environment's variable that forces an instruction set.
pub const VARIABLE: &str = "ARCHC_ISA";

/// What [`VARIABLE`] may be, the fastest first.
const NAMES: [(&str, Set); 5] = [
    ("amx", Set::Amx),
    ("avx512", Set::Avx512),
    ("avx2", Set::Avx2),
    ("neon", Set::Neon),
    ("portable", Set::Portable),
];

impl Isa {
    /// Plain code for the compiler's target: there always.
    pub const PORTABLE: Isa = Isa(Set::Portable);

    /// Every instruction set that this machine has and that kernels are compiled for, the fastest first.
    pub fn available() -> Vec<Isa> {
        NAMES.into_iter().map(|(_, set)| set).filter(|&s| has(s)).map(Isa).collect()
    }

    /// The tiles of AVX-512, in portable code: tests run them on machines without it. It is never chosen by itself.
    #[cfg(feature = "emulated")]
    pub const EMULATED: Isa = Isa(Set::Emulated);

    /// AMX's instructions, although the machine may not have them: for tests that execute them otherwise. Vectors are those of
    /// the fastest instruction set of the machine. It is never chosen by itself.
    #[cfg(feature = "emulated")]
    pub const EMULATED_AMX: Isa = Isa(Set::EmulatedAmx);

    /// What it computes at once.
    pub fn tiles(self) -> Tiles {
        simd::tiles(self)
    }

    /// The one of this name, if the machine has it.
    pub fn named(name: &str) -> Result<Isa, IsaError> {
        let (known, set) = NAMES
            .into_iter()
            .find(|(known, _)| *known == name)
            .ok_or_else(|| IsaError::Unknown { name: name.to_owned() })?;
        if has(set) { Ok(Isa(set)) } else { Err(IsaError::Missing { name: known }) }
    }

    /// The one that `ARCHC_ISA` names, else the fastest. Without the feature `std` there is no environment.
    pub fn detect() -> Result<Isa, IsaError> {
        #[cfg(feature = "std")]
        if let Some(name) = std::env::var_os(VARIABLE) {
            return Isa::named(&name.to_string_lossy());
        }
        Ok(Isa::fastest())
    }

    /// The fastest one of this machine, asked once. Without the feature `std` machines are not asked: it is the fastest one
    /// that the compiler's target has (`-C target-feature`).
    pub fn fastest() -> Isa {
        let fastest = || Isa::available().first().copied().unwrap_or(Isa::PORTABLE);
        #[cfg(feature = "std")]
        {
            static FASTEST: std::sync::OnceLock<Isa> = std::sync::OnceLock::new();
            *FASTEST.get_or_init(fastest)
        }
        #[cfg(not(feature = "std"))]
        fastest()
    }

    /// Its name, as [`Isa::named`] takes it.
    pub const fn name(self) -> &'static str {
        match self.0 {
            Set::Amx => "amx",
            Set::Avx512 => "avx512",
            Set::Avx2 => "avx2",
            Set::Neon => "neon",
            Set::Portable => "portable",
            #[cfg(feature = "emulated")]
            Set::Emulated => "emulated",
            #[cfg(feature = "emulated")]
            Set::EmulatedAmx => "emulated-amx",
        }
    }

    /// Whether it has AMX, on which products of bf16 numbers are much faster than those of f32.
    pub(crate) fn has_amx(self) -> bool {
        match self.0 {
            Set::Amx => true,
            #[cfg(feature = "emulated")]
            Set::EmulatedAmx => true,
            Set::Avx512 | Set::Avx2 | Set::Neon | Set::Portable => false,
            #[cfg(feature = "emulated")]
            Set::Emulated => false,
        }
    }

    pub(crate) const fn set(self) -> Set {
        self.0
    }
}

/// Whether the machine has all of these features of the processor.
#[cfg(all(feature = "std", target_arch = "x86_64"))]
macro_rules! detected {
    ($($feature:tt),+) => {
        [$(std::is_x86_feature_detected!($feature)),+].iter().all(|&has| has)
    };
}

/// Whether the compiler's target has all of these features of the processor.
#[cfg(all(not(feature = "std"), target_arch = "x86_64"))]
macro_rules! detected {
    ($($feature:tt),+) => {
        [$(cfg!(target_feature = $feature)),+].iter().all(|&has| has)
    };
}

#[cfg(target_arch = "x86_64")]
fn has(set: Set) -> bool {
    match set {
        Set::Amx => has(Set::Avx512) && crate::sys::amx_permitted(),
        Set::Avx512 => detected!("avx512f", "avx512vl", "avx512bw", "avx512dq") && has(Set::Avx2),
        Set::Avx2 => detected!("avx2", "fma"),
        Set::Neon => false,
        Set::Portable => true,
        #[cfg(feature = "emulated")]
        Set::Emulated | Set::EmulatedAmx => true,
    }
}

#[cfg(not(target_arch = "x86_64"))]
fn has(set: Set) -> bool {
    match set {
        Set::Amx | Set::Avx512 | Set::Avx2 => false,
        Set::Neon => cfg!(target_arch = "aarch64"),
        Set::Portable => true,
        #[cfg(feature = "emulated")]
        Set::Emulated | Set::EmulatedAmx => true,
    }
}

impl fmt::Display for Isa {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// An instruction set that cannot be had.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum IsaError {
    /// No instruction set has this name.
    Unknown {
        /// As given.
        name: String,
    },
    /// The machine does not have it.
    Missing {
        /// Its name.
        name: &'static str,
    },
}

impl fmt::Display for IsaError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            IsaError::Unknown { name } => {
                write!(f, "no instruction set is called `{}`", name.escape_debug())?
            }
            IsaError::Missing { name } => write!(f, "this machine has no {name}")?,
        }
        let names: Vec<&str> = Isa::available().into_iter().map(Isa::name).collect();
        write!(f, "; set {VARIABLE} to one of {}, or leave it unset", names.join(", "))
    }
}

impl core::error::Error for IsaError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lead_to_what_they_name() {
        let available = Isa::available();
        assert_eq!(available.last(), Some(&Isa::PORTABLE));
        assert_eq!(available.first(), Some(&Isa::fastest()));
        for isa in available {
            assert_eq!(Isa::named(isa.name()), Ok(isa));
        }
    }

    #[test]
    fn what_cannot_be_had_is_an_error_that_lists_what_can() {
        let error = Isa::named("neon2").unwrap_err();
        assert_eq!(error, IsaError::Unknown { name: "neon2".to_owned() });
        assert!(error.to_string().contains("portable"), "{error}");
        for name in ["amx", "avx512", "avx2"] {
            if !Isa::available().iter().any(|isa| isa.name() == name) {
                assert_eq!(Isa::named(name), Err(IsaError::Missing { name }));
            }
        }
    }
}
