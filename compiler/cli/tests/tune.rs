//! Files of measured choices on the command line, without a measurement: those are in `programs`.

mod support;

use support::{archc, folder, json_line, status, stderr, stdout};

const NET: &str = "net Net { input 28x28x32  conv 3x3 32 relu  global_avgpool  dense 10 }\n";

/// A file that has the only convolution computed directly, if the plane has so many rows.
fn tune(rows: usize) -> String {
    let shape = format!("{rows}x{rows}x32");
    format!(
        "[f32]\narchc = \"\"\nmachine = \"\"\nisa = \"\"\nthreads = 1\nbatch = 1\nmodel-ms = 1.0\nmeasured-ms = 1.0\nlayers = [\n{{ \
         layer = \"conv1\", alike = 1, kernel = \"3x3\", input = \"{shape}\", output = \"{shape}\", algorithm = \"direct\", model \
         = \"f4\", gain = 0.1, ms = {{}} }},\n]\n"
    )
}

/// Whether Winograd's algorithm computes it, and what is said of it.
fn dumped(arguments: &[&str]) -> (bool, String) {
    let out = archc(&[&["dump", "--stage", "rust"], arguments].concat());
    assert_eq!(status(&out), 0, "{}", stderr(&out));
    (stdout(&out).contains("Algorithm::Winograd"), stderr(&out))
}

#[test]
fn a_file_beside_the_network_counts_unless_it_is_left_out_or_stale() {
    let folder = folder();
    let at = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (net, beside, other) = (at("net.arch"), at("Net.tune"), at("other"));
    std::fs::write(&net, NET).unwrap();
    assert_eq!(dumped(&[&net]), (true, String::new()));
    std::fs::write(&beside, tune(28)).unwrap();
    assert_eq!(dumped(&[&net]), (false, String::new()));
    assert_eq!(dumped(&[&net, "--no-tune"]), (true, String::new()));
    std::fs::write(&beside, tune(14)).unwrap();
    let (winograd, said) = dumped(&[&net]);
    assert!(winograd && said.starts_with("warning[W0603]") && said.contains("Net.tune:10:11"), "{said}");
    std::fs::write(&other, tune(28)).unwrap();
    assert_eq!(dumped(&[&net, "--tune", &other]), (false, String::new()));
    let out = archc(&["check", &net, "--tune", &at("nothing"), "--json"]);
    assert_eq!((status(&out), json_line(&out)["diagnostics"][0]["code"].as_str()), (1, Some("E0501")));
}

#[test]
fn networks_without_a_choice_are_told() {
    let folder = folder();
    let path = folder.path().join("LeNet5.tune");
    let out = archc(&["tune", "zoo:lenet5", "-o", path.to_str().unwrap()]);
    assert_eq!(status(&out), 0, "{}", stderr(&out));
    assert!(stdout(&out).contains("nothing to tune"), "{}", stdout(&out));
    assert!(!path.exists());
}

#[test]
fn files_of_others_are_not_written_over() {
    let folder = folder();
    let net = folder.path().join("net.arch");
    std::fs::write(&net, NET).unwrap();
    let net = net.to_str().unwrap();
    for (path, why) in [(net, "no file of measured choices"), (folder.path().to_str().unwrap(), "no file")] {
        let out = archc(&["tune", net, "-o", path]);
        assert_eq!(status(&out), 1, "{}", stdout(&out));
        assert!(
            stderr(&out).contains(why) && stderr(&out).contains("give -o another file"),
            "{}",
            stderr(&out)
        );
    }
    assert_eq!(std::fs::read_to_string(net).unwrap(), NET);
}

/// Whatever stops it before all is measured: the file is the old one, and no other is there.
#[cfg(unix)]
#[test]
fn a_tune_that_is_stopped_leaves_the_old_file() {
    use std::os::unix::fs::PermissionsExt as _;
    use std::path::Path;
    use std::process::{Command, Stdio};
    use std::time::{Duration, Instant};
    let (tools, folder) = (folder(), folder());
    let at = |name: &str| folder.path().join(name);
    std::fs::write(at("net.arch"), NET).unwrap();
    std::fs::write(at("Net.tune"), tune(28)).unwrap();
    let started = tools.path().join("started");
    // In place of Cargo: one that fails, and one that takes its time and says so.
    let write = |name: &str, script: String| {
        let path = tools.path().join(name);
        std::fs::write(&path, script).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        path
    };
    let failing = write("failing", "#!/bin/sh\nexit 1\n".to_owned());
    let slow = write("slow", format!("#!/bin/sh\necho $$ > {}\nexec sleep 60\n", started.display()));
    let tune_with = |cargo: &Path| {
        let mut command = support::command(&["tune", at("net.arch").to_str().unwrap(), "--seconds", "60"]);
        command.env("ARCHC_CACHE", tools.path().join("cache")).env("CARGO", cargo);
        command
    };
    let unchanged = || {
        assert_eq!(std::fs::read_to_string(at("Net.tune")).unwrap(), tune(28));
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2, "a file was left");
    };

    let out = tune_with(&failing).output().unwrap();
    assert_eq!(status(&out), 1, "{}", stdout(&out));
    unchanged();

    let mut child = tune_with(&slow).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let start = Instant::now();
    let id = loop {
        match std::fs::read_to_string(&started) {
            Ok(id) if id.ends_with('\n') => break id.trim().to_owned(),
            _ if start.elapsed() > Duration::from_secs(60) => panic!("it does not begin"),
            _ => std::thread::sleep(Duration::from_millis(5)),
        }
    };
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(Command::new("kill").arg(&id).status().unwrap().success(), "what stands for Cargo was running");
    unchanged();
}
