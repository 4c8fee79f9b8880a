//! Every kernel against plain loops in f64: random shapes, layouts and attributes, on every instruction set that the
//! machine has. What a kernel must not read is NaN, what it must not write is compared bit by bit.

#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
mod amx;
mod conv;
mod dense;
mod fence;
mod layer;
mod moves;
mod pointwise;
mod pool;
mod reference;
mod refusals;
mod scene;
mod softmax_lrn;
mod winograd;
