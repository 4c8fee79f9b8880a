//! Workspaces of Cargo around a folder. A crate inside somebody's workspace must be a member or excluded.

use glob::{MatchOptions, Pattern};
use serde::Serialize;
use std::path::{Path, PathBuf};
use toml::{Table, Value};

/// A workspace that a crate lies in without being known to it.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Advice {
    /// The workspace's manifest.
    pub(crate) manifest: PathBuf,
    /// The crate's folder as that manifest would name it.
    pub(crate) member: String,
}

/// The nearest workspace around a folder, unless it has the folder as a member or excludes it.
pub(crate) fn around(folder: &Path) -> Option<Advice> {
    let folder = folder.canonicalize().ok()?;
    folder
        .ancestors()
        .skip(1)
        .find_map(|above| {
            let manifest = above.join("Cargo.toml");
            let table: Table = std::fs::read_to_string(&manifest).ok()?.parse().ok()?;
            let workspace = table.get("workspace")?.as_table()?;
            let member = folder.strip_prefix(above).ok()?.to_string_lossy().replace('\\', "/");
            Some((workspace.clone(), Advice { manifest, member }))
        })
        .and_then(|(workspace, advice)| {
            let names = |key: &str, covers: fn(&str, &str) -> bool| {
                let list = workspace.get(key).and_then(Value::as_array);
                list.is_some_and(|l| l.iter().filter_map(Value::as_str).any(|p| covers(p, &advice.member)))
            };
            let known = names("exclude", excludes) || names("members", has_member);
            (!known).then_some(advice)
        })
}

/// Whether a path of `exclude` covers a folder: that path and everything below it.
fn excludes(path: &str, member: &str) -> bool {
    let path = path.trim_start_matches("./").trim_end_matches('/');
    member.strip_prefix(path).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Whether a path of `members`, which may be a pattern, is a folder.
fn has_member(path: &str, member: &str) -> bool {
    let path = path.trim_start_matches("./").trim_end_matches('/');
    let options = MatchOptions { require_literal_separator: true, ..MatchOptions::new() };
    path == member || Pattern::new(path).is_ok_and(|pattern| pattern.matches_with(member, options))
}

/// Text as a string of TOML.
pub(crate) fn quoted(text: &str) -> String {
    Value::String(text.to_owned()).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn advice(workspace: &str) -> Option<String> {
        let base = tempfile::tempdir().unwrap();
        std::fs::write(base.path().join("Cargo.toml"), workspace).unwrap();
        std::fs::create_dir_all(base.path().join("out/vgg16")).unwrap();
        around(&base.path().join("out/vgg16")).map(|a| a.member)
    }

    #[test]
    fn a_workspace_that_does_not_know_the_folder_is_found() {
        let unknown = Some("out/vgg16".to_owned());
        assert_eq!(advice("[workspace]\n"), unknown);
        assert_eq!(advice("[ workspace ]\nexclude = [\"other\"]\n"), unknown);
        assert_eq!(advice("workspace = {}\n"), unknown);
        assert_eq!(advice("[workspace]\nmembers = [\"out\", \"*\"]\n"), unknown);
    }

    #[test]
    fn a_workspace_that_knows_the_folder_is_none() {
        assert_eq!(advice("[workspace]\nexclude = [\"out\"]\n"), None);
        assert_eq!(advice("[workspace]\nexclude = [\n    \"out/vgg16\",\n]\n"), None);
        assert_eq!(advice("[workspace]\nmembers = [\"out/vgg16\"]\n"), None);
        assert_eq!(advice("[workspace]\nmembers = [\"out/*\"]\n"), None);
        assert_eq!(advice("[workspace]\nmembers = [\"*/vgg*\"]\n"), None);
        assert_eq!(advice("[workspace]\nmembers = [\"**\"]\n"), None);
        assert_eq!(advice("[package]\nname = \"a\"\n"), None);
    }
}
