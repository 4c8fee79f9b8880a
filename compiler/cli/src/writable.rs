//! Whether a file can be written, as far as that can be known before it costs a build and a measurement.

use crate::error::Error;
use std::path::Path;

/// Refuses a path that cannot become a file. `option` is what names it on the command line.
pub(crate) fn assert_writable(path: &Path, option: &str) -> Result<(), Error> {
    let above = path.ancestors().skip(1).find(|above| above.exists());
    if path.exists() && !path.is_file() {
        return Err(unwritable(path, option, "it is there and no file"));
    }
    match above {
        Some(above) if !above.is_dir() => {
            Err(unwritable(path, option, &format!("{} is no folder", above.display())))
        }
        _ => Ok(()),
    }
}

/// That a file cannot be written, and which option gives another.
pub(crate) fn unwritable(path: &Path, option: &str, why: &str) -> Error {
    Error::with_help(format!("cannot write {}: {why}", path.display()), format!("give {option} another file"))
}
