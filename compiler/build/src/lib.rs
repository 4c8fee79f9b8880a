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

mod disk;
mod error;
mod write;

pub use disk::Disk;
pub use error::Error;
pub use write::write_atomically;

use archc_core::diagnostic::Diagnostics;
use archc_core::diagnostic::render::{Style, render};
use archc_core::expand::Request;
use archc_core::source::SourceMap;
use std::env;
use std::path::{Path, PathBuf};

/// What to compile of a file.
#[derive(Clone, Debug, Default)]
pub struct Config {
    net: Option<String>,
    name: Option<String>,
    set: Vec<(String, String)>,
    outputs: Vec<String>,
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

    /// The name that `include_model!` takes, in place of the file's stem.
    #[must_use]
    pub fn named(mut self, name: impl Into<String>) -> Config {
        self.name = Some(name.into());
        self
    }
}

/// Compiles a network for `include_model!`: `path`, relative to the package's folder, to `OUT_DIR/STEM.rs`. Tells Cargo
/// to run the build script again when one of the files that took part changes.
///
/// # Errors
///
/// Where the network is wrong, with the rendered diagnostics; where a file cannot be read or written; outside a build
/// script.
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
    let name = match (&config.name, path.file_stem()) {
        (Some(name), _) => name.clone(),
        (None, Some(stem)) => stem.to_string_lossy().into_owned(),
        (None, None) => return Err(Error::NoName(path.to_owned())),
    };
    let path = if is_zoo(path) { path.to_owned() } else { folder.join(path) };
    // The file itself first, so that Cargo watches it even where it is wrong.
    if !is_zoo(&path) {
        println!("cargo:rerun-if-changed={}", path.display());
    }
    let (read, warnings) = write_module(&path, &out.join(format!("{name}.rs")), config)?;
    for file in read {
        println!("cargo:rerun-if-changed={}", file.display());
    }
    for line in warnings.lines() {
        println!("cargo:warning={line}");
    }
    Ok(())
}

/// Compiles a network to a file and gives the files that were read for it. Prints nothing for Cargo, so that other
/// programs can use it.
///
/// # Errors
///
/// As [`compile`].
pub fn compile_with_output_path(
    path: impl AsRef<Path>,
    output: impl AsRef<Path>,
    config: Config,
) -> Result<Vec<PathBuf>, Error> {
    write_module(path.as_ref(), output.as_ref(), config).map(|(read, _)| read)
}

/// The files that were read, and the rendered warnings.
fn write_module(path: &Path, output: &Path, config: Config) -> Result<(Vec<PathBuf>, String), Error> {
    let request = Request {
        path: path.to_str().ok_or_else(|| Error::PathNotUtf8(path.to_owned()))?.to_owned(),
        net: config.net,
        set: config.set,
        outputs: config.outputs,
    };
    let mut disk = Disk::default();
    let (mut sources, mut diagnostics) = (SourceMap::default(), Diagnostics::default());
    let compiled = archc_core::compile::compile(&request, &mut disk, &mut sources, &mut diagnostics);
    let rendered = render(&sources, &diagnostics, Style::Plain);
    let Some(compiled) = compiled else { return Err(Error::Network { rendered }) };
    let text = compiled.rust().map_err(|e| Error::Internal(e.to_string()))?;
    write_atomically(output, text.as_bytes())
        .map_err(|source| Error::Write { path: output.to_owned(), source })?;
    Ok((disk.into_read(), rendered))
}

fn is_zoo(path: &Path) -> bool {
    path.to_str().is_some_and(|p| p.starts_with("zoo:"))
}
