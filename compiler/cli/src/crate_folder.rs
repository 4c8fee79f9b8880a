//! The folder of a generated crate: written by one archc at a time, and nothing in it that somebody else wrote is
//! touched.
//!
//! Whenever archc is stopped, by a signal or a full disk, the crate is the old one, or the new one, or it does not compile
//! and says why, and the next build finishes it:
//!
//! 1. all that changes is written into a folder beside it, so that a full disk changes nothing;
//! 2. the list of files gets the new names, so that what comes now is archc's;
//! 3. the crate's root becomes an error message, where more than one file changes;
//! 4. the files take their places, and those of the earlier build go;
//! 5. the root takes its place, and the list its final form.

use crate::error::Error;
use archc_build::write_atomically;
use std::collections::BTreeSet;
use std::fs::{File, TryLockError};
use std::path::{Component, Path, PathBuf};
use std::time::{Duration, Instant};
use std::{fs, io, thread};

/// In a folder that archc wrote: the files, one a line.
const MARKER: &str = ".archc";
/// Held while archc writes.
const LOCK: &str = ".archc.lock";
/// What the names of temporary files and folders begin with. The lock's holder may remove them.
const TEMPORARY: &str = ".archc-";
/// The file without which the crate is none.
const ROOT: &str = "src/lib.rs";
/// Its text while the others take their places.
const UNFINISHED: &str =
    "compile_error!(\"archc was stopped while it wrote this crate: run `archc build` again\");\n";
/// How long to wait for another archc. One takes milliseconds.
const PATIENCE: Duration = Duration::from_secs(20);

/// Makes the folder hold these files, by their paths in it, and none of an earlier build that are not among them. Files
/// that hold the same already keep their times.
///
/// A folder with something in it, but no marker, is refused, and so is a file at the place of a new one that no earlier
/// build wrote.
pub(crate) fn write(folder: &Path, files: &[(String, Vec<u8>)]) -> Result<(), Error> {
    fs::create_dir_all(folder).map_err(|e| failed(folder, &e))?;
    // Only now is it clear where `missing/..` leads.
    let folder = &folder.canonicalize().map_err(|e| failed(folder, &e))?;
    // Before the lock, which is a file itself.
    refuse_foreign(folder)?;
    let _lock = lock(folder)?;
    refuse_foreign(folder)?;
    remove_leftovers(folder)?;
    let marker = folder.join(MARKER);
    let old = match fs::read_to_string(&marker) {
        Ok(text) => text,
        Err(e) if e.kind() == io::ErrorKind::NotFound => String::new(),
        Err(e) => return Err(failed(&marker, &e)),
    };
    let old: BTreeSet<&str> = old.lines().filter(|path| is_inside(path)).collect();
    let new: BTreeSet<&str> = files.iter().map(|(path, _)| path.as_str()).collect();
    for path in old.union(&new) {
        refuse_links(folder, path)?;
    }
    let mut changed = Vec::new();
    for (path, bytes) in files {
        let place = folder.join(path);
        match fs::read(&place) {
            Ok(found) if found == *bytes => continue,
            Err(_) if !place.exists() => {}
            Ok(_) if old.contains(path.as_str()) => {}
            // A file of somebody else, or a folder.
            _ => {
                return Err(Error::with_help(
                    format!("{} is there, and archc did not write it", place.display()),
                    "move it away, or give another folder with -o",
                ));
            }
        }
        changed.push((path.as_str(), bytes.as_slice()));
    }
    let stale: Vec<&str> = old.difference(&new).copied().filter(|path| folder.join(path).exists()).collect();
    if !changed.is_empty() || !stale.is_empty() {
        let root = files
            .iter()
            .find(|(path, _)| path == ROOT)
            .map(|(path, bytes)| (path.as_str(), bytes.as_slice()));
        let staged = Staged::new(folder, &changed, root.filter(|_| changed.len() + stale.len() > 1))?;
        write_file(&marker, &list(old.union(&new)))?;
        staged.replace(folder, &stale)?;
    }
    write_file(&marker, &list(new.iter()))
}

