//! Compiles the networks for `tests/generated.rs` and `tests/api.rs`.

fn main() -> Result<(), archc_build::Error> {
    for network in ["lenet5", "alexnet", "vgg16", "resnet50", "inception_v3", "mobilenet", "mobilenet_v2"] {
        archc_build::compile(format!("../../archs/{network}.arch"))?;
    }
    // Has outputs that the text names.
    archc_build::compile("../../compiler/core/tests/golden/outputs.arch")
}
