//! Compiles both networks for `include_model!`: one that comes with archc, and one of this package.

fn main() -> Result<(), archc_build::Error> {
    archc_build::compile("zoo:lenet5")?;
    archc_build::compile("archs/edges.arch")
}