/// New files that wait in a folder inside of the crate's.
struct Staged<'a> {
    folder: tempfile::TempDir,
    /// Paths in the crate; the files are called by their place in this list.
    paths: Vec<&'a str>,
    /// Whether the root says that the crate is unfinished until the others are in their places.
    guarded: bool,
}

impl<'a> Staged<'a> {
    /// `root` is to guard the others.
    fn new(
        folder: &Path,
        changed: &[(&'a str, &'a [u8])],
        root: Option<(&'a str, &'a [u8])>,
    ) -> Result<Staged<'a>, Error> {
        let temporary = tempfile::Builder::new().prefix(TEMPORARY).tempdir_in(folder);
        let temporary = temporary.map_err(|e| failed(folder, &e))?;
        // The root last.
        let mut files: Vec<(&str, &[u8])> =
            changed.iter().copied().filter(|(path, _)| *path != ROOT).collect();
        files.extend(changed.iter().copied().find(|(path, _)| *path == ROOT).or(root));
        let mut paths = Vec::new();
        for (index, (path, bytes)) in files.into_iter().enumerate() {
            stop_here();
            let staged = temporary.path().join(index.to_string());
            fs::write(&staged, bytes).map_err(|e| failed(&staged, &e))?;
            paths.push(path);
        }
        Ok(Staged { folder: temporary, paths, guarded: root.is_some() })
    }

    /// Moves the files to their places, and removes the stale ones.
    fn replace(self, folder: &Path, stale: &[&str]) -> Result<(), Error> {
        for path in &self.paths {
            stop_here();
            let place = folder.join(path);
            let parent = place.parent().unwrap_or(folder);
            fs::create_dir_all(parent).map_err(|e| failed(parent, &e))?;
        }
        if self.guarded {
            // From the staging folder too: what a killed build leaves there, the next one removes.
            let (staged, place) = (self.folder.path().join("unfinished"), folder.join(ROOT));
            fs::write(&staged, UNFINISHED).map_err(|e| failed(&staged, &e))?;
            fs::rename(&staged, &place).map_err(|e| failed(&place, &e))?;
        }
        let (last, others) = match self.paths.split_last() {
            Some((last, others)) if *last == ROOT => (Some((others.len(), last)), others),
            _ => (None, self.paths.as_slice()),
        };
        let move_in = |(index, path): (usize, &&str)| {
            stop_here();
            let place = folder.join(path);
            fs::rename(self.folder.path().join(index.to_string()), &place).map_err(|e| failed(&place, &e))
        };
        others.iter().enumerate().try_for_each(move_in)?;
        stale.iter().try_for_each(|path| remove(folder, path))?;
        last.map_or(Ok(()), move_in)?;
        stop_here();
        Ok(())
    }
}

/// Removes a file, and the folders around it that are empty then.
fn remove(folder: &Path, path: &str) -> Result<(), Error> {
    stop_here();
    let place = folder.join(path);
    match fs::remove_file(&place) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(failed(&place, &e)),
        _ => {}
    }
    let around = place.ancestors().skip(1).take_while(|above| *above != folder);
    // One with something in it stays, with everything above it.
    around.map_while(|above| fs::remove_dir(above).ok()).for_each(drop);
    Ok(())
}

/// Where a test stops the program.
fn stop_here() {
    #[cfg(test)]
    tests::stop_here();
}

fn failed(path: &Path, error: &io::Error) -> Error {
    Error::new(format!("cannot write {}: {error}", path.display()))
}

fn write_file(path: &Path, text: &str) -> Result<(), Error> {
    stop_here();
    write_atomically(path, text.as_bytes()).map_err(|e| failed(path, &e))
}

fn list<'a>(paths: impl Iterator<Item = &'a &'a str>) -> String {
    paths.map(|path| format!("{path}\n")).collect()
}

