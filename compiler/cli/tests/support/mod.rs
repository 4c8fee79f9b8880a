//! Running archc at the root of the repository.

#![allow(dead_code, reason = "each test uses a part of it")]

use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

pub(crate) fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_archc"));
    command.args(arguments).current_dir(root()).env_remove("ARCHC_ISA");
    command
}

pub(crate) fn archc(arguments: &[&str]) -> Output {
    command(arguments).output().unwrap()
}

pub(crate) fn status(out: &Output) -> i32 {
    out.status.code().unwrap()
}

pub(crate) fn stdout(out: &Output) -> String {
    String::from_utf8(out.stdout.clone()).unwrap()
}

pub(crate) fn stderr(out: &Output) -> String {
    String::from_utf8(out.stderr.clone()).unwrap()
}

/// The one line of JSON on standard output.
pub(crate) fn json_line(out: &Output) -> Value {
    let text = stdout(out);
    assert_eq!(text.lines().count(), 1, "{text}{}", stderr(out));
    serde_json::from_str(&text).unwrap()
}

pub(crate) fn folder() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}
