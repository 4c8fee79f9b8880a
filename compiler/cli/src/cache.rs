//! The folder in which `run` and `bench` keep what they built: one copy of the runtime for each of its versions, one
//! crate for each network, one target folder for all. Names are hashes of contents, so that nothing goes stale.

use crate::error::Error;
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};
use std::time::Duration;
use tempfile::TempDir;

/// `ARCHC_CACHE`, else `archc` in the user's folder of caches.
pub(crate) fn root() -> Result<PathBuf, Error> {
    if let Some(path) = std::env::var_os("ARCHC_CACHE").filter(|p| !p.is_empty()) {
        return std::path::absolute(PathBuf::from(path)).map_err(|e| Error::new(format!("ARCHC_CACHE: {e}")));
    }
    use etcetera::BaseStrategy as _;
    let base = etcetera::choose_base_strategy().map_err(|e| {
        Error::with_help(format!("there is no folder for caches: {e}"), "set ARCHC_CACHE to one")
    })?;
    Ok(base.cache_dir().join("archc"))
}

/// A short name for contents: 16 hexadecimal digits of their SHA-256.
pub(crate) fn hash<'a>(parts: impl IntoIterator<Item = &'a str>) -> String {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update((part.len() as u64).to_le_bytes());
        hasher.update(part.as_bytes());
    }
    hasher.finalize().iter().take(8).map(|b| format!("{b:02x}")).collect()
}

/// Makes `folder` hold exactly these files, if it does not exist yet. It appears whole or not at all, also where two
/// processes make it at once.
pub(crate) fn ensure<'a>(
    folder: &Path,
    files: impl IntoIterator<Item = (&'a str, &'a str)>,
) -> Result<(), Error> {
    if folder.exists() {
        return Ok(());
    }
    let failed = |e: std::io::Error| Error::new(format!("cannot write {}: {e}", folder.display()));
    let parent = folder.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(parent).map_err(failed)?;
    let temporary = temporary(parent).map_err(failed)?;
    for (name, text) in files {
        let path = temporary.path().join(name);
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(failed)?;
        }
        std::fs::write(&path, text).map_err(failed)?;
    }
    match std::fs::rename(temporary.path(), folder) {
        // Another process was faster; what it made is the same.
        Err(_) if folder.exists() => Ok(()),
        other => other.map_err(failed),
    }
}

/// A folder for what is to be moved into `parent` when it is whole. Those that a killed archc has left go.
pub(crate) fn temporary(parent: &Path) -> std::io::Result<TempDir> {
    const PREFIX: &str = ".new-";
    /// Longer than any build takes.
    const OLD: Duration = Duration::from_secs(24 * 60 * 60);
    for entry in std::fs::read_dir(parent)?.flatten() {
        let is_old = || {
            entry.metadata().and_then(|m| m.modified()).is_ok_and(|t| t.elapsed().is_ok_and(|age| age > OLD))
        };
        if entry.file_name().to_string_lossy().starts_with(PREFIX) && is_old() {
            // Another archc may do the same.
            let _ = std::fs::remove_dir_all(entry.path());
        }
    }
    tempfile::Builder::new().prefix(PREFIX).tempdir_in(parent)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_tell_parts_apart() {
        assert_ne!(hash(["ab", "c"]), hash(["a", "bc"]));
        assert_eq!(hash(["a"]).len(), 16);
    }

    #[test]
    fn what_a_killed_archc_left_goes_after_a_day() {
        let base = tempfile::tempdir().unwrap();
        for (name, hours) in [(".new-a", 25), (".new-b", 1), ("network", 25)] {
            let path = base.path().join(name);
            std::fs::create_dir(&path).unwrap();
            let then = std::time::SystemTime::now() - Duration::from_secs(hours * 60 * 60);
            std::fs::File::open(&path).unwrap().set_modified(then).unwrap();
        }
        drop(temporary(base.path()).unwrap());
        let mut left: Vec<_> =
            std::fs::read_dir(base.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
        left.sort();
        assert_eq!(left, [".new-b", "network"]);
    }

    #[test]
    fn a_folder_appears_once_and_whole() {
        let base = tempfile::tempdir().unwrap();
        let folder = base.path().join("a/b");
        ensure(&folder, [("src/x", "1"), ("y", "2")]).unwrap();
        ensure(&folder, [("z", "3")]).unwrap();
        assert_eq!(std::fs::read_to_string(folder.join("src/x")).unwrap(), "1");
        assert!(!folder.join("z").exists(), "what is there is left alone");
        assert_eq!(std::fs::read_dir(base.path().join("a")).unwrap().count(), 1, "no temporary folder stays");
    }
}
