//! Compiles networks from a build script.
//!
//! ```no_run
//! // build.rs
//! fn main() -> Result<(), archc_build::Error> {
//!     archc_build::compile("archs/vgg16.arch")
//! }
//! ```
//!
//! and in the crate, with `archc-runtime` among its dependencies:
//!
//! ```text
//! archc_runtime::include_model!(vgg16);
//!
//! let model = vgg16::Model::load("vgg16.safetensors")?;
//! ```
//!
//! Cargo runs the build script again when one of the files that took part changes, and only then: the network, what it
//! `use`s, its list of labels, and what `archc tune` has measured of it (`NET.tune` beside its file). Such a file that is new
//! is seen when the script runs the next time: touch the network's file. No environment variable changes what is generated.

mod cargo;
mod disk;
mod error;
mod precision;
mod write;

pub use archc_core::mode::Mode;
pub use disk::Disk;
pub use error::Error;
pub use precision::keep_precision;
pub use write::{create_atomically, stream_atomically, write_atomically};

use archc_core::diagnostic::Diagnostics;
use archc_core::diagnostic::render::{Style, render};
use archc_core::expand::{Measured, Request};
use archc_core::source::SourceMap;
use std::collections::BTreeSet;
use std::env;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// What to compile of a file.
#[derive(Clone, Debug, Default)]
pub struct Config {
    net: Option<String>,
    name: Option<String>,
    set: Vec<(String, String)>,
    outputs: Vec<String>,
    taps: bool,
    mode: Mode,
    measured: Measured,
}

impl Config {
    /// The first net of the file, as it is written, named by the file's stem.
    pub fn new() -> Config {
        Config::default()
    }

    /// Another net of the file.
    #[must_use]
    pub fn net(mut self, name: impl Into<String>) -> Config {
        self.net = Some(name.into());
        self
    }

    /// Another value for a parameter of the net, as the language writes it: `set("classes", "10")`. `input` replaces
    /// the input's size.
    #[must_use]
    pub fn set(mut self, parameter: impl Into<String>, value: impl Into<String>) -> Config {
        self.set.push((parameter.into(), value.into()));
        self
    }

    /// An output in place of the net's own: the name of a `let` or of an operation. Further calls add more.
    #[must_use]
    pub fn output(mut self, name: impl Into<String>) -> Config {
        self.outputs.push(name.into());
        self
    }

    /// Keeps what every layer gives, for `session.taps()`: to look for a mistake, since it takes much more memory.
    #[must_use]
    pub fn taps(mut self) -> Config {
        self.taps = true;
        self
    }

    /// How exactly it is computed, [`Mode::F32`] otherwise. For [`Mode::F32Fast`] the network is run in the compiler to see what
    /// it costs, see [`keep_precision`]; that takes seconds for a large one if `archc-interpreter` is compiled with
    /// optimisation (`[profile.dev.build-override] opt-level = 3`), and many minutes otherwise.
    #[must_use]
    pub fn mode(mut self, mode: Mode) -> Config {
        self.mode = mode;
        self
    }

    /// Measured choices of algorithms in this file, as `archc tune` writes them, in place of those in `NET.tune` beside the
    /// network's file; relative to the folder that the process runs in, which is the package's for a build script.
    #[must_use]
    pub fn tune(mut self, path: impl Into<String>) -> Config {
        self.measured = Measured::File(path.into());
        self
    }

    /// Leaves measured choices out, also those in `NET.tune` beside the network's file.
    #[must_use]
    pub fn no_tune(mut self) -> Config {
        self.measured = Measured::Nowhere;
        self
    }

    /// The name that `include_model!` takes, in place of the file's stem.
    #[must_use]
    pub fn named(mut self, name: impl Into<String>) -> Config {
        self.name = Some(name.into());
        self
    }
}

/// What a compilation read and said.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Compiled {
    /// Every file that was read: the network, what it `use`s, its list of labels, measured choices. Those that come with archc are none.
    pub inputs: Vec<PathBuf>,
    /// The rendered warnings; empty where there are none.
    pub warnings: String,
}

/// Compiles a network for `include_model!`: `path`, relative to the package's folder or `zoo:NAME`, to `OUT_DIR/STEM.rs`.
/// Tells Cargo to run the build script again when one of the files that took part changes.
///
/// # Errors
///
/// Where the network is wrong, with the rendered diagnostics; where a file cannot be read or written; where another
/// network has the name already; outside a build script.
pub fn compile(path: impl AsRef<Path>) -> Result<(), Error> {
    compile_with_config(path, Config::new())
}

