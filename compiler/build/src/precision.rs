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

    #[test]
    fn other_modes_are_what_was_asked_for() {
        for (mode, split) in [(Mode::F32Strict, "None"), (Mode::F32, "Three"), (Mode::Bf16, "One")] {
            let (module, warnings) = build(CHAOTIC, mode);
            assert!(module.contains(&format!("split: Split::{split},")) && warnings.is_empty(), "{mode}");
        }
    }
}
