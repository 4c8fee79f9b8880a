//! What a program is for, as far as it decides how values lie.

use archc_runtime::layout::Element;

/// The kernels that a program calls.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Target {
    /// Those of the runtime: blocks of 16 channels, and padding that is read from a halo of zeros.
    #[default]
    Cpu,
    /// Those that [`crate::cuda`] writes: NHWC everywhere, and no halo, since a kernel looks whether a pixel is in the plane.
    Cuda(Number),
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
    /// How a value inside of the network lies in memory.
    pub fn element(self) -> Element {
        match self {
            Number::F32 | Number::Tf32 => Element::F32,
            Number::Bf16 => Element::Bf16,
            Number::F16 => Element::F16,
        }
    }
}
