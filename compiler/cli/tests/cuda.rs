//! A crate for a GPU, as users have it: it is built without CUDA, starts without a driver and says what is missing; on the mock
//! driver it computes what the interpreter does. One test, since its steps share what one program is built of.

mod support;

use archc_core::compile::compile;
use archc_core::diagnostic::Diagnostics;
use archc_core::expand::Request;
use archc_core::source::SourceMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use support::{command, folder, root, status, stderr, stdout};

/// It takes the name of a crate, and computes twice, so that a graph is replayed.
const MAIN: &str = "use archc_runtime::LoadError;
use archc_runtime::cuda::{CudaError, CudaUnavailable};

fn main() {
    let computed = match std::env::args().nth(1).as_deref() {
        Some(\"whole\") => whole(),
        _ => plain(),
    };
    match computed {
        Ok(output) => output.iter().for_each(|x| println!(\"{x}\")),
        Err(error) => {
            println!(
                \"{}\",
                match &error {
                    LoadError::Cuda(CudaError::Unavailable(CudaUnavailable::NoLibrary)) => \"no library\",
                    LoadError::Cuda(CudaError::Unavailable(CudaUnavailable::NoDevice(_))) => \"no device\",
                    LoadError::Cuda(CudaError::Unavailable(CudaUnavailable::TooOld { .. })) => \"too old\",
                    LoadError::Cuda(CudaError::Kernels { .. }) => \"no kernels\",
                    _ => \"something else\",
                }
            );
            eprintln!(\"{error}\");
            std::process::exit(1);
        }
    }
}

fn image() -> [f32; 784] {
    std::array::from_fn(|i| (i % 17) as f32 / 16.0)
}

fn whole() -> Result<[f32; 10], LoadError> {
    let model = whole::lenet5::Model::seeded(\"cuda\")?;
    let mut session = model.session()?;
    let first = *session.infer(&[1.0; 784])?;
    let output = *session.infer(&image())?;
    assert_ne!(first, output);
    let mut pair = model.session_of::<2>()?;
    assert_eq!(pair.infer(&[image(), [1.0; 784]])?, &[output, first]);
    assert_eq!(session.top(1)[0].score, output.iter().copied().fold(0.0, f32::max));
    Ok(output)
}

fn plain() -> Result<[f32; 10], LoadError> {
    let model = plain::lenet5::Model::seeded(\"cuda\")?;
    Ok(*model.session()?.infer(&image())?)
}
";

#[test]
fn a_crate_for_a_gpu_says_what_is_missing_and_computes_where_nothing_is() {
    let home = folder();
    let nothing = without_cuda(&home.path().join("nothing"));
    let nvrtc = archc_nvrtc::library().unwrap();
    let cache = Path::new(env!("CARGO_TARGET_TMPDIR")).join("cache");
    let build = |name: &str, libraries: &Path, more: &[&str]| {
        let folder = home.path().join(name);
        let arguments = ["build", "zoo:lenet5", "--backend", "cuda", "-o", folder.to_str().unwrap()];
        let mut command = command(&[&arguments[..], more].concat());
        let out = command.env("LD_LIBRARY_PATH", libraries).env("ARCHC_CACHE", &cache).output().unwrap();
        assert_eq!(status(&out), 0, "{}", stderr(&out));
        let mut files: Vec<String> = fs::read_dir(folder.join("src"))
            .unwrap()
            .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
            .collect();
        files.sort();
        files
    };
    let whole = build("whole", &nvrtc, &[]);
    let cubins = ["100", "120", "80", "86", "89", "90"].map(|a| format!("lenet5.sm_{a}.cubin"));
    let named = |names: &[&str]| names.iter().map(|&n| n.to_owned()).collect::<Vec<_>>();
    assert_eq!(
        whole,
        [named(&["lenet5.cu", "lenet5.ptx", "lenet5.rs"]), cubins.to_vec(), named(&["lib.rs"])].concat()
    );
    let ptx = fs::read_to_string(home.path().join("whole/src/lenet5.ptx")).unwrap();
    assert!(ptx.contains(".version 7.0\n.target sm_80\n"), "drivers of CUDA 11 know its version");
    let runtime = home.path().join("whole/runtime");
    let plain = build("plain", &nothing, &["--runtime", runtime.to_str().unwrap()]);
    assert_eq!(plain, ["lenet5.cu", "lenet5.rs", "lib.rs"]);

    let program = program(home.path());
    let mock = home.path().join("mock");
    fs::create_dir(&mock).unwrap();
    std::os::unix::fs::symlink(archc_mock_cuda::library().unwrap(), mock.join("libcuda.so.1")).unwrap();
    let run = |which: &str, libraries: &[&Path], variables: &[(&str, &str)]| -> Output {
        let libraries = std::env::join_paths(libraries).unwrap();
        let mut command = Command::new(&program);
        command.arg(which).env("LD_LIBRARY_PATH", libraries).env("ARCHC_CACHE", home.path().join("kernels"));
        command.envs(variables.iter().copied()).output().unwrap()
    };

    let fails = |out: &Output, kind: &str, words: &[&str]| {
        assert_eq!((status(out), stdout(out).trim()), (1, kind), "{}", stderr(out));
        for word in words {
            assert!(stderr(out).contains(word), "{word} is missing in {}", stderr(out));
        }
        assert!(!stderr(out).contains("panicked"), "{}", stderr(out));
    };
    fails(&run("whole", &[&nothing], &[]), "no library", &["libcuda.so.1", "install the driver"]);
    let none = run("whole", &[&mock, &nothing], &[("ARCHC_MOCK_CUDA_DEVICES", "0")]);
    fails(&none, "no device", &["CUDA_ERROR_NO_DEVICE", "nvidia-smi"]);
    let old = run("whole", &[&mock, &nothing], &[("ARCHC_MOCK_CUDA_VERSION", "11080")]);
    fails(&old, "too old", &["CUDA 11.8", "CUDA 12.0"]);
    let old = run("whole", &[&mock, &nothing], &[("ARCHC_MOCK_CUDA_CAPABILITY", "7.5")]);
    fails(&old, "too old", &["archc mock device", "7.5", "8.0"]);
    fails(&run("plain", &[&mock, &nothing], &[]), "no kernels", &["LeNet5", "the source", "libnvrtc.so.12"]);

    let expected = expected();
    for (which, libraries) in [("whole", [&*mock, &nothing]), ("plain", [&*mock, &nvrtc])] {
        let out = run(which, &libraries, &[]);
        assert_eq!(status(&out), 0, "{which}: {}", stderr(&out));
        let found: Vec<f64> = stdout(&out).lines().map(|line| line.parse().unwrap()).collect();
        let largest = expected.iter().fold(0.0, |most: f64, x| most.max(x.abs()));
        assert_eq!(found.len(), expected.len());
        for (found, right) in found.iter().zip(&expected) {
            assert!((found - right).abs() <= 1e-4 * largest, "{which}: {found} should be {right}");
        }
    }
}

/// A folder whose files hide the libraries of CUDA that the machine may have: they are none.
fn without_cuda(folder: &Path) -> PathBuf {
    fs::create_dir(folder).unwrap();
    for name in ["cuda", "nvrtc"] {
        for end in ["", ".1", ".9", ".10", ".11", ".12"] {
            fs::write(folder.join(format!("lib{name}.so{end}")), "").unwrap();
        }
    }
    folder.to_owned()
}

/// Builds the program, as a user's Cargo does: without the variables of the one that runs this test, and without the network.
fn program(home: &Path) -> PathBuf {
    let folder = home.join("program");
    fs::create_dir_all(folder.join("src")).unwrap();
    fs::write(folder.join("src/main.rs"), MAIN).unwrap();
    fs::write(
        folder.join("Cargo.toml"),
        "[package]\nname = \"on-a-gpu\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n[dependencies]\n\
         whole = { path = \"../whole\" }\nplain = { path = \"../plain\" }\n\
         archc-runtime = { path = \"../whole/runtime\", default-features = false }\n\n[workspace]\n",
    )
    .unwrap();
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("installed");
    let mut cargo = Command::new(env!("CARGO"));
    for (name, _) in std::env::vars_os() {
        let name = name.to_string_lossy().into_owned();
        if name != "CARGO_HOME" && (name.starts_with("CARGO") || name.starts_with("ARCHC_")) {
            cargo.env_remove(name);
        }
    }
    cargo.args(["build", "--quiet", "--offline", "--target-dir"]).arg(&target).current_dir(&folder);
    let out = cargo.output().unwrap();
    assert!(out.status.success(), "{}", stderr(&out));
    assert_eq!(stderr(&out), "", "generated code compiles without a warning");
    target.join("debug/on-a-gpu")
}

/// What the interpreter computes.
fn expected() -> Vec<f64> {
    let (mut sources, mut diagnostics) = (SourceMap::default(), Diagnostics::default());
    let path = root().join("archs/lenet5.arch");
    let request = Request::new(path.to_str().unwrap());
    let compiled = compile(&request, &mut archc_build::Disk::default(), &mut sources, &mut diagnostics);
    let graph = compiled.expect("a right network").graph;
    let weights = archc_weights::seeded::store(&graph, "cuda");
    let image: Vec<f64> = (0..784).map(|i| f64::from(i % 17) / 16.0).collect();
    archc_interpreter::run(&graph, &weights, &image).unwrap().remove(0).data
}
