//! Files are written whole or not at all.

use std::io::{BufWriter, Write};
use std::path::Path;
use tempfile::NamedTempFile;

/// Writes a file through a temporary one beside it, so that an interruption leaves the old file. A file that holds
/// these bytes already is left alone, so that its time does not change and nothing is built again for it.
///
/// # Errors
///
/// Those of the file system.
pub fn write_atomically(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    if std::fs::read(path).is_ok_and(|old| old == bytes) {
        return Ok(());
    }
    stream_atomically(path, |out| out.write_all(bytes))
}

/// As [`write_atomically`], for a file that is not in memory as a whole. An error of `write` leaves the old file as well.
///
/// # Errors
///
/// Those of `write` and of the file system.
pub fn stream_atomically<E: From<std::io::Error>>(
    path: &Path,
    write: impl FnOnce(&mut dyn Write) -> Result<(), E>,
) -> Result<(), E> {
    if std::fs::metadata(path).is_ok_and(|about| !about.is_file()) {
        // A device would be replaced.
        return Err(std::io::Error::other("not a file").into());
    }
    let mut out = BufWriter::new(temporary_beside(path)?);
    write(&mut out)?;
    let file = out.into_inner().map_err(std::io::IntoInnerError::into_error)?;
    file.persist(path).map_err(std::io::Error::from)?;
    Ok(())
}

/// As [`write_atomically`], for a file that must not be there yet: whatever has this name stays as it is.
///
/// # Errors
///
/// Those of the file system; [`AlreadyExists`](std::io::ErrorKind::AlreadyExists) where the name is taken.
pub fn create_atomically(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let mut file = temporary_beside(path)?;
    file.write_all(bytes)?;
    file.persist_noclobber(path)?;
    Ok(())
}

/// An empty file in the folder of `path`, which is made where it is missing.
fn temporary_beside(path: &Path) -> std::io::Result<NamedTempFile> {
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder)?;
    let mut builder = tempfile::Builder::new();
    builder.prefix(".archc-");
    #[cfg(unix)]
    {
        // What the user's mask leaves of it, as for any file that a program creates.
        use std::os::unix::fs::PermissionsExt as _;
        builder.permissions(std::fs::Permissions::from_mode(0o666));
    }
    builder.tempfile_in(folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_equal_file_keeps_its_time() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deep/er/file");
        write_atomically(&path, b"one").unwrap();
        let old = std::time::SystemTime::UNIX_EPOCH;
        std::fs::File::options().write(true).open(&path).unwrap().set_modified(old).unwrap();
        write_atomically(&path, b"one").unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().modified().unwrap(), old);
        write_atomically(&path, b"two").unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"two");
        assert_eq!(std::fs::read_dir(path.parent().unwrap()).unwrap().count(), 1, "no temporary file stays");
    }

    #[test]
    fn a_failed_stream_leaves_the_old_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        write_atomically(&path, b"old").unwrap();
        let failed = stream_atomically(&path, |out| {
            out.write_all(&[0; 1 << 16])?;
            Err(std::io::Error::other("the source has gone"))
        });
        assert_eq!(failed.unwrap_err().to_string(), "the source has gone");
        assert_eq!(std::fs::read(&path).unwrap(), b"old");
        let folder_itself = stream_atomically(folder.path(), |out| out.write_all(b"new"));
        assert_eq!(folder_itself.unwrap_err().to_string(), "not a file");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "no temporary file stays");
    }

    #[test]
    fn a_file_that_is_there_is_not_written_over() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deeper/file");
        create_atomically(&path, b"first").unwrap();
        let refused = create_atomically(&path, b"second").unwrap_err();
        assert_eq!(refused.kind(), std::io::ErrorKind::AlreadyExists);
        assert_eq!(std::fs::read(&path).unwrap(), b"first");
        assert_eq!(std::fs::read_dir(path.parent().unwrap()).unwrap().count(), 1, "no temporary file stays");
    }

    #[cfg(unix)]
    #[test]
    fn files_have_the_permissions_that_others_have() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        std::fs::write(at("plain"), "").unwrap();
        write_atomically(&at("written"), b"").unwrap();
        create_atomically(&at("created"), b"").unwrap();
        let mode = |name: &str| std::fs::metadata(at(name)).unwrap().permissions().mode();
        assert_eq!([mode("written"), mode("created")], [mode("plain"); 2]);
    }
}