/// An error where a folder without a marker holds anything but what archc leaves before it.
fn refuse_foreign(folder: &Path) -> Result<(), Error> {
    let is_ours = || folder.join(MARKER).is_file();
    if is_ours() {
        return Ok(());
    }
    for entry in fs::read_dir(folder).map_err(|e| failed(folder, &e))? {
        let name = entry.map_err(|e| failed(folder, &e))?.file_name();
        // Another archc may be at work, which writes the marker before anything else.
        if !name.to_string_lossy().starts_with(MARKER) && !is_ours() {
            return Err(Error::with_help(
                format!("{} holds files that archc did not write", folder.display()),
                "give another folder with -o, or empty this one",
            ));
        }
    }
    Ok(())
}

/// The lock of a folder, held until it is dropped or the process ends, however it ends. Waits for another archc.
fn lock(folder: &Path) -> Result<Option<File>, Error> {
    let path = folder.join(LOCK);
    // Whatever it holds, should it not be archc's.
    let file = File::options().write(true).create(true).truncate(false).open(&path);
    let file = file.map_err(|e| failed(&path, &e))?;
    let start = Instant::now();
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(Some(file)),
            Err(TryLockError::WouldBlock) if start.elapsed() < PATIENCE => {
                thread::sleep(Duration::from_millis(5));
            }
            Err(TryLockError::WouldBlock) => {
                return Err(Error::with_help(
                    format!("another archc has been writing {} for a long time", folder.display()),
                    "end it, or give another folder with -o",
                ));
            }
            // Some network file systems have no locks.
            Err(TryLockError::Error(e)) if e.kind() == io::ErrorKind::Unsupported => return Ok(None),
            Err(TryLockError::Error(e)) => return Err(failed(&path, &e)),
        }
    }
}

/// Removes what an archc that was stopped left.
fn remove_leftovers(folder: &Path) -> Result<(), Error> {
    for entry in fs::read_dir(folder).map_err(|e| failed(folder, &e))? {
        let entry = entry.map_err(|e| failed(folder, &e))?;
        if entry.file_name().to_string_lossy().starts_with(TEMPORARY) {
            let (path, kind) = (entry.path(), entry.file_type().map_err(|e| failed(folder, &e))?);
            let removed = if kind.is_dir() { fs::remove_dir_all(&path) } else { fs::remove_file(&path) };
            removed.map_err(|e| failed(&path, &e))?;
        }
    }
    Ok(())
}

