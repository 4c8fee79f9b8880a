//! `archc explain`

use crate::error::{Error, print};
use archc_core::diagnostic::Code;
use serde::Serialize;

/// Explains a diagnostic code
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:
  archc explain E0302")]
pub(crate) struct Arguments {
    /// The code, as in `error[E0302]`; all of them without
    #[arg(value_name = "CODE")]
    code: Option<String>,
    /// One JSON object for each code
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Entry {
    code: &'static str,
    explanation: String,
}

pub(crate) fn run(arguments: &Arguments) -> Result<(), Error> {
    let codes: Vec<Code> = match &arguments.code {
        None => Code::ALL.to_vec(),
        Some(wanted) => {
            let code = Code::ALL.iter().find(|c| c.as_str().eq_ignore_ascii_case(wanted.trim()));
            vec![*code.ok_or_else(|| {
                Error::with_help(
                    format!("there is no diagnostic `{wanted}`"),
                    "`archc explain` lists all of them",
                )
            })?]
        }
    };
    let line = |code: &Code| {
        let explanation = code.explanation().split_whitespace().collect::<Vec<_>>().join(" ");
        if arguments.json {
            let entry = Entry { code: code.as_str(), explanation };
            return serde_json::to_string(&entry).map(|l| l + "\n").map_err(|e| Error::new(e.to_string()));
        }
        Ok(format!("{code}: {explanation}\n"))
    };
    print(&codes.iter().map(line).collect::<Result<String, Error>>()?)
}
