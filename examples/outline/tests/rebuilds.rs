//! A copy of this package outside of the workspace, as a user has one: its build script runs again when a network or
//! what it uses changes, and only then.

use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::SystemTime;

/// The copy.
struct Package {
    folder: tempfile::TempDir,
}

/// What a build did.
struct Built {
    /// Whether Cargo compiled the program anew.
    fresh: bool,
    /// Where the build script wrote.
    out: PathBuf,
    program: PathBuf,
    stderr: String,
    /// When the build script ran last.
    script_ran: SystemTime,
}

impl Package {
    fn new() -> Package {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap();
        let folder = tempfile::tempdir().unwrap();
        let package = Package { folder };
        for file in ["build.rs", "archs/edges.arch", "archs/edges.safetensors", "archs/blocks/filters.arch"] {
            let to = package.path(file);
            fs::create_dir_all(to.parent().unwrap()).unwrap();
            fs::copy(root.join("examples/outline").join(file), to).unwrap();
        }
        // The versions that the workspace has, which are there: Cargo needs no network.
        fs::copy(root.join("Cargo.lock"), package.path("Cargo.lock")).unwrap();
        // Profiles as in the workspace, so that what both need is compiled once.
        let manifest = format!(
            "[package]\nname = \"outline-copy\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n\
             [dependencies]\narchc-runtime = {{ path = {:?} }}\n\n\
             [build-dependencies]\narchc-build = {{ path = {:?} }}\n\n[workspace]\n\n\
             [profile.dev]\ndebug = \"line-tables-only\"\n\n\
             [profile.dev.build-override]\nopt-level = 0\ndebug = \"line-tables-only\"\n",
            root.join("runtime"),
            root.join("compiler/build")
        );
        package.write("Cargo.toml", &manifest);
        let main = "archc_runtime::include_model!(lenet5);\narchc_runtime::include_model!(edges);\n\
                    fn main() {\n    println!(\"{} {}\", lenet5::Model::PARAMS, edges::Model::PARAMS);\n}\n";
        package.write("src/main.rs", main);
        package
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        fs::create_dir_all(self.path(name).parent().unwrap()).unwrap();
        fs::write(self.path(name), text).unwrap();
    }

    fn edit(&self, name: &str, from: &str, to: &str) {
        let text = fs::read_to_string(self.path(name)).unwrap();
        assert!(text.contains(from), "{name} has no {from:?}");
        self.write(name, &text.replace(from, to));
    }

    /// Runs Cargo; `Err` is what it says where it fails.
    fn build(&self) -> Result<Built, String> {
        let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
        let out = Command::new(env!("CARGO"))
            .args(["build", "--offline", "--message-format=json-render-diagnostics", "--target-dir"])
            .arg(target)
            .current_dir(self.folder.path())
            .output()
            .unwrap();
        let stderr = String::from_utf8(out.stderr).unwrap();
        if !out.status.success() {
            return Err(stderr);
        }
        let stdout = String::from_utf8(out.stdout).unwrap();
        let messages: Vec<Value> =
            stdout.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
        let of_copy = |m: &&Value| m["package_id"].as_str().is_some_and(|id| id.contains("outline-copy"));
        let script =
            messages.iter().filter(of_copy).find(|m| m["reason"] == "build-script-executed").unwrap();
        let program = messages.iter().filter(of_copy).find(|m| m["executable"].is_string()).unwrap();
        let out = PathBuf::from(script["out_dir"].as_str().unwrap());
        Ok(Built {
            fresh: program["fresh"].as_bool().unwrap(),
            script_ran: modified(&out.with_file_name("invoked.timestamp")),
            out,
            program: program["executable"].as_str().unwrap().into(),
            stderr,
        })
    }
}

fn modified(path: &Path) -> SystemTime {
    fs::metadata(path).unwrap().modified().unwrap()
}

impl Built {
    fn prints(&self) -> String {
        String::from_utf8(Command::new(&self.program).output().unwrap().stdout).unwrap()
    }

    fn module(&self) -> String {
        fs::read_to_string(self.out.join("edges.rs")).unwrap()
    }
}

#[test]
fn it_is_built_again_when_a_file_of_a_network_changes_and_only_then() {
    let package = Package::new();
    let first = package.build().unwrap();
    // Weights of LeNet-5; four filters of 3x3, and their sum.
    assert_eq!(first.prints(), "61706 40\n");
    let lines = fs::read_to_string(first.out.with_file_name("output")).unwrap();
    let watched: Vec<&str> =
        lines.lines().filter_map(|line| line.strip_prefix("cargo:rerun-if-changed=")).collect();
    assert_eq!(watched.len(), 3, "{lines}");
    for path in watched {
        assert!(Path::new(path).is_file(), "{path} does not exist");
        assert!(!Path::new(path).starts_with(&first.out), "{path} is an output");
    }

    // Nothing, then what is none of its inputs.
    let still = |why: &str| {
        let built = package.build().unwrap();
        assert!(built.fresh, "{why}");
        assert_eq!(built.script_ran, first.script_ran, "{why}");
    };
    still("nothing changed");
    package.write("README.md", "notes");
    package.write("archs/other.arch", "net Other { input 8x8x3 relu }\n");
    still("a file that no network uses is new");

    // The file that the network uses.
    package.edit("archs/blocks/filters.arch", "bias=false", "bias=true");
    let used = package.build().unwrap();
    assert!(!used.fresh && used.script_ran > first.script_ran);
    assert_eq!(used.prints(), "61706 44\n");

    // The network itself; the other one's module keeps its time.
    let other = modified(&first.out.join("lenet5.rs"));
    package.edit("archs/edges.arch", "filters(3, 4)", "filters(3, 6)");
    let edited = package.build().unwrap();
    assert_eq!(edited.prints(), "61706 66\n");
    assert_eq!(modified(&edited.out.join("lenet5.rs")), other);

    // A mistake is shown as archc shows it, and mending it is enough.
    package.edit("archs/edges.arch", "filters(3, 6)", "filters(3, 6.5)");
    let said = package.build().err().expect("no build");
    assert!(said.contains("error[E0202]: ") && said.contains("edges.arch:9:"), "{said}");
    assert!(!said.contains("panicked"), "{said}");
    package.edit("archs/edges.arch", "filters(3, 6.5)", "filters(3, 6)");
    let mended = package.build().unwrap();
    assert_eq!(mended.module(), edited.module());

    // A warning is one of Cargo's.
    package.edit("archs/edges.arch", "Edges(side=28)", "Edges(side=28, unused=1)");
    let warned = package.build().unwrap().stderr;
    assert!(
        warned.contains("warning: outline-copy") && warned.contains("`unused` is never used"),
        "{warned}"
    );
}
