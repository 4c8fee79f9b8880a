//! Compiles the networks for `tests/generated.rs` and `tests/api.rs`.

include!("src/list.rs");

macro_rules! compile {
    ($($name:ident: $golden:literal;)*) => {
        fn main() -> Result<(), archc_build::Error> {
            println!("cargo::rerun-if-changed=src/list.rs");
            for network in [$(stringify!($name)),*] {
                archc_build::compile(format!("zoo:{network}"))?;
            }
            // Has outputs that the text names.
            archc_build::compile("../../compiler/core/tests/golden/outputs.arch")
        }
    };
}

every_network!(compile);
