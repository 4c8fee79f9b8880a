//! Why a build script's network did not compile.

use std::fmt;
use std::path::PathBuf;

/// An error of this crate. A build script's `main` may return it: both its `Debug` and its `Display` are the text for
/// people, since that is what Cargo shows.
#[non_exhaustive]
pub enum Error {
    /// The network is wrong; the text is the rendered diagnostics.
    Network {
        /// As printed by `archc check`.
        rendered: String,
    },
    /// The output could not be written.
    Write {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A variable that Cargo sets for build scripts is missing.
    NotABuildScript(String),
    /// A path that is not UTF-8.
    PathNotUtf8(PathBuf),
    /// A path without a file name, or a name that is none of a file.
    NoName(PathBuf),
    /// A second network of a name: the file that it would replace.
    NameTaken(PathBuf),
    /// A mistake of archc.
    Internal(String),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Network { rendered } => f.write_str(rendered),
            Error::Write { path, source } => write!(f, "cannot write {}: {source}", path.display()),
            Error::NotABuildScript(name) => write!(
                f,
                "{name} is not set: `compile` works in a build script; elsewhere use `compile_with_output_path`"
            ),
            Error::PathNotUtf8(path) => write!(f, "the path {} is not UTF-8", path.display()),
            Error::NoName(path) => write!(
                f,
                "{:?} gives a module no name: letters, digits, `_`, `-` and dots",
                path.display().to_string()
            ),
            Error::NameTaken(path) => {
                let name = path.file_stem().unwrap_or_default().to_string_lossy();
                write!(f, "two networks are called `{name}`: give one another name with `Config::named`")
            }
            Error::Internal(message) => write!(f, "{message}; this is a mistake in archc, please report it"),
        }
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\n{self}")
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Error::Write { source, .. } => Some(source),
            Error::Network { .. }
            | Error::NotABuildScript(_)
            | Error::PathNotUtf8(_)
            | Error::NoName(_)
            | Error::NameTaken(_)
            | Error::Internal(_) => None,
        }
    }
}
