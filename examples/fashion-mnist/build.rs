//! Compiles LeNet-5 for `include_model!`.

fn main() -> Result<(), archc_build::Error> {
    archc_build::compile("../../archs/lenet5.arch")
}
