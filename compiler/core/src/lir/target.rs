//! What a program is for, as far as it decides how values lie.

use archc_runtime::layout::Element;
use std::fmt;
use std::str::FromStr;

/// The kernels that a program calls.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Target {
    /// Those of the runtime: blocks of 16 channels, and padding that is read from a halo of zeros.
    #[default]
    Cpu,
    /// Those that [`crate::cuda`] writes: NHWC everywhere, and no halo, since a kernel looks whether a pixel is in the plane.
    Cuda(Number),
}

impl Target {
    /// What is computed with; on a CPU f32.
    pub fn number(self) -> Number {
        match self {
            Target::Cpu => Number::F32,
            Target::Cuda(number) => number,
        }
    }
}

/// The numbers that a GPU computes with. Sums are of f32 in any case, and so are the network's input and outputs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Number {
    /// f32, by the units for single numbers.
    #[default]
    F32,
    /// f32 in memory; operands of products are rounded to 11 bits for the units that multiply matrices.
    Tf32,
    /// 8 bits and the range of f32.
    Bf16,
    /// 11 bits and a range up to 65504.
    F16,
}

impl Number {
    /// All of them, the most exact first.
    pub const ALL: [Number; 4] = [Number::F32, Number::Tf32, Number::F16, Number::Bf16];

    /// As it is written on a command line.
    pub fn name(self) -> &'static str {
        match self {
            Number::F32 => "f32",
            Number::Tf32 => "tf32",
            Number::Bf16 => "bf16",
            Number::F16 => "f16",
        }
    }

    /// How a value inside of the network lies in memory.
    pub fn element(self) -> Element {
        match self {
            Number::F32 | Number::Tf32 => Element::F32,
            Number::Bf16 => Element::Bf16,
            Number::F16 => Element::F16,
        }
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Number {
    type Err = String;

    fn from_str(text: &str) -> Result<Number, String> {
        let found = Number::ALL.into_iter().find(|number| number.name() == text);
        let names = Number::ALL.map(Number::name).join(", ");
        found.ok_or_else(|| format!("there are no numbers `{}`; there are {names}", text.escape_debug()))
    }
}
