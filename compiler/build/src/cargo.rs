//! What a build script tells Cargo of a compilation.

use crate::Compiled;
use std::path::{Path, PathBuf};

/// Lines for standard output: when to run the build script of the package in `folder` again, and the warnings.
///
/// Only paths that exist are named, since Cargo runs a build script again and again for one that does not. A compilation
/// that failed needs no lines: Cargo runs a build script until it succeeds.
pub(crate) fn lines(folder: &Path, compiled: &Compiled) -> Vec<String> {
    let mut watched: Vec<PathBuf> = compiled.inputs.clone();
    if watched.is_empty() {
        // Without any such line Cargo would watch every file of the package.
        let known = ["build.rs", "Cargo.toml"].map(|name| folder.join(name));
        watched.extend(known.into_iter().find(|path| path.is_file()));
    }
    watched.sort();
    watched.dedup();
    let watched = watched.iter().map(|path| format!("cargo:rerun-if-changed={}", path.display()));
    let warnings = compiled.warnings.lines().filter(|line| !line.trim().is_empty());
    let warnings = warnings.map(|line| format!("cargo:warning={line}"));
    watched.chain(warnings).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn compiled(inputs: &[&str], warnings: &str) -> Compiled {
        Compiled { inputs: inputs.iter().map(PathBuf::from).collect(), warnings: warnings.to_owned() }
    }

    #[test]
    fn every_input_is_watched_and_every_warning_shown() {
        let found = lines(
            Path::new("p"),
            &compiled(&["p/b.arch", "p/a.arch", "p/b.arch"], "warning: x\n\n --> y\n\n"),
        );
        let expected = [
            "cargo:rerun-if-changed=p/a.arch",
            "cargo:rerun-if-changed=p/b.arch",
            "cargo:warning=warning: x",
            "cargo:warning= --> y",
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn a_network_of_the_zoo_makes_cargo_watch_the_build_script() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("Cargo.toml"), "").unwrap();
        let watched =
            |name: &str| vec![format!("cargo:rerun-if-changed={}", folder.path().join(name).display())];
        assert_eq!(lines(folder.path(), &compiled(&[], "")), watched("Cargo.toml"));
        std::fs::write(folder.path().join("build.rs"), "").unwrap();
        assert_eq!(lines(folder.path(), &compiled(&[], "")), watched("build.rs"));
    }
}
