//! LeNet-5 without the standard library: images of 784 numbers come in on standard input, and the logits of each go out.
//!
//! What a program on a bare machine would bring is here: an allocator and what happens in a panic. A second handler of panics
//! does not compile, so that the standard library cannot be there by mistake. The system's C library stands for the machine.

#![no_std]
#![no_main]

extern crate alloc;

mod machine;

/// The module that archc generated; a build script would have put it into `OUT_DIR`, for `include_model!`.
#[allow(dead_code)]
mod lenet5 {
    include!(concat!(env!("ARCHC_NETWORKS"), "/lenet5.rs"));
}

/// Packed weights where the environment says, else a safetensors file.
#[cfg(not(feature = "safetensors"))]
fn model() -> Result<lenet5::Model, archc_runtime::LoadError> {
    lenet5::Model::from_packed_static(archc_runtime::include_weights!(env!("ARCHC_PACKED")))
}

#[cfg(feature = "safetensors")]
fn model() -> Result<lenet5::Model, archc_runtime::LoadError> {
    lenet5::Model::from_bytes(include_bytes!(env!("ARCHC_SAFETENSORS")))
}

/// What the C library's start calls. The status is 1 where the weights are refused.
#[unsafe(no_mangle)]
extern "C" fn main() -> i32 {
    let model = match model() {
        Ok(model) => model,
        Err(error) => {
            machine::write(alloc::format!("{error}\n").as_bytes());
            return 1;
        }
    };
    let mut session = model.session();
    let mut bytes = [0; 784 * 4];
    while machine::read(&mut bytes) {
        for (number, bytes) in session.input_mut().iter_mut().zip(bytes.as_chunks().0) {
            *number = f32::from_le_bytes(*bytes);
        }
        session.run();
        for logit in session.logits() {
            machine::write(&logit.to_le_bytes());
        }
    }
    0
}
