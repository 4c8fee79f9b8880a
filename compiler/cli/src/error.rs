//! What stops a command.

use std::fmt;

/// An error of a command; its exit status is 1.
#[derive(Debug)]
pub(crate) enum Error {
    /// Diagnostics that were printed already.
    Reported,
    /// A message, and what to do about it.
    Message {
        /// What is wrong.
        message: String,
        /// The remedy.
        help: Option<String>,
    },
}

impl Error {
    pub(crate) fn new(message: impl Into<String>) -> Error {
        Error::Message { message: message.into(), help: None }
    }

    pub(crate) fn with_help(message: impl Into<String>, help: impl Into<String>) -> Error {
        Error::Message { message: message.into(), help: Some(help.into()) }
    }

    /// Prints it to standard error, unless that was done. A reader that closed the pipe (`archc dump | head`) is no
    /// one to report to.
    pub(crate) fn report(&self) {
        if let Error::Message { .. } = self {
            anstream::eprintln!("{self}");
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Reported => Ok(()),
            Error::Message { message, help } => {
                write!(f, "error: {message}")?;
                match help {
                    Some(help) => write!(f, "\n  help: {help}"),
                    None => Ok(()),
                }
            }
        }
    }
}

impl From<archc_core::backend::rust::Error> for Error {
    fn from(error: archc_core::backend::rust::Error) -> Error {
        Error::with_help(
            error.to_string(),
            "this is a mistake in archc; please report it with the .arch file",
        )
    }
}

/// Writes a line to standard output. A closed pipe ends the program as it ends `cat`: in silence.
pub(crate) fn print(text: &str) -> Result<(), Error> {
    use std::io::Write as _;
    let mut out = anstream::stdout().lock();
    let written = out.write_all(text.as_bytes()).and_then(|()| out.flush());
    match written {
        Err(e) if e.kind() == std::io::ErrorKind::BrokenPipe => Err(Error::Reported),
        Err(e) => Err(Error::new(format!("cannot write to standard output: {e}"))),
        Ok(()) => Ok(()),
    }
}
