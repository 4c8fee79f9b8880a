//! `archc build`

use crate::error::{Error, print};
use crate::network::{Choices, Network, Selection, numbers};
use crate::{crate_folder, cuda, runtime_source, workspace};
use archc_core::backend::Backend;
use archc_core::backend::rust::{Dependency, Module, package};
use archc_core::identifier::identifier;
use archc_core::lir::Number;
use archc_core::mode::Mode;
use clap::ValueEnum;
use serde::Serialize;
use std::path::{Path, PathBuf};

/// Writes a Rust crate for one or more networks
#[derive(Debug, clap::Args)]
#[command(
    after_help = "A program has one runtime: crates that it uses together share one by --runtime, or are one crate.

Examples:
  archc build archs/vgg16.arch                            writes out/vgg16
  archc build archs/resnet50.arch --net ResNet152 -o nets/deep
  archc build archs/lenet5.arch zoo:mobilenet -o vision   one crate, two modules
  archc build zoo:resnet50 -o deep --runtime vision/runtime
  archc build zoo:resnet50 --backend cuda                 the same crate for an NVIDIA GPU"
)]
pub(crate) struct Arguments {
    /// The networks: .arch files, or zoo:NAME for those that come with archc
    #[arg(value_name = "FILE", required = true)]
    files: Vec<String>,
    #[command(flatten)]
    selection: Selection,
    #[command(flatten)]
    choices: Choices,
    /// What computes: the CPU; or cuda, an NVIDIA GPU. The kernels are compiled where NVRTC is found (LD_LIBRARY_PATH), else by
    /// the program when it runs
    #[arg(long, value_enum, value_name = "BACKEND", default_value_t)]
    backend: Chosen,
    /// What a GPU computes with [default: f32]
    #[arg(long = "type", value_name = "TYPE", value_parser = numbers())]
    number: Option<Number>,
    /// The crate's folder [default: out/NAME]
    #[arg(short, long = "out", value_name = "DIR")]
    out: Option<PathBuf>,
    /// A folder or a version of archc-runtime to depend on, in place of a copy
    #[arg(long, value_name = "PATH|VERSION")]
    runtime: Option<String>,
    /// Gives the crate a workspace of its own, so that it can be built inside of another; no program can depend on it
    #[arg(long)]
    standalone: bool,
    /// Keeps what every layer gives, for `session.taps()`: to look for a mistake, since it takes much more memory
    #[arg(long)]
    taps: bool,
    /// One JSON object: the folder, its modules, and a workspace around it that does not know it
    #[arg(long)]
    json: bool,
}

/// [`Backend`] on the command line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Chosen {
    #[default]
    Cpu,
    Cuda,
}

impl From<Chosen> for Backend {
    fn from(chosen: Chosen) -> Backend {
        match chosen {
            Chosen::Cpu => Backend::Cpu,
            Chosen::Cuda => Backend::Cuda,
        }
    }
}

#[derive(Serialize)]
struct Report<'a> {
    folder: String,
    modules: Vec<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    workspace: Option<workspace::Advice>,
}

pub(crate) fn run(arguments: &Arguments) -> Result<(), Error> {
    check(arguments)?;
    let mut modules: Vec<Module> = Vec::new();
    for file in &arguments.files {
        let network = Network {
            file: file.clone(),
            selection: arguments.selection.clone(),
            choices: arguments.choices.clone(),
        };
        let name = network.module_name();
        if modules.iter().any(|m| m.name == name) {
            return Err(Error::with_help(
                format!("two networks would be the module `{name}`"),
                "build them into folders of their own, or rename a file",
            ));
        }
        modules.push(match arguments.backend {
            Chosen::Cpu => {
                let text = network.compile_with(arguments.json, arguments.taps)?.rust()?;
                Module { name, text, beside: Vec::new() }
            }
            Chosen::Cuda => cuda::module(&network, arguments.number.unwrap_or_default(), arguments.json)?,
        });
    }
    let first = modules.first().map_or("network", |m| m.name.as_str());
    let folder = arguments.out.clone().unwrap_or_else(|| Path::new("out").join(first));
    let name = folder.file_name().map_or(first.to_owned(), |n| identifier(&n.to_string_lossy(), "net_"));
    let runtime = match &arguments.runtime {
        None => Dependency::Path("runtime".to_owned()),
        Some(text) => runtime_source::dependency(text, &folder)?,
    };
    let mut files = package(&name, &modules, arguments.backend.into(), &runtime, arguments.standalone);
    if arguments.runtime.is_none() {
        let copy = |(path, text): &(&str, &str)| (format!("runtime/{path}"), text.as_bytes().to_vec());
        files.extend(runtime_source::FILES.iter().map(copy));
    }
    crate_folder::write(&folder, &files)?;
    report(arguments, &folder, &modules)
}

/// Each backend has options of its own.
fn check(arguments: &Arguments) -> Result<(), Error> {
    match arguments.backend {
        Chosen::Cpu if arguments.number.is_some() => Err(Error::with_help(
            "--type is what a GPU computes with",
            "give --backend cuda too, or --mode for the CPU",
        )),
        Chosen::Cuda if arguments.selection.mode != Mode::default() => Err(Error::with_help(
            "--mode is how exactly the CPU computes",
            "give --type f32, tf32, f16 or bf16",
        )),
        Chosen::Cuda if arguments.taps => {
            Err(Error::with_help("--taps is for the CPU", "leave out --backend cuda to look for a mistake"))
        }
        Chosen::Cpu | Chosen::Cuda => Ok(()),
    }
}

fn report(arguments: &Arguments, folder: &Path, modules: &[Module]) -> Result<(), Error> {
    let names: Vec<&str> = modules.iter().map(|m| m.name.as_str()).collect();
    let advice = workspace::around(folder).filter(|_| !arguments.standalone);
    if arguments.json {
        let report = Report { folder: folder.display().to_string(), modules: names, workspace: advice };
        let line = serde_json::to_string(&report).map_err(|e| Error::new(e.to_string()))?;
        return print(&format!("{line}\n"));
    }
    print(&format!("Wrote {} ({})\n", folder.display(), names.join(", ")))?;
    match advice {
        Some(advice) => print(&format!(
            "It lies inside of the workspace {}. There it is a member once a member depends on it by its path; to keep it \
             out, write under [workspace]:\n    exclude = [{}]\n",
            advice.manifest.display(),
            workspace::quoted(&advice.member),
        )),
        None => Ok(()),
    }
}
