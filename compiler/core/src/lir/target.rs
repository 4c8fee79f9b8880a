//! What a program is for, as far as it decides how values lie.

/// The kernels that a program calls.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Target {
    /// Those of the runtime: blocks of 16 channels, and padding that is read from a halo of zeros.
    #[default]
    Cpu,
    /// Those that [`crate::cuda`] writes: NHWC everywhere, and no halo, since a kernel looks whether a pixel is in the plane.
    Cuda,
}
