//! Which network a command is about.

use crate::diagnostics;
use crate::error::Error;
use crate::progress::Progress;
use archc_build::{Disk, keep_precision};
use archc_core::compile::{Compiled, compile};
use archc_core::diagnostic::Diagnostics;
use archc_core::expand::{Measured, Request};
use archc_core::identifier::identifier;
use archc_core::lir::Number;
use archc_core::mode::Mode;
use archc_core::source::SourceMap;
use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use std::path::Path;

/// What to take of a file.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct Selection {
    /// Another net of the file than its first
    #[arg(long, value_name = "NAME")]
    pub(crate) net: Option<String>,
    /// Another value for a parameter of the net, or for its input: classes=10, input=160x160x3
    #[arg(long, value_name = "KEY=VALUE", value_parser = setting)]
    pub(crate) set: Vec<(String, String)>,
    /// An output in place of the net's own: the name of a `let` or of an operation
    #[arg(long = "output", value_name = "NAME")]
    pub(crate) outputs: Vec<String>,
    /// How exactly it is computed: f32-strict; f32, which rounds a little more where that is much faster; f32-fast, 17 digits
    /// of 24, for networks whose outputs bear it; bf16, 8 digits
    #[arg(long, value_name = "MODE", default_value_t, value_parser = modes())]
    pub(crate) mode: Mode,
}

/// Where measured choices of algorithms come from.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct Choices {
    /// What archc tune has measured, in place of NET.tune beside the network's file
    #[arg(long, value_name = "FILE", conflicts_with = "no_tune")]
    pub(crate) tune: Option<String>,
    /// Leaves out what archc tune has measured
    #[arg(long)]
    pub(crate) no_tune: bool,
}

/// A network on the command line.
#[derive(Clone, Debug, Args)]
pub(crate) struct Network {
    /// The network: a .arch file, or zoo:NAME for one that comes with archc
    #[arg(value_name = "FILE")]
    pub(crate) file: String,
    #[command(flatten)]
    pub(crate) selection: Selection,
    #[command(flatten)]
    pub(crate) choices: Choices,
}

/// Reads a mode; the help lists them.
fn modes() -> impl TypedValueParser<Value = Mode> {
    PossibleValuesParser::new(Mode::ALL.map(Mode::name)).try_map(|name| name.parse::<Mode>())
}

/// Reads what a GPU computes with; the help lists them.
pub(crate) fn numbers() -> impl TypedValueParser<Value = Number> {
    PossibleValuesParser::new(Number::ALL.map(Number::name)).try_map(|name| name.parse::<Number>())
}

fn setting(text: &str) -> Result<(String, String), String> {
    let (key, value) = text.split_once('=').ok_or("expected KEY=VALUE, as in classes=10")?;
    Ok((key.trim().to_owned(), value.trim().to_owned()))
}

impl Network {
    /// Compiles it. Diagnostics are printed, as text or, for programs, as JSON lines.
    pub(crate) fn compile(&self, json: bool) -> Result<Compiled, Error> {
        self.compile_with(json, false)
    }

    /// Compiles it, on demand with the value of every layer kept.
    pub(crate) fn compile_with(&self, json: bool, taps: bool) -> Result<Compiled, Error> {
        let (mut sources, mut diagnostics) = (SourceMap::default(), Diagnostics::default());
        let mut compiled = compile(&self.request(), &mut Disk::default(), &mut sources, &mut diagnostics);
        if self.selection.mode == Mode::F32Fast {
            let _progress = Progress::start("Looking for what f32-fast costs".to_owned());
            compiled = compiled.and_then(|c| keep_precision(c, &mut diagnostics));
        }
        if taps {
            compiled = compiled.and_then(|c| c.with_taps(&mut diagnostics));
        }
        diagnostics::print(&sources, &diagnostics, json);
        compiled.ok_or(Error::Reported)
    }

    /// What the compiler is asked for.
    pub(crate) fn request(&self) -> Request {
        Request {
            path: self.file.clone(),
            net: self.selection.net.clone(),
            set: self.selection.set.clone(),
            outputs: self.selection.outputs.clone(),
            mode: self.selection.mode,
            measured: match &self.choices.tune {
                _ if self.choices.no_tune => Measured::Nowhere,
                Some(path) => Measured::File(path.clone()),
                None => Measured::Beside,
            },
        }
    }

    /// A name for its module: that of the net where one was chosen, else the file's stem; a Rust identifier.
    pub(crate) fn module_name(&self) -> String {
        let stem = self.file.strip_prefix("zoo:").unwrap_or(&self.file);
        let stem = Path::new(stem).file_stem().map_or("network".into(), |s| s.to_string_lossy());
        identifier(self.selection.net.as_deref().unwrap_or(&stem), "net_")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_chosen_net_names_the_module() {
        let mut network = Network {
            file: "zoo:resnet50".into(),
            selection: Selection::default(),
            choices: Choices::default(),
        };
        assert_eq!(network.module_name(), "resnet50");
        network.selection.net = Some("ResNet152".into());
        assert_eq!(network.module_name(), "resnet152");
    }
}
