//! What the host does for the compiler: it reads files. And the arithmetic of their paths.

use std::fmt;

/// Where `use "..."` and the main file are read from. The command line reads from disk, tests from a table, a
/// language server from its editor.
pub trait Files {
    /// The bytes of a file. `path` has forward slashes, and no `.` or `..` after a name; it is relative where the path
    /// in the [`Request`](super::Request) is.
    fn read(&mut self, path: &str) -> Result<Vec<u8>, ReadError>;
}

/// Why a file could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReadError {
    /// There is none of that name.
    NotFound,
    /// Another reason, in the system's words.
    Other(String),
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ReadError::NotFound => f.write_str("it does not exist"),
            ReadError::Other(message) => f.write_str(message),
        }
    }
}

impl From<std::io::Error> for ReadError {
    fn from(error: std::io::Error) -> Self {
        match error.kind() {
            std::io::ErrorKind::NotFound => ReadError::NotFound,
            _ => ReadError::Other(error.to_string()),
        }
    }
}

/// Before the path of a file of the zoo.
pub(crate) const ZOO: &str = "zoo:";

/// The path that `use "written"` in the file `from` means, normalized. Paths in a file of the zoo stay in the zoo.
pub(crate) fn join(from: &str, written: &str) -> String {
    if let Some(rest) = written.strip_prefix(ZOO) {
        return format!("{ZOO}{}", normalize(rest));
    }
    let (zoo, from) = match from.strip_prefix(ZOO) {
        Some(rest) => (ZOO, rest),
        None => ("", from),
    };
    let rooted = written.starts_with('/');
    let folder = from.rfind('/').map_or("", |i| &from[..=i]);
    let joined = if rooted { written.to_owned() } else { format!("{folder}{written}") };
    format!("{zoo}{}", normalize(&joined))
}

/// Forward slashes, and no `.`, empty part, or `..` after a name.
pub(crate) fn normalize(path: &str) -> String {
    let path = path.replace('\\', "/");
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|&p| p != "..") => {
                parts.pop();
            }
            _ => parts.push(part),
        }
    }
    let root = if path.starts_with('/') { "/" } else { "" };
    format!("{root}{}", parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_relative_to_the_file() {
        assert_eq!(join("archs/a.arch", "blocks/b.arch"), "archs/blocks/b.arch");
        assert_eq!(join("archs/blocks/b.arch", "../a.arch"), "archs/a.arch");
        assert_eq!(join("archs/a.arch", "./a.arch"), "archs/a.arch");
        assert_eq!(join("a.arch", "../../x.arch"), "../../x.arch");
        assert_eq!(join("archs\\a.arch", "b.arch"), "b.arch", "the main file's path is normalized before");
        assert_eq!(join("/abs/a.arch", "b.arch"), "/abs/b.arch");
        assert_eq!(join("archs/a.arch", "/abs/b.arch"), "/abs/b.arch");
        assert_eq!(join("archs/a.arch", "zoo:blocks/b.arch"), "zoo:blocks/b.arch");
        assert_eq!(join("zoo:a.arch", "blocks/b.arch"), "zoo:blocks/b.arch");
        assert_eq!(join("zoo:blocks/b.arch", "../a.arch"), "zoo:a.arch");
    }
}
