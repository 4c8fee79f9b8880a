//! The runtime: its source, which archc carries in itself, and what `--runtime` names in its place.

use crate::error::Error;
use archc_core::backend::rust::Dependency;
use std::path::{Component, Path, PathBuf};
use toml::Table;

mod files {
    include!(concat!(env!("OUT_DIR"), "/runtime_files.rs"));
}

pub(crate) use files::{FILES, LOCK};

/// What a crate in `folder` depends on: a version of the runtime, or a folder that holds it, by its path from the crate,
/// so that both can be moved together.
pub(crate) fn dependency(text: &str, folder: &Path) -> Result<Dependency, Error> {
    if is_version(text) {
        return Ok(Dependency::Version(text.to_owned()));
    }
    let help = "give the folder of archc-runtime's source, or leave the option out for a copy";
    let name = package_name(Path::new(text));
    if name.as_deref() != Some("archc-runtime") {
        let found = match name {
            Some(name) => format!("the package `{name}`"),
            None => "neither a version nor a folder of a package".to_owned(),
        };
        return Err(Error::with_help(format!("--runtime {text:?} is {found}"), help));
    }
    let runtime = std::fs::canonicalize(text).map_err(|e| Error::new(format!("{text}: {e}")))?;
    let folder = resolved(folder).map_err(|e| Error::new(format!("{}: {e}", folder.display())))?;
    if runtime.starts_with(&folder) {
        return Err(Error::with_help(
            format!("--runtime {text:?} is a part of the crate itself"),
            "leave the option out, and the crate has a copy of its own",
        ));
    }
    let path = relative(&folder, &runtime).unwrap_or(runtime);
    Ok(Dependency::Path(path.to_string_lossy().replace('\\', "/")))
}

/// Whether a text is a requirement such as `0.1`, `1.2.3-beta.1` or `^0.1`.
fn is_version(text: &str) -> bool {
    let digits = text.trim_start_matches(['^', '~', '=']);
    digits.starts_with(|c: char| c.is_ascii_digit())
        && digits.chars().all(|c| c.is_ascii_alphanumeric() || ".+-".contains(c))
        && !Path::new(text).is_dir()
}

/// The name of the package in a folder.
fn package_name(folder: &Path) -> Option<String> {
    let manifest: Table = std::fs::read_to_string(folder.join("Cargo.toml")).ok()?.parse().ok()?;
    Some(manifest.get("package")?.get("name")?.as_str()?.to_owned())
}

/// The path without links, of which the last parts need not exist yet.
fn resolved(path: &Path) -> std::io::Result<PathBuf> {
    let path = std::path::absolute(path)?;
    let exists = path.ancestors().find(|above| above.exists()).unwrap_or(&path);
    let rest = path.strip_prefix(exists).unwrap_or(Path::new(""));
    Ok(exists.canonicalize()?.join(rest))
}

/// The way from one folder to another; `None` where they have nothing in common, or it is not known.
fn relative(from: &Path, to: &Path) -> Option<PathBuf> {
    let is_plain = |part: &Component<'_>| !matches!(part, Component::ParentDir);
    let (from, to): (Vec<_>, Vec<_>) = (from.components().collect(), to.components().collect());
    let common = from.iter().zip(&to).take_while(|(a, b)| a == b).count();
    let up = from.get(common..)?;
    let shares_a_folder = from.iter().take(common).any(|part| matches!(part, Component::Normal(_)));
    (shares_a_folder && from.iter().all(is_plain))
        .then(|| up.iter().map(|_| Component::ParentDir).chain(to[common..].iter().copied()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_runtime_is_a_version_or_a_folder_that_holds_it() {
        let base = tempfile::tempdir().unwrap();
        let make = |name: &str| {
            let folder = base.path().join(name);
            std::fs::create_dir_all(&folder).unwrap();
            std::fs::write(folder.join("Cargo.toml"), format!("[package]\nname = {name:?}\n")).unwrap();
            folder.display().to_string()
        };
        let (runtime, other) = (make("archc-runtime"), make("other"));
        let crate_folder = base.path().join("crates/vision");
        let of = |text: &str| dependency(text, &crate_folder).map_err(|e| e.to_string());
        assert_eq!(of(&runtime), Ok(Dependency::Path("../../archc-runtime".to_owned())));
        for version in ["0.1", "0.1.0", "^0.1", "=1.2.3-beta.1", "1"] {
            assert_eq!(of(version), Ok(Dependency::Version(version.to_owned())));
        }
        assert!(of(&other).unwrap_err().contains("`other`"));
        assert!(of("no/such").unwrap_err().contains("neither"));
        let own = dependency(&runtime, base.path()).unwrap_err().to_string();
        assert!(own.contains("a part of the crate itself"), "{own}");
    }

    #[test]
    fn ways_lead_from_one_folder_to_another() {
        let way =
            |from: &str, to: &str| relative(Path::new(from), Path::new(to)).map(|p| p.display().to_string());
        assert_eq!(way("/a/b", "/a/c/d").as_deref(), Some("../c/d"));
        assert_eq!(way("/a/b/c", "/a").as_deref(), Some("../.."));
        assert_eq!(way("/a/b", "/c/d"), None);
        assert_eq!(way("/a/../b", "/a/d"), None);
    }

    #[test]
    fn the_manifest_stands_alone() {
        let manifest = FILES.iter().find(|(name, _)| *name == "Cargo.toml").map(|(_, text)| *text).unwrap();
        assert!(!manifest.contains(".workspace"), "a copy of the runtime has no workspace to inherit from");
        assert!(!manifest.contains("workspace = true"));
        assert!(!manifest.contains("tempfile"), "its tests stay here");
        assert!(FILES.iter().any(|(name, _)| *name == "src/lib.rs"));
    }
}
