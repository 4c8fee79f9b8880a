//! The folder of a generated crate: written whole files at a time, by one archc at a time, and nothing in it that
//! somebody else wrote is touched.

use crate::error::Error;
use archc_build::write_atomically;
use std::collections::BTreeSet;
use std::fs::{File, TryLockError};
use std::path::{Component, Path, PathBuf};

/// In a folder that archc wrote: the files, one a line. What is not in it belongs to somebody else.
const MARKER: &str = ".archc";
/// Held while archc writes.
const LOCK: &str = ".archc.lock";

/// Writes files, by their paths in the folder, each whole or not at all, and removes those of an earlier build that are
/// none of them.
///
/// A folder with something in it, but no marker, is refused, and so is a file at the place of a new one that no earlier
/// build wrote. An interrupted build can be repeated.
pub(crate) fn write(folder: &Path, files: &[(String, String)]) -> Result<(), Error> {
    std::fs::create_dir_all(folder).map_err(|e| failed(folder, &e))?;
    // Only now is it clear where `missing/..` leads.
    let folder = &folder.canonicalize().map_err(|e| failed(folder, &e))?;
    let marker = folder.join(MARKER);
    let is_ours = marker.is_file();
    if !is_ours {
        refuse_foreign(folder)?;
    }
    let _lock = lock(folder)?;
    let old = if is_ours {
        std::fs::read_to_string(&marker).map_err(|e| failed(&marker, &e))?
    } else {
        String::new()
    };
    let old: BTreeSet<&str> = old.lines().filter(|path| is_inside(path)).collect();
    let new: BTreeSet<&str> = files.iter().map(|(path, _)| path.as_str()).collect();
    for path in old.union(&new) {
        refuse_links(folder, path)?;
    }
    for (path, text) in files.iter().filter(|(path, _)| !old.contains(path.as_str())) {
        let place = folder.join(path);
        if std::fs::read(&place).is_ok_and(|found| found != text.as_bytes()) {
            return Err(Error::with_help(
                format!("{} is there, and archc did not write it", place.display()),
                "move it away, or give another folder with -o",
            ));
        }
    }
    // The marker first, with the old files too: an interrupted build leaves a folder that the next one may finish.
    write_file(&marker, &list(old.union(&new)))?;
    for (path, text) in files {
        write_file(&folder.join(path), text)?;
    }
    for path in old.difference(&new).map(|stale| folder.join(stale)) {
        match std::fs::remove_file(&path) {
            Err(e) if e.kind() != std::io::ErrorKind::NotFound => return Err(failed(&path, &e)),
            _ => {}
        }
    }
    write_file(&marker, &list(new.iter()))
}

fn failed(path: &Path, error: &std::io::Error) -> Error {
    Error::new(format!("cannot write {}: {error}", path.display()))
}

fn write_file(path: &Path, text: &str) -> Result<(), Error> {
    write_atomically(path, text.as_bytes()).map_err(|e| failed(path, &e))
}

fn list<'a>(paths: impl Iterator<Item = &'a &'a str>) -> String {
    paths.map(|path| format!("{path}\n")).collect()
}

/// An error where a folder without a marker holds anything but what an interrupted archc leaves before it.
fn refuse_foreign(folder: &Path) -> Result<(), Error> {
    for entry in std::fs::read_dir(folder).map_err(|e| failed(folder, &e))? {
        let name = entry.map_err(|e| failed(folder, &e))?.file_name();
        if !name.to_string_lossy().starts_with(MARKER) {
            return Err(Error::with_help(
                format!("{} holds files that archc did not write", folder.display()),
                "give another folder with -o, or empty this one",
            ));
        }
    }
    Ok(())
}

/// The lock of a folder, held until it is dropped or the process ends.
fn lock(folder: &Path) -> Result<File, Error> {
    let path = folder.join(LOCK);
    let file = File::create(&path).map_err(|e| failed(&path, &e))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(Error::with_help(
            format!("another archc is writing {}", folder.display()),
            "wait for it, or give another folder with -o",
        )),
        Err(TryLockError::Error(e)) => Err(failed(&path, &e)),
    }
}

