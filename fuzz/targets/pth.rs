//! Any bytes as one of PyTorch's files.
#![no_main]

mod network;
mod weights_file;

use archc_weights::Framework;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| weights_file::check(bytes, Framework::Torch));
