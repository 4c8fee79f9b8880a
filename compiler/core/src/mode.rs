//! How exactly a network is computed: which algorithms the compiler may choose among.

use archc_runtime::op::Split;
use std::fmt;
use std::str::FromStr;

/// What rounding is taken for speed. Everything is f32 to those who use a network.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Mode {
    /// Rounds about as a plain sum does: direct convolutions, and Winograd's F(2x2, 3x3).
    F32Strict,
    /// Rounds a few times as much in layers where that is much faster: Winograd's F(4x4, 3x3) too, and on machines with AMX
    /// products of numbers as three bf16 parts. Logits stay within 2e-5 of the largest of a framework's.
    #[default]
    F32,
    /// Takes operands of convolutions for two bf16 parts on machines with AMX, which is twice as fast again; elsewhere it rounds as
    /// [`Mode::F32`]. Logits stay within [`Mode::TOLERANCE`] under seeded weights: hosts look, and fall back to [`Mode::F32`].
    F32Fast,
    /// Takes operands of convolutions for bf16 numbers on machines with AMX. Logits move by a few thousandths of the largest, by
    /// more in networks of depthwise convolutions. Elsewhere it rounds as [`Mode::F32`], and so is nearer to the truth.
    Bf16,
}

impl Mode {
    /// All of them, the most exact first.
    pub const ALL: [Mode; 4] = [Mode::F32Strict, Mode::F32, Mode::F32Fast, Mode::Bf16];

    /// How far [`Mode::F32Fast`] may move a logit, as a part of the largest.
    pub const TOLERANCE: f64 = 2e-5;

    /// What operands of convolutions may be taken for.
    pub fn split(self) -> Split {
        match self {
            Mode::F32Strict => Split::None,
            Mode::F32 => Split::Three,
            Mode::F32Fast => Split::Two,
            Mode::Bf16 => Split::One,
        }
    }

    /// As it is written on a command line.
    pub fn name(self) -> &'static str {
        match self {
            Mode::F32Strict => "f32-strict",
            Mode::F32 => "f32",
            Mode::F32Fast => "f32-fast",
            Mode::Bf16 => "bf16",
        }
    }
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Mode {
    type Err = String;

    fn from_str(text: &str) -> Result<Mode, String> {
        let found = Mode::ALL.into_iter().find(|mode| mode.name() == text);
        let names = Mode::ALL.map(Mode::name).join(", ");
        found.ok_or_else(|| format!("there is no mode `{}`; there are {names}", text.escape_debug()))
    }
}