/// An error where a path inside the folder goes through a link, which may lead out of it.
fn refuse_links(folder: &Path, path: &str) -> Result<(), Error> {
    let mut place = PathBuf::from(folder);
    for part in Path::new(path).components() {
        place.push(part);
        if fs::symlink_metadata(&place).is_ok_and(|m| m.is_symlink()) {
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
    use std::process::Command;
    use std::sync::LazyLock;
    use std::sync::atomic::{AtomicUsize, Ordering};

    type Files = Vec<(String, Vec<u8>)>;

    fn files(names: &[&str]) -> Files {
        names.iter().map(|n| ((*n).to_owned(), format!("text of {n}").into_bytes())).collect()
    }

    #[test]
    fn a_second_build_removes_what_the_first_one_left() {
        let base = tempfile::tempdir().unwrap();
        let folder = base.path().join("crate");
        write(&folder, &files(&["Cargo.toml", "src/a.rs"])).unwrap();
        fs::write(folder.join("Cargo.lock"), "mine").unwrap();
        write(&folder, &files(&["Cargo.toml", "src/b.rs"])).unwrap();
        assert!(!folder.join("src/a.rs").exists());
        assert!(folder.join("src/b.rs").exists());
        assert_eq!(fs::read_to_string(folder.join("Cargo.lock")).unwrap(), "mine");
    }

    #[test]
    fn files_of_somebody_else_are_refused() {
        let base = tempfile::tempdir().unwrap();
        fs::write(base.path().join("notes"), "mine").unwrap();
        assert!(write(base.path(), &files(&["Cargo.toml"])).is_err());
        assert!(write(&base.path().join("missing/.."), &files(&["Cargo.toml"])).is_err());
        assert!(!base.path().join("Cargo.toml").exists());

        let ours = base.path().join("ours");
        write(&ours, &files(&["Cargo.toml"])).unwrap();
        fs::create_dir(ours.join("src")).unwrap();
        fs::write(ours.join("src/a.rs"), "mine").unwrap();
        assert!(write(&ours, &files(&["Cargo.toml", "src/a.rs"])).is_err());
        assert_eq!(fs::read_to_string(ours.join("src/a.rs")).unwrap(), "mine");
        fs::create_dir(ours.join("src/b.rs")).unwrap();
        assert!(write(&ours, &files(&["Cargo.toml", "src/b.rs"])).is_err());
        assert_eq!(fs::read_to_string(ours.join("Cargo.toml")).unwrap(), "text of Cargo.toml");
    }

    /// Ends this process at the place of that number, as a signal would: nothing is cleaned up.
    pub(super) fn stop_here() {
        static LEFT: LazyLock<Option<AtomicUsize>> =
            LazyLock::new(|| std::env::var(STOP_AT).ok().map(|n| AtomicUsize::new(n.parse().unwrap())));
        if LEFT.as_ref().is_some_and(|left| left.fetch_sub(1, Ordering::Relaxed) == 0) {
            std::process::exit(STOPPED);
        }
    }

    const STOP_AT: &str = "ARCHC_TEST_STOP_AT";
    const FOLDER: &str = "ARCHC_TEST_FOLDER";
    const TRANSITION: &str = "ARCHC_TEST_TRANSITION";
    const STOPPED: i32 = 77;

    /// What a folder holds, and what is written there: everything new, other modules, one module, another runtime.
    fn transitions() -> [(Files, Files); 4] {
        let a = files(&[
            "Cargo.toml",
            ROOT,
            "src/one.rs",
            "src/two.rs",
            "runtime/Cargo.toml",
            "runtime/src/lib.rs",
        ]);
        let mut b = files(&["Cargo.toml", ROOT, "src/two.rs", "src/three.rs"]);
        b[1].1 = b"other modules".to_vec();
        let mut edited = a.clone();
        edited[2].1 = b"edited".to_vec();
        let mut updated = a.clone();
        updated[4].1 = b"another version".to_vec();
        updated[5].1 = b"of the runtime".to_vec();
        [(Vec::new(), a.clone()), (a.clone(), b), (a.clone(), edited), (a, updated)]
    }

    /// What is in a folder but archc's own files and somebody's `Cargo.lock`.
    fn found(folder: &Path) -> Files {
        let mut found = Vec::new();
        let mut waiting = vec![folder.to_owned()];
        while let Some(next) = waiting.pop() {
            for path in fs::read_dir(next).unwrap().map(|entry| entry.unwrap().path()) {
                let name = path.strip_prefix(folder).unwrap().to_string_lossy().into_owned();
                if name.starts_with(MARKER) || name == "Cargo.lock" {
                } else if path.is_dir() {
                    waiting.push(path);
                } else {
                    found.push((name, fs::read(&path).unwrap()));
                }
            }
        }
        found.sort();
        found
    }

    fn sorted(mut files: Files) -> Files {
        files.sort();
        files
    }

    /// The other process of the next test.
    #[test]
    fn writes_in_the_place_of_another_test() {
        if let (Ok(folder), Ok(transition)) = (std::env::var(FOLDER), std::env::var(TRANSITION)) {
            let transition: usize = transition.parse().unwrap();
            write(Path::new(&folder), &transitions()[transition].1).unwrap();
        }
    }

    /// Wherever a build is stopped, the crate is the old one or the new one, or its root says what to do, and the next
    /// build finishes it. Nothing of anybody else is lost.
    #[test]
    fn a_build_may_be_stopped_anywhere() {
        for (number, (old, new)) in transitions().into_iter().enumerate() {
            let (mut places, mut halves) = (0, 0);
            loop {
                let base = tempfile::tempdir().unwrap();
                let folder = base.path().join("crate");
                if !old.is_empty() {
                    write(&folder, &old).unwrap();
                    fs::write(folder.join("Cargo.lock"), "mine").unwrap();
                }
                let child = Command::new(std::env::current_exe().unwrap())
                    .args(["--exact", "crate_folder::tests::writes_in_the_place_of_another_test"])
                    .envs([(STOP_AT, places.to_string()), (TRANSITION, number.to_string())])
                    .env(FOLDER, &folder)
                    .output()
                    .unwrap();
                let done = child.status.success();
                assert!(done || child.status.code() == Some(STOPPED), "{child:?}");
                let state = found(&folder);
                let root = state.iter().find(|(path, _)| path == ROOT).map(|(_, text)| text.as_slice());
                let whole = state == sorted(old.clone()) || state == sorted(new.clone());
                halves += usize::from(!whole);
                assert!(
                    whole || root.is_none_or(|root| root == UNFINISHED.as_bytes()),
                    "{number}, {places}: {state:?}"
                );
                write(&folder, &new).unwrap();
                assert_eq!(found(&folder), sorted(new.clone()), "{number}, {places}");
                let own = fs::read_dir(&folder).unwrap().map(|e| e.unwrap().file_name());
                let own = own.filter(|name| name.to_string_lossy().starts_with(MARKER));
                assert_eq!(own.count(), 2, "the marker and the lock, nothing temporary");
                if !old.is_empty() {
                    assert_eq!(fs::read_to_string(folder.join("Cargo.lock")).unwrap(), "mine");
                }
                if done {
                    assert_eq!(state, sorted(new.clone()));
                    break;
                }
                places += 1;
            }
            let edits_one = number == 2;
            assert!(
                places >= 4 && (halves == 0) == edits_one,
                "{number}: {places} places, {halves} unfinished"
            );
        }
    }

    #[test]
    fn a_second_archc_waits_for_the_first() {
        let base = tempfile::tempdir().unwrap();
        let held = lock(base.path()).unwrap();
        let folder = base.path().to_owned();
        let second = thread::spawn(move || write(&folder, &files(&["Cargo.toml"])));
        thread::sleep(Duration::from_millis(50));
        assert!(!base.path().join("Cargo.toml").exists());
        drop(held);
        second.join().unwrap().unwrap();
        assert!(base.path().join("Cargo.toml").exists());
    }

    #[test]
    fn empty_folders_of_an_earlier_build_go() {
        let base = tempfile::tempdir().unwrap();
        write(base.path(), &files(&["Cargo.toml", "runtime/src/a.rs", "src/kernels/b.rs"])).unwrap();
        fs::write(base.path().join("src/mine.rs"), "mine").unwrap();
        write(base.path(), &files(&["Cargo.toml"])).unwrap();
        assert!(!base.path().join("runtime").exists());
        assert!(!base.path().join("src/kernels").exists());
        assert!(base.path().join("src/mine.rs").exists());
    }

    #[cfg(unix)]
    #[test]
    fn links_lead_nowhere() {
        let base = tempfile::tempdir().unwrap();
        let (folder, elsewhere) = (base.path().join("crate"), base.path().join("elsewhere"));
        fs::create_dir(&elsewhere).unwrap();
        fs::write(elsewhere.join("a.rs"), "mine").unwrap();
        write(&folder, &files(&["Cargo.toml"])).unwrap();
        fs::remove_file(folder.join(LOCK)).unwrap();
        std::os::unix::fs::symlink(elsewhere.join("a.rs"), folder.join(LOCK)).unwrap();
        std::os::unix::fs::symlink(&elsewhere, folder.join("src")).unwrap();
        assert!(write(&folder, &files(&["Cargo.toml", "src/a.rs"])).is_err());
        fs::write(folder.join(MARKER), "Cargo.toml\nsrc/a.rs\n").unwrap();
        assert!(write(&folder, &files(&["Cargo.toml"])).is_err());
        assert_eq!(fs::read_to_string(elsewhere.join("a.rs")).unwrap(), "mine");
    }

    #[test]
    fn a_marker_cannot_name_files_elsewhere() {
        assert!(is_inside("src/a.rs"));
        assert!(!is_inside("../a.rs"));
        assert!(!is_inside("/etc/a"));
        assert!(!is_inside(""));
    }
}
