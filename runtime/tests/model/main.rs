//! Models end to end: a small network with every kind of packed weights, from seeds and from files.

mod allocation;
mod files;
mod hostile;
mod isa;
mod network;
mod packing;
mod safetensors;
