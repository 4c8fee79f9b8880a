//! Modes that not every network may be computed in.

use archc_core::compile::Compiled;
use archc_core::diagnostic::{Code, Diagnostic, Diagnostics};
use archc_core::mode::Mode;
use archc_interpreter::split_error;

/// A network that was compiled in [`Mode::F32Fast`], in [`Mode::F32`] if it loses more digits than that mode allows: its logits, with
/// seeded weights on the formula's image, computed in f64 once with whole operands and once with split ones. A warning says so.
/// Others are what they were.
///
/// The interpreter runs the network twice, which takes seconds for a large one.
pub fn keep_precision(compiled: Compiled, diagnostics: &mut Diagnostics) -> Option<Compiled> {
    if compiled.mode != Mode::F32Fast {
        return Some(compiled);
    }
    let error = match split_error(&compiled.fused, compiled.mode.split()) {
        Ok(error) => error,
        Err(error) => {
            let message = format!("archc broke its own rules: {error}");
            diagnostics.push(Diagnostic::without_place(Code::Internal, message));
            return None;
        }
    };
    // NaN is too much.
    if error <= Mode::TOLERANCE {
        return Some(compiled);
    }
    let message =
        format!("`{}` is computed as in `f32`: `f32-fast` rounds too much for it", compiled.graph.name);
    let warning = Diagnostic::without_place(Code::ModeTooInexact, message)
        .note(format!(
            "it would move logits by {error:.1e} of the largest, with seeded weights; {:.0e} are allowed",
            Mode::TOLERANCE
        ))
        .help("take the mode `f32`, or `bf16` if less than its digits will do");
    diagnostics.push(warning);
    // Its weights may be larger.
    let compiled = compiled.in_mode(Mode::F32, diagnostics)?;
    compiled.check_budget(diagnostics).then_some(compiled)
}

#[cfg(test)]
mod tests {
    use crate::{Config, compile_with_output_path};
    use archc_core::mode::Mode;

    /// Compiles a network and gives its module and its warnings.
    fn build(text: &str, mode: Mode) -> (String, String) {
        build_as(text, Config::new().mode(mode))
    }

    fn build_as(text: &str, config: Config) -> (String, String) {
        let folder = tempfile::tempdir().unwrap();
        let (source, output) = (folder.path().join("net.arch"), folder.path().join("net.rs"));
        std::fs::write(&source, text).unwrap();
        let compiled = compile_with_output_path(&source, &output, config).unwrap();
        (std::fs::read_to_string(output).unwrap(), compiled.warnings)
    }

    /// One layer, well below the bound; and many in which errors grow, well above.
    const SMALL: &str = "net Small { input 6x6x16  conv 3x3 32 relu  global_avgpool dense 10 softmax }\n";
    const CHAOTIC: &str =
        "net Chaotic { input 6x6x16  stack 10 { conv 3x3 16  rescale 4 tanh }  global_avgpool dense 10 }\n";

    #[test]
    fn networks_that_lose_too_many_digits_are_compiled_as_in_f32() {
        let (module, warnings) = build(SMALL, Mode::F32Fast);
        assert!(module.contains("split: Split::Two") && warnings.is_empty(), "{warnings}");
        let (module, warnings) = build(CHAOTIC, Mode::F32Fast);
        assert!(module.contains("split: Split::Three"));
        assert!(warnings.starts_with("warning[W0601]: `Chaotic` is computed as in `f32`"), "{warnings}");
        assert!(warnings.contains("2e-5 are allowed"), "{warnings}");
        assert_eq!(module, build(CHAOTIC, Mode::F32).0);
    }

    #[test]
    fn taps_are_kept_by_networks_that_are_compiled_otherwise() {
        let taps = |mode| build_as(CHAOTIC, Config::new().mode(mode).taps()).0;
        assert_eq!(taps(Mode::F32Fast), taps(Mode::F32));
        assert_ne!(taps(Mode::F32), build(CHAOTIC, Mode::F32).0);
    }

    /// In `f32` its kernels lie transformed, since somebody measured that to be faster: then they are more than in `f32-fast`.
    #[test]
    fn a_budget_holds_for_what_is_compiled_in_the_end() {
        let folder = tempfile::tempdir().unwrap();
        let (source, output) = (folder.path().join("net.arch"), folder.path().join("net.rs"));
        let build = |limit: u64, mode| {
            let text = format!(
                "net Chaotic {{ input 6x6x16  budget weights={limit}  stack 10 {{ conv 3x3 16  rescale 4 tanh }}  global_avgpool \
                 dense 1024  dense 200 }}\n"
            );
            std::fs::write(&source, text).unwrap();
            compile_with_output_path(&source, &output, Config::new().mode(mode))
        };
        std::fs::write(
            folder.path().join("Chaotic.tune"),
            "[f32]\narchc = \"\"\nmachine = \"\"\nisa = \"\"\nthreads = 1\nbatch = 1\nmodel-ms = 1.0\nmeasured-ms = 1.0\n\
             layers = [{ layer = \"stack1.0.conv1\", alike = 10, kernel = \"3x3\", input = \"6x6x16\", output = \"6x6x16\", \
             algorithm = \"f4-packed\", model = \"f4\", gain = 0.1, ms = {} }]\n",
        )
        .unwrap();
        // Ten kernels of 3x3x16x16 numbers become ten of 6x6x16x16.
        let plain = 4 * (10 * (9 * 16 * 16 + 16) + 16 * 1024 + 1024 + 1024 * 208 + 208);
        let more = 4 * 10 * (36 - 9) * 16 * 16;
        let warnings = build(plain + more, Mode::F32Fast).unwrap().warnings;
        assert!(warnings.contains("warning[W0601]") && !warnings.contains("W0603"), "{warnings}");
        let error = build(plain + more - 1, Mode::F32Fast).unwrap_err().to_string();
        assert!(error.contains("warning[W0601]"), "{error}");
        assert!(error.contains("error[E0601]: the packed weights take"), "{error}");
        // Nothing else takes so many.
        assert!(build(plain, Mode::F32Strict).is_ok() && build(plain, Mode::Bf16).is_ok());
    }

    #[test]
    fn other_modes_are_what_was_asked_for() {
        for (mode, split) in [(Mode::F32Strict, "None"), (Mode::F32, "Three"), (Mode::Bf16, "One")] {
            let (module, warnings) = build(CHAOTIC, mode);
            assert!(module.contains(&format!("split: Split::{split},")) && warnings.is_empty(), "{mode}");
        }
    }
}
