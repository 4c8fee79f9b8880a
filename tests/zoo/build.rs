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
            let outputs = "../../compiler/core/tests/golden/outputs.arch";
            archc_build::compile(outputs)?;
            let taps = archc_build::Config::new().taps().named("outputs_with_taps");
            archc_build::compile_with_config(outputs, taps)
        }
    };
}

every_network!(compile);
