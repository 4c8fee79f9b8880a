//! What NVRTC compiled here, kept in the user's folder of caches: a file each, by a hash of all that decides what it is.
//!
//! A file is a hash of what follows, 8 bytes, and then the machine code or the PTX. It appears whole, by a rename; one
//! that is damaged counts as none. A folder that cannot be written costs a compilation each time, and nothing else.

use crate::weights::packed::Hash;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

/// `ARCHC_CACHE`, else `archc` in the user's folder of caches; in it, `cuda`.
pub(super) fn folder() -> Option<PathBuf> {
    let variable = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let base = variable("ARCHC_CACHE").or_else(|| {
        let of_system = if cfg!(windows) {
            variable("LOCALAPPDATA")
        } else if cfg!(target_os = "macos") {
            variable("HOME").map(|home| home.join("Library/Caches"))
        } else {
            variable("XDG_CACHE_HOME").or_else(|| variable("HOME").map(|home| home.join(".cache")))
        };
        of_system.map(|folder| folder.join("archc"))
    })?;
    Some(base.join("cuda"))
}

/// The name of what a source becomes by settings: 32 hexadecimal digits.
pub(super) fn name(source: &str, settings: &str) -> String {
    let hash =
        |salt: &[u8]| Hash::new().bytes(salt).bytes(settings.as_bytes()).bytes(source.as_bytes()).value();
    format!("{:016x}{:016x}", hash(b"archc"), hash(b"cuda"))
}

/// What is kept under a name.
pub(super) fn get(folder: &Path, name: &str) -> Option<Vec<u8>> {
    let bytes = fs::read(folder.join(name)).ok()?;
    let (hash, bytes) = bytes.split_first_chunk()?;
    (u64::from_le_bytes(*hash) == Hash::new().bytes(bytes).value()).then(|| bytes.to_vec())
}

/// Keeps it, where that is possible.
pub(super) fn put(folder: &Path, name: &str, bytes: &[u8]) {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let number = COUNT.fetch_add(1, Ordering::Relaxed);
    let temporary = folder.join(format!(".{name}-{}-{number}", std::process::id()));
    let written =
        fs::create_dir_all(folder).and_then(|()| fs::File::create_new(&temporary)).and_then(|mut file| {
            file.write_all(&Hash::new().bytes(bytes).value().to_le_bytes())?;
            file.write_all(bytes)
        });
    if written.and_then(|()| fs::rename(&temporary, folder.join(name))).is_err() {
        // It may not be there.
        let _ = fs::remove_file(&temporary);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_damaged_is_not_there() {
        let base = tempfile::tempdir().unwrap();
        let folder = base.path().join("cuda");
        let name = name("source", "settings");
        assert_eq!(get(&folder, &name), None);
        put(&folder, &name, b"code");
        put(&folder, &name, b"code");
        assert_eq!(get(&folder, &name).as_deref(), Some(&b"code"[..]));
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 1, "no temporary file is left");
        let mut bytes = fs::read(folder.join(&name)).unwrap();
        *bytes.last_mut().unwrap() ^= 1;
        fs::write(folder.join(&name), &bytes).unwrap();
        assert_eq!(get(&folder, &name), None);
        fs::write(folder.join(&name), b"short").unwrap();
        assert_eq!(get(&folder, &name), None);
    }

    #[test]
    fn a_name_says_all_that_decides() {
        let names = [name("a", "b"), name("ab", ""), name("a", "c"), name("b", "a")];
        for (i, one) in names.iter().enumerate() {
            assert!(names[..i].iter().all(|other| other != one));
        }
    }
}