/// Like [`compile`], with a choice of net, parameters, outputs and name.
///
/// # Errors
///
/// As [`compile`].
pub fn compile_with_config(path: impl AsRef<Path>, config: Config) -> Result<(), Error> {
    let path = path.as_ref();
    let variable = |name: &str| env::var_os(name).ok_or_else(|| Error::NotABuildScript(name.to_owned()));
    let (folder, out) = (PathBuf::from(variable("CARGO_MANIFEST_DIR")?), PathBuf::from(variable("OUT_DIR")?));
    let output = out.join(format!("{}.rs", module_name(path, &config)?));
    claim(&output)?;
    let path = if is_zoo(path) { path.to_owned() } else { folder.join(path) };
    let compiled = compile_with_output_path(path, output, config)?;
    for line in cargo::lines(&folder, &compiled) {
        println!("{line}");
    }
    Ok(())
}

/// Compiles a network to a file and gives the files that were read for it. Prints nothing for Cargo, so that other
/// programs can use it. The file is left alone where it holds the same already.
///
/// # Errors
///
/// As [`compile`].
pub fn compile_with_output_path(
    path: impl AsRef<Path>,
    output: impl AsRef<Path>,
    config: Config,
) -> Result<Compiled, Error> {
    let (path, output) = (path.as_ref(), output.as_ref());
    let request = Request {
        path: path.to_str().ok_or_else(|| Error::PathNotUtf8(path.to_owned()))?.to_owned(),
        net: config.net,
        set: config.set,
        outputs: config.outputs,
        mode: config.mode,
        measured: config.measured,
    };
    let mut disk = Disk::default();
    let (mut sources, mut diagnostics) = (SourceMap::default(), Diagnostics::default());
    let compiled = archc_core::compile::compile(&request, &mut disk, &mut sources, &mut diagnostics);
    let compiled = compiled.and_then(|c| keep_precision(c, &mut diagnostics));
    let compiled = match config.taps {
        true => compiled.and_then(|c| c.with_taps(&mut diagnostics)),
        false => compiled,
    };
    let rendered = render(&sources, &diagnostics, Style::Plain);
    let Some(compiled) = compiled else { return Err(Error::Network { rendered }) };
    let text = compiled.rust().map_err(|e| Error::Internal(e.to_string()))?;
    write_atomically(output, text.as_bytes())
        .map_err(|source| Error::Write { path: output.to_owned(), source })?;
    Ok(Compiled { inputs: disk.into_read(), warnings: rendered })
}

/// The name of the generated file, without its extension: what `include_model!` takes.
fn module_name(path: &Path, config: &Config) -> Result<String, Error> {
    let stem = || {
        let path = path.to_str().and_then(|p| p.strip_prefix("zoo:")).map_or(path, Path::new);
        path.file_stem().map(|stem| stem.to_string_lossy().into_owned())
    };
    let name = config.name.clone().or_else(stem).ok_or_else(|| Error::NoName(path.to_owned()))?;
    // It must not lead out of the folder.
    let is_plain = |c: char| c.is_alphanumeric() || "_-.".contains(c);
    match name.chars().all(is_plain) && name.chars().any(char::is_alphanumeric) {
        true => Ok(name),
        false => Err(Error::NoName(PathBuf::from(name))),
    }
}

/// Notes that this build script writes a file; a second network would replace the first one in silence.
fn claim(output: &Path) -> Result<(), Error> {
    static WRITTEN: Mutex<BTreeSet<PathBuf>> = Mutex::new(BTreeSet::new());
    let new = WRITTEN.lock().unwrap_or_else(PoisonError::into_inner).insert(output.to_owned());
    if new { Ok(()) } else { Err(Error::NameTaken(output.to_owned())) }
}

