//! `archc build`

use crate::error::{Error, print};
use crate::network::{Network, Selection, identifier};
use crate::runtime_source;
use archc_build::write_atomically;
use archc_core::backend::rust::{Dependency, Module, package};
use serde::Serialize;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Writes a Rust crate for one or more networks
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  archc build archs/vgg16.arch                            writes out/vgg16
  archc build archs/resnet50.arch --net ResNet152 -o nets/deep
  archc build archs/lenet5.arch zoo:mobilenet -o vision   one crate, two modules")]
pub(crate) struct Arguments {
    /// The networks: .arch files, or zoo:NAME for those that come with archc
    #[arg(value_name = "FILE", required = true)]
    files: Vec<String>,
    #[command(flatten)]
    selection: Selection,
    /// The crate's folder [default: out/NAME]
    #[arg(short, long = "out", value_name = "DIR")]
    out: Option<PathBuf>,
    /// A folder or a version of archc-runtime to depend on, in place of a copy
    #[arg(long, value_name = "PATH|VERSION")]
    runtime: Option<String>,
    /// Gives the crate a workspace of its own
    #[arg(long)]
    standalone: bool,
    /// One JSON object: the folder and its modules
    #[arg(long)]
    json: bool,
}

/// In a folder that archc wrote: the files, one a line. What is not in it belongs to somebody else.
const MARKER: &str = ".archc";

#[derive(Serialize)]
struct Report<'a> {
    folder: String,
    modules: Vec<&'a str>,
}

pub(crate) fn run(arguments: &Arguments) -> Result<(), Error> {
    let mut modules: Vec<Module> = Vec::new();
    for file in &arguments.files {
        let network = Network { file: file.clone(), selection: arguments.selection.clone() };
        let name = network.module_name();
        if modules.iter().any(|m| m.name == name) {
            return Err(Error::with_help(
                format!("two networks would be the module `{name}`"),
                "build them into folders of their own, or rename a file",
            ));
        }
        modules.push(Module { name, text: network.compile(arguments.json)?.rust()? });
    }
    let first = modules.first().map_or("network", |m| m.name.as_str());
    let folder = arguments.out.clone().unwrap_or_else(|| Path::new("out").join(first));
    let name = folder.file_name().map_or(first.to_owned(), |n| identifier(&n.to_string_lossy()));
    let runtime = match &arguments.runtime {
        None => Dependency::Path("runtime".to_owned()),
        Some(text) if text.starts_with(|c: char| c.is_ascii_digit()) => Dependency::Version(text.clone()),
        Some(text) => Dependency::Path(
            std::path::absolute(text).map_err(|e| Error::new(format!("{text}: {e}")))?.display().to_string(),
        ),
    };
    let mut files = package(&name, &modules, &runtime, arguments.standalone);
    if arguments.runtime.is_none() {
        let copy = |(path, text): &(&str, &str)| (format!("runtime/{path}"), (*text).to_owned());
        files.extend(runtime_source::FILES.iter().map(copy));
    }
    write(&folder, &files)?;
    report(arguments, &folder, &modules)
}

fn report(arguments: &Arguments, folder: &Path, modules: &[Module]) -> Result<(), Error> {
    let names: Vec<&str> = modules.iter().map(|m| m.name.as_str()).collect();
    if arguments.json {
        let report = Report { folder: folder.display().to_string(), modules: names };
        let line = serde_json::to_string(&report).map_err(|e| Error::new(e.to_string()))?;
        return print(&format!("{line}\n"));
    }
    print(&format!("Wrote {} ({})\n", folder.display(), names.join(", ")))?;
    if let Some(workspace) = foreign_workspace(folder).filter(|_| !arguments.standalone) {
        print(&format!(
            "It lies inside the workspace {}: Cargo wants it among the `members` there, or this line under [workspace]:\n    exclude = [{:?}]\n",
            workspace.display(),
            folder.display().to_string(),
        ))?;
    }
    Ok(())
}

/// The manifest of a workspace around a folder that does not exclude it.
fn foreign_workspace(folder: &Path) -> Option<PathBuf> {
    let folder = std::path::absolute(folder).ok()?;
    folder.ancestors().skip(1).find_map(|above| {
        let manifest = above.join("Cargo.toml");
        let text = std::fs::read_to_string(&manifest).ok()?;
        let has_workspace = text.lines().any(|l| l.trim_start().starts_with("[workspace]"));
        let relative = folder.strip_prefix(above).ok()?.to_string_lossy().replace('\\', "/");
        let start = relative.split('/').next().unwrap_or("");
        let excluded = text
            .lines()
            .filter(|l| l.trim_start().starts_with("exclude"))
            .any(|l| [start, relative.as_str()].iter().any(|p| l.contains(&format!("{p:?}"))));
        (has_workspace && !excluded).then_some(manifest)
    })
}