/// An error where a path inside the folder goes through a link, which may lead out of it.
fn refuse_links(folder: &Path, path: &str) -> Result<(), Error> {
    let mut place = PathBuf::from(folder);
    for part in Path::new(path).components() {
        place.push(part);
        if std::fs::symlink_metadata(&place).is_ok_and(|m| m.is_symlink()) {
            return Err(Error::with_help(
                format!("{} is a link, and archc writes through none", place.display()),
                "remove it, or give another folder with -o",
            ));
        }
    }
    Ok(())
}

/// Whether a line of the marker names a file inside the folder; somebody may have edited it.
fn is_inside(path: &str) -> bool {
    !path.is_empty() && Path::new(path).components().all(|c| matches!(c, Component::Normal(_)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(names: &[&str]) -> Vec<(String, String)> {
        names.iter().map(|n| ((*n).to_owned(), format!("text of {n}"))).collect()
    }

    #[test]
    fn a_second_build_removes_what_the_first_one_left() {
        let base = tempfile::tempdir().unwrap();
        let folder = base.path().join("crate");
        write(&folder, &files(&["Cargo.toml", "src/a.rs"])).unwrap();
        std::fs::write(folder.join("Cargo.lock"), "mine").unwrap();
        write(&folder, &files(&["Cargo.toml", "src/b.rs"])).unwrap();
        assert!(!folder.join("src/a.rs").exists());
        assert!(folder.join("src/b.rs").exists());
        assert_eq!(std::fs::read_to_string(folder.join("Cargo.lock")).unwrap(), "mine");
    }

    #[test]
    fn files_of_somebody_else_are_refused() {
        let base = tempfile::tempdir().unwrap();
        std::fs::write(base.path().join("notes"), "mine").unwrap();
        assert!(write(base.path(), &files(&["Cargo.toml"])).is_err());
        assert!(write(&base.path().join("missing/.."), &files(&["Cargo.toml"])).is_err());
        assert!(!base.path().join("Cargo.toml").exists());

        let ours = base.path().join("ours");
        write(&ours, &files(&["Cargo.toml"])).unwrap();
        std::fs::create_dir(ours.join("src")).unwrap();
        std::fs::write(ours.join("src/a.rs"), "mine").unwrap();
        assert!(write(&ours, &files(&["Cargo.toml", "src/a.rs"])).is_err());
        assert_eq!(std::fs::read_to_string(ours.join("src/a.rs")).unwrap(), "mine");
    }

    #[test]
    fn an_interrupted_build_can_be_repeated() {
        let base = tempfile::tempdir().unwrap();
        std::fs::write(base.path().join(".archc-x1y2"), "half a mark").unwrap();
        write(base.path(), &files(&["Cargo.toml"])).unwrap();
        assert!(base.path().join("Cargo.toml").exists());
    }

    #[test]
    fn a_second_archc_waits_outside() {
        let base = tempfile::tempdir().unwrap();
        let held = lock(base.path()).unwrap();
        assert!(write(base.path(), &files(&["Cargo.toml"])).is_err());
        drop(held);
        write(base.path(), &files(&["Cargo.toml"])).unwrap();
    }

    #[cfg(unix)]
    #[test]
    fn links_lead_nowhere() {
        let base = tempfile::tempdir().unwrap();
        let (folder, elsewhere) = (base.path().join("crate"), base.path().join("elsewhere"));
        std::fs::create_dir(&elsewhere).unwrap();
        std::fs::write(elsewhere.join("a.rs"), "mine").unwrap();
        write(&folder, &files(&["Cargo.toml"])).unwrap();
        std::os::unix::fs::symlink(&elsewhere, folder.join("src")).unwrap();
        assert!(write(&folder, &files(&["Cargo.toml", "src/a.rs"])).is_err());
        std::fs::write(folder.join(MARKER), "Cargo.toml\nsrc/a.rs\n").unwrap();
        assert!(write(&folder, &files(&["Cargo.toml"])).is_err());
        assert_eq!(std::fs::read_to_string(elsewhere.join("a.rs")).unwrap(), "mine");
    }

    #[test]
    fn a_marker_cannot_name_files_elsewhere() {
        assert!(is_inside("src/a.rs"));
        assert!(!is_inside("../a.rs"));
        assert!(!is_inside("/etc/a"));
        assert!(!is_inside(""));
    }
}
