//! What a network may take at most, as its text says: a fact that travels with the graph until the plan has the numbers.

use crate::source::Span;

/// What a budget limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quantity {
    /// Bytes of the arena, for one image.
    Arena,
    /// Bytes of the packed weights.
    Weights,
    /// Multiply-accumulate operations of one image.
    Macs,
}

impl Quantity {
    /// All of them.
    pub const ALL: &[Quantity] = &[Quantity::Arena, Quantity::Weights, Quantity::Macs];

    /// How it is written.
    pub fn word(self) -> &'static str {
        match self {
            Quantity::Arena => "arena",
            Quantity::Weights => "weights",
            Quantity::Macs => "macs",
        }
    }

    /// The quantity of a word.
    pub fn from_word(word: &str) -> Option<Quantity> {
        Quantity::ALL.iter().copied().find(|q| q.word() == word)
    }
}

/// `arena=8MiB` of a `budget`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Budget {
    /// What it limits.
    pub quantity: Quantity,
    /// The most there may be, in the quantity's unit.
    pub limit: u64,
    /// Where it stands.
    pub span: Span,
}
