//! `archc explain`

use crate::error::{Error, print};
use archc_core::diagnostic::Code;

/// Explains a diagnostic code
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:
  archc explain E0302")]
pub(crate) struct Arguments {
    /// The code, as in `error[E0302]`; all of them without
    #[arg(value_name = "CODE")]
    code: Option<String>,
}

pub(crate) fn run(arguments: &Arguments) -> Result<(), Error> {
    let Some(wanted) = &arguments.code else {
        let first = |code: &Code| code.explanation().lines().next().unwrap_or("").trim().to_owned();
        let lines: String = Code::ALL.iter().map(|c| format!("{c}  {}\n", first(c))).collect();
        return print(&lines);
    };
    let code = Code::ALL.iter().find(|c| c.as_str().eq_ignore_ascii_case(wanted.trim()));
    let code = code.ok_or_else(|| {
        Error::with_help(format!("there is no diagnostic `{wanted}`"), "`archc explain` lists all of them")
    })?;
    print(&format!("{code}: {}\n", code.explanation().replace("\n ", "\n").trim()))
}