fn is_zoo(path: &Path) -> bool {
    path.to_str().is_some_and(|p| p.starts_with("zoo:"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(path: &str, config: Config) -> Option<String> {
        module_name(Path::new(path), &config).ok()
    }

    #[test]
    fn modules_are_called_by_the_stem_or_as_told() {
        assert_eq!(name("archs/vgg16.arch", Config::new()).as_deref(), Some("vgg16"));
        assert_eq!(name("zoo:lenet5", Config::new()).as_deref(), Some("lenet5"));
        assert_eq!(name("archs/efficientnet.b4.arch", Config::new()).as_deref(), Some("efficientnet.b4"));
        assert_eq!(name("a.arch", Config::new().named("deep")).as_deref(), Some("deep"));
        for bad in ["..", "../b", "", "a/b", "a\nb"] {
            assert_eq!(name("a.arch", Config::new().named(bad)), None, "{bad:?}");
        }
        assert_eq!(name("..", Config::new()), None);
    }

    #[test]
    fn a_second_network_of_one_name_is_refused() {
        let path = Path::new("out/of/this/test.rs");
        assert!(claim(path).is_ok());
        let error = claim(path).unwrap_err();
        assert!(error.to_string().contains("`test`") && error.to_string().contains("named"), "{error}");
    }

    #[test]
    fn a_file_is_compiled_with_all_that_it_uses() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
        write("part.arch", "block part(width) { conv 3x3 width relu }\n");
        write("classes.txt", "cat\ndog\n");
        write("labels_of_nobody.txt", "");
        write(
            "net.arch",
            "use \"part.arch\"\nuse \"zoo:lenet5\"\nnet A(unused=1) { input 8x8x3 labels \"classes.txt\" part(4) flatten dense 2 }\n",
        );
        let (source, output) = (folder.path().join("net.arch"), folder.path().join("out/net.rs"));
        let compiled = compile_with_output_path(&source, &output, Config::new()).unwrap();
        let mut inputs = compiled.inputs.clone();
        inputs.sort();
        let expected: Vec<PathBuf> =
            ["classes.txt", "net.arch", "part.arch"].map(|name| folder.path().join(name)).to_vec();
        assert_eq!(inputs, expected);
        assert!(compiled.warnings.starts_with("warning[W0101]"), "{}", compiled.warnings);
        let text = std::fs::read_to_string(&output).unwrap();
        assert!(text.starts_with("// A, generated by archc"), "{text}");

        // As Cargo runs it again: nothing changed, so that the file keeps its time.
        let old = std::time::SystemTime::UNIX_EPOCH;
        std::fs::File::options().write(true).open(&output).unwrap().set_modified(old).unwrap();
        compile_with_output_path(&source, &output, Config::new()).unwrap();
        assert_eq!(std::fs::metadata(&output).unwrap().modified().unwrap(), old);
    }

    #[test]
    fn measured_choices_are_read_where_they_are() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        let source = path("net.arch");
        std::fs::write(&source, "net Net { input 28x28x32  conv 3x3 32 relu  global_avgpool  dense 10 }\n")
            .unwrap();
        let build = |config: Config| {
            let compiled = compile_with_output_path(&source, path("net.rs"), config).unwrap();
            (std::fs::read_to_string(path("net.rs")).unwrap(), compiled)
        };
        let (by_model, _) = build(Config::new());
        assert!(by_model.contains("Algorithm::Winograd"), "{by_model}");
        let tune = "[f32]\narchc = \"\"\nmachine = \"\"\nisa = \"\"\nthreads = 1\nbatch = 1\nmodel-ms = 1.0\nmeasured-ms = 1.0\n\
                    layers = [{ layer = \"conv1\", alike = 1, kernel = \"3x3\", input = \"28x28x32\", output = \"28x28x32\", \
                    algorithm = \"direct\", model = \"f4\", gain = 0.1, ms = {} }]\n";
        for (name, config) in [
            ("Net.tune", Config::new()),
            ("elsewhere", Config::new().tune(path("elsewhere").to_str().unwrap())),
        ] {
            std::fs::write(path(name), tune).unwrap();
            let (text, compiled) = build(config);
            assert!(!text.contains("Algorithm::Winograd"), "{text}");
            assert_eq!(compiled.inputs, [source.clone(), path(name)]);
        }
        let (text, compiled) = build(Config::new().no_tune());
        assert_eq!((text, compiled.inputs), (by_model.clone(), vec![source.clone()]));
        std::fs::write(path("Net.tune"), tune.replace("28x28x32", "14x14x32")).unwrap();
        let (text, compiled) = build(Config::new());
        assert!(text == by_model && compiled.warnings.starts_with("warning[W0603]"), "{}", compiled.warnings);
        // A better file makes the warning go away, so that Cargo has to look at it.
        assert_eq!(compiled.inputs, [source.clone(), path("Net.tune")]);
    }

    #[test]
    fn an_error_is_the_diagnostic_and_leaves_the_output() {
        let folder = tempfile::tempdir().unwrap();
        let (source, output) = (folder.path().join("net.arch"), folder.path().join("net.rs"));
        std::fs::write(&source, "net A { input 8x8x3 conv 3x3 10 group=2 }\n").unwrap();
        std::fs::write(&output, "the last good one").unwrap();
        let error = compile_with_output_path(&source, &output, Config::new()).unwrap_err();
        let rendered = format!("{error:?}");
        assert!(rendered.starts_with("\nerror[E0302]: "), "{rendered}");
        assert!(rendered.contains("net.arch:1:21") && rendered.contains("10 group=2"), "{rendered}");
        assert_eq!(std::fs::read_to_string(&output).unwrap(), "the last good one");
    }
}
