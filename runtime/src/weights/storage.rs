//! Where packed weights are kept.

use crate::sys::Arena;
#[cfg(all(feature = "std", unix, target_pointer_width = "64"))]
use crate::sys::Mapping;
use core::fmt;
use core::ops::Deref;

/// The packed weights of a network.
pub(crate) enum Weights {
    /// In memory of their own.
    Own(Arena),
    /// In the program.
    Static(&'static [f32]),
    /// In a file, from a byte on that is aligned for numbers; what is behind it are whole numbers.
    #[cfg(all(feature = "std", unix, target_pointer_width = "64"))]
    Mapped { mapping: Mapping, start: usize },
}

impl Deref for Weights {
    type Target = [f32];

    fn deref(&self) -> &[f32] {
        match self {
            Weights::Own(arena) => arena,
            Weights::Static(numbers) => numbers,
            #[cfg(all(feature = "std", unix, target_pointer_width = "64"))]
            Weights::Mapped { mapping, start } => {
                crate::sys::as_numbers(&mapping[*start..]).unwrap_or_default()
            }
        }
    }
}

impl fmt::Debug for Weights {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self {
            Weights::Own(_) => "Own",
            Weights::Static(_) => "Static",
            #[cfg(all(feature = "std", unix, target_pointer_width = "64"))]
            Weights::Mapped { .. } => "Mapped",
        };
        f.debug_struct(kind).field("len", &self.len()).finish_non_exhaustive()
    }
}
