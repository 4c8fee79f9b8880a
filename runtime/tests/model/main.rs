//! Models end to end: a small network with every kind of packed weights, from seeds and from files.

#[cfg(feature = "safetensors")]
mod files;
#[cfg(feature = "safetensors")]
mod hostile;
mod isa;
mod network;
mod packed;
mod packing;
#[cfg(feature = "safetensors")]
mod safetensors;
