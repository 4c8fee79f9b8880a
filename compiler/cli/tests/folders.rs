//! The folder of a crate when builds are killed, and when several write it at once. Where exactly a build can be stopped
//! is tested beside its code; here it is the whole program that a signal ends.

mod support;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use support::{command, folder, root, stderr};

/// By the path in the folder.
type Files = BTreeMap<String, Vec<u8>>;

/// A crate of two networks with its own runtime, and one of a network of other parameters with a shared runtime.
fn variant(second: bool, into: &Path) -> Command {
    let runtime = root().join("runtime");
    let mut arguments = vec!["build", "zoo:lenet5"];
    match second {
        false => arguments.push("archs/alexnet.arch"),
        true => arguments.extend(["--set", "classes=5", "--runtime", runtime.to_str().unwrap()]),
    }
    arguments.extend(["-o", into.to_str().unwrap()]);
    let mut command = command(&arguments);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    command
}

/// What a folder holds but archc's lock and list.
fn files(folder: &Path) -> Files {
    let mut found = Files::new();
    let mut waiting = vec![folder.to_owned()];
    while let Some(next) = waiting.pop() {
        for path in fs::read_dir(next).into_iter().flatten().map(|entry| entry.unwrap().path()) {
            let name = path.strip_prefix(folder).unwrap().to_string_lossy().replace('\\', "/");
            if name == ".archc" || name == ".archc.lock" {
            } else if path.is_dir() {
                waiting.push(path);
            } else {
                found.insert(name, fs::read(&path).unwrap());
            }
        }
    }
    found
}

/// Both crates as they should be. The path of a shared runtime in them is that of this folder of the test.
fn whole(base: &Path) -> [Files; 2] {
    ["first", "second"].map(|name| {
        let folder = base.join(name).join("crate");
        let out = variant(name == "second", &folder).output().unwrap();
        assert!(out.status.success(), "{}", stderr(&out));
        files(&folder)
    })
}

#[test]
fn builds_at_once_leave_one_of_them_whole() {
    let base = folder();
    let whole = whole(base.path());
    let folder = base.path().join("shared").join("crate");
    let builds: Vec<_> = (0..8).map(|i| variant(i % 2 == 1, &folder).spawn().unwrap()).collect();
    for build in builds {
        let out = build.wait_with_output().unwrap();
        assert!(out.status.success(), "{}", stderr(&out));
    }
    assert!(whole.contains(&files(&folder)));
}

#[test]
fn a_killed_build_loses_nothing() {
    const ROUNDS: u32 = 24;
    let base = folder();
    let whole = whole(base.path());
    let folder = base.path().join("killed").join("crate");
    let mut unfinished = 0;
    for round in 0..ROUNDS {
        let second = round % 2 == 1;
        let mut build = variant(second, &folder).spawn().unwrap();
        // Shortly after it begins to write, each round a little later.
        let start = Instant::now();
        while !has_temporary(&folder) && build.try_wait().unwrap().is_none() {
            assert!(start.elapsed() < Duration::from_secs(60), "it writes nothing");
            std::thread::sleep(Duration::from_micros(100));
        }
        std::thread::sleep(Duration::from_micros(u64::from(round) * 200));
        build.kill().unwrap();
        build.wait().unwrap();

        let mut found = files(&folder);
        let was_stopped = found.keys().any(|name| name.starts_with(".archc-"));
        found.retain(|name, _| !name.starts_with(".archc-") && name != "notes");
        let crate_root = found.get("src/lib.rs").map(|text| String::from_utf8_lossy(text).into_owned());
        let says_so = crate_root.is_none_or(|text| text.contains("run `archc build` again"));
        assert!(says_so || whole.contains(&found), "round {round}: {:?}", found.keys());
        unfinished += u32::from(was_stopped);

        let out = variant(second, &folder).output().unwrap();
        assert!(out.status.success(), "round {round}: {}", stderr(&out));
        let mut found = files(&folder);
        if round > 0 {
            assert_eq!(found.remove("notes").as_deref(), Some(&b"mine"[..]));
        }
        assert!(found == whole[usize::from(second)], "round {round}: {:?}", found.keys());
        fs::write(folder.join("notes"), "mine").unwrap();
    }
    println!("{unfinished} of {ROUNDS} builds were killed while they wrote");
    assert!(unfinished > 0, "every build was faster than the test");
}

fn has_temporary(folder: &Path) -> bool {
    let names =
        fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| PathBuf::from(entry.file_name()));
    names.into_iter().any(|name| name.to_string_lossy().starts_with(".archc-"))
}
