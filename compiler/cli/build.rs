//! Packs the source of the runtime into archc, so that what it writes needs nothing else.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let manifest = PathBuf::from(
        env::var_os("CARGO_MANIFEST_DIR").ok_or_else(|| io::Error::other("no CARGO_MANIFEST_DIR"))?,
    );
    let out = PathBuf::from(env::var_os("OUT_DIR").ok_or_else(|| io::Error::other("no OUT_DIR"))?);
    let root = manifest.join("../../runtime").canonicalize()?;
    let mut files = Vec::new();
    collect(&root.join("src"), &mut files)?;
    files.push(root.join("README.md"));
    files.sort();
    let manifest_text = without_tests(&fs::read_to_string(root.join("Cargo.toml"))?);
    let mut table = String::from("pub(crate) const FILES: &[(&str, &str)] = &[\n");
    writeln!(table, "    (\"Cargo.toml\", {manifest_text:?}),").map_err(io::Error::other)?;
    for file in &files {
        let relative = file.strip_prefix(&root).map_err(io::Error::other)?;
        let name = relative.to_string_lossy().replace('\\', "/");
        writeln!(table, "    ({name:?}, include_str!({:?})),", file.display().to_string())
            .map_err(io::Error::other)?;
    }
    table.push_str("];\n");
    // The versions that this build of archc was tested with; Cargo drops what a generated crate does not use.
    let lock = manifest.join("../../Cargo.lock");
    println!("cargo:rerun-if-changed={}", lock.display());
    writeln!(table, "pub(crate) const LOCK: &str = include_str!({:?});", lock.display().to_string())
        .map_err(io::Error::other)?;
    println!("cargo:rerun-if-changed={}", root.display());
    fs::write(out.join("runtime_files.rs"), table)
}

/// A manifest without what only the runtime's own tests need.
fn without_tests(manifest: &str) -> String {
    let mut skipping = false;
    let mut out = String::new();
    for line in manifest.lines() {
        if line.starts_with('[') {
            skipping = line == "[dev-dependencies]";
        }
        if !skipping {
            out.push_str(line);
            out.push('\n');
        }
    }
    out
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, files)?;
        } else {
            files.push(path);
        }
    }
    Ok(())
}
