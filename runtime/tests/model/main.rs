//! Models end to end: a small network with every kind of packed weights, from seeds and from files.

#[cfg(feature = "safetensors")]
mod files;
#[cfg(feature = "safetensors")]
mod hostile;
mod isa;
mod laps;
#[cfg(feature = "safetensors")]
mod large;
mod network;
#[cfg(feature = "safetensors")]
mod numbers;
mod packed;
mod packing;
#[cfg(feature = "safetensors")]
mod safetensors;