/// Writes the files, each whole or not at all, and removes those of an earlier build that are none of them. A folder
/// with something in it that archc did not write is refused.
fn write(folder: &Path, files: &[(String, String)]) -> Result<(), Error> {
    let marker = folder.join(MARKER);
    let failed = |path: &Path, e: std::io::Error| Error::new(format!("cannot write {}: {e}", path.display()));
    let old = match std::fs::read_to_string(&marker) {
        Ok(text) => text,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => {
            let empty = match std::fs::read_dir(folder) {
                Ok(mut entries) => entries.next().is_none(),
                Err(e) if e.kind() == std::io::ErrorKind::NotFound => true,
                Err(e) => return Err(failed(folder, e)),
            };
            if !empty {
                return Err(Error::with_help(
                    format!("{} holds files that archc did not write", folder.display()),
                    "give another folder with -o, or empty this one",
                ));
            }
            String::new()
        }
        Err(e) => return Err(failed(&marker, e)),
    };
    let new: BTreeSet<&str> = files.iter().map(|(path, _)| path.as_str()).collect();
    let list = |paths: &BTreeSet<&str>| paths.iter().map(|p| format!("{p}\n")).collect::<String>();
    // The marker first, with the old files too: an interrupted build leaves a folder that the next one may finish.
    let both: BTreeSet<&str> = new.iter().copied().chain(old.lines()).collect();
    write_atomically(&marker, list(&both).as_bytes()).map_err(|e| failed(&marker, e))?;
    for (path, text) in files {
        let path = folder.join(path);
        write_atomically(&path, text.as_bytes()).map_err(|e| failed(&path, e))?;
    }
    for stale in old.lines().filter(|p| !new.contains(p) && is_inside(p)) {
        let path = folder.join(stale);
        match std::fs::remove_file(&path) {
            Err(e) if e.kind() != std::io::ErrorKind::NotFound => return Err(failed(&path, e)),
            _ => {}
        }
    }
    write_atomically(&marker, list(&new).as_bytes()).map_err(|e| failed(&marker, e))
}

/// Whether a line of the marker names a file inside the folder; somebody may have edited it.
fn is_inside(path: &str) -> bool {
    !path.is_empty() && Path::new(path).components().all(|c| matches!(c, std::path::Component::Normal(_)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(names: &[&str]) -> Vec<(String, String)> {
        names.iter().map(|n| ((*n).to_owned(), format!("text of {n}"))).collect()
    }

    #[test]
    fn a_second_build_removes_what_the_first_one_left() {
        let base = tempfile::tempdir().unwrap();
        let folder = base.path().join("crate");
        write(&folder, &files(&["Cargo.toml", "src/a.rs"])).unwrap();
        std::fs::write(folder.join("Cargo.lock"), "mine").unwrap();
        write(&folder, &files(&["Cargo.toml", "src/b.rs"])).unwrap();
        assert!(!folder.join("src/a.rs").exists());
        assert!(folder.join("src/b.rs").exists());
        assert_eq!(std::fs::read_to_string(folder.join("Cargo.lock")).unwrap(), "mine");
    }

    #[test]
    fn a_folder_of_somebody_else_is_refused() {
        let base = tempfile::tempdir().unwrap();
        std::fs::write(base.path().join("notes"), "mine").unwrap();
        assert!(write(base.path(), &files(&["Cargo.toml"])).is_err());
        assert_eq!(std::fs::read_dir(base.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_marker_cannot_remove_files_elsewhere() {
        assert!(is_inside("src/a.rs"));
        assert!(!is_inside("../a.rs"));
        assert!(!is_inside("/etc/a"));
        assert!(!is_inside(""));
    }

    #[test]
    fn a_workspace_around_is_found_unless_it_excludes() {
        let base = tempfile::tempdir().unwrap();
        std::fs::write(base.path().join("Cargo.toml"), "[workspace]\n").unwrap();
        let folder = base.path().join("out/vgg16");
        assert_eq!(foreign_workspace(&folder), Some(base.path().join("Cargo.toml")));
        std::fs::write(base.path().join("Cargo.toml"), "[workspace]\nexclude = [\"out\"]\n").unwrap();
        assert_eq!(foreign_workspace(&folder), None);
    }
}
