//! A network as a program: its generated module and a small `main`, built once and kept by the hash of its contents.

use crate::cache;
use crate::error::Error;
use crate::progress::Progress;
use crate::runtime_source;
use archc_core::compile::Compiled;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use tempfile::TempDir;

/// The program's `main`; it works with any network.
const MAIN: &str = include_str!("program.rs.in");

/// That of a network that was compiled with taps.
const MAIN_OF_TAPS: &str = include_str!("taps.rs.in");

/// A built network.
#[derive(Debug)]
pub(crate) struct Runner {
    program: PathBuf,
    name: String,
}

impl Runner {
    /// Builds the network's program, unless it was built before.
    pub(crate) fn build(compiled: &Compiled) -> Result<Runner, Error> {
        let root = cache::root()?;
        let module = compiled.rust()?;
        let main = if compiled.program.taps.is_empty() { MAIN } else { MAIN_OF_TAPS };
        let runtime = cache::hash(runtime_source::FILES.iter().flat_map(|(name, text)| [*name, *text]));
        let hash = cache::hash([module.as_str(), main, &runtime, runtime_source::LOCK]);
        let program = root.join("programs").join(format!("{hash}{}", std::env::consts::EXE_SUFFIX));
        let name = compiled.graph.name.clone();
        if program.exists() {
            return Ok(Runner { program, name });
        }
        cache::ensure(&root.join("runtimes").join(&runtime), runtime_source::FILES.iter().copied())?;
        let package = format!("archc-{hash}");
        let manifest = format!(
            "[package]\nname = {package:?}\nversion = \"0.0.0\"\nedition = \"2024\"\n\n\
             [dependencies]\narchc-runtime = {{ path = \"../../runtimes/{runtime}\", features = [\"roofline\"] }}\n\n[workspace]\n"
        );
        let folder = root.join("networks").join(&hash);
        let files = [
            ("Cargo.toml", manifest.as_str()),
            ("Cargo.lock", runtime_source::LOCK),
            ("src/main.rs", main),
            ("src/network.rs", &module),
        ];
        cache::ensure(&folder, files)?;
        let target = root.join("target");
        let progress = Progress::start(format!("Building {name} (once; kept in {})", root.display()));
        let built = cargo_build(&folder, &target)?;
        drop(progress);
        keep(&built, &program)?;
        Ok(Runner { program, name })
    }

    /// Where it is.
    pub(crate) fn program(&self) -> &Path {
        &self.program
    }

    /// The first output, of `size` numbers, for each input, in the network's own order.
    pub(crate) fn infer(
        &self,
        weights: &str,
        inputs: &[Vec<f32>],
        size: usize,
    ) -> Result<Vec<Vec<f32>>, Error> {
        self.compute("infer", weights, inputs, size)
    }

    /// What the final softmax receives, in the same way.
    pub(crate) fn logits(
        &self,
        weights: &str,
        inputs: &[Vec<f32>],
        size: usize,
    ) -> Result<Vec<Vec<f32>>, Error> {
        self.compute("logits", weights, inputs, size)
    }

    fn compute(
        &self,
        what: &str,
        weights: &str,
        inputs: &[Vec<f32>],
        size: usize,
    ) -> Result<Vec<Vec<f32>>, Error> {
        let (_folder, path) = to_file(inputs.iter().flatten())?;
        let out = self.call(&[Path::new(what), Path::new(weights), &path])?;
        let numbers = numbers(&out);
        if numbers.len() != inputs.len() * size {
            return Err(Error::new(format!("the program of {} gave {} numbers", self.name, numbers.len())));
        }
        Ok(numbers.chunks(size.max(1)).map(<[f32]>::to_vec).collect())
    }

    /// Runs a network that was compiled with taps, and shows each of them, of these sizes, to `observer` with its place.
    pub(crate) fn taps(
        &self,
        weights: &str,
        input: &[f32],
        sizes: &[usize],
        observer: &mut dyn FnMut(usize, Vec<f32>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let failed = |e: std::io::Error| Error::new(format!("the program of {}: {e}", self.name));
        let (folder, path) = to_file(input)?;
        // A pipe would fill up where nobody reads it.
        let said = folder.path().join("said");
        let errors = std::fs::File::create(&said).map_err(failed)?;
        let mut command = Command::new(&self.program);
        command.arg(weights).arg(&path).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(errors);
        let mut child = command.spawn().map_err(failed)?;
        let mut out = child.stdout.take();
        let mut result = Ok(());
        for (index, size) in sizes.iter().enumerate() {
            let mut bytes = vec![0; size * size_of::<f32>()];
            // Where it ends early, its status says why.
            let Some(Ok(())) = out.as_mut().map(|out| out.read_exact(&mut bytes)) else { break };
            result = observer(index, numbers(&bytes));
            if result.is_err() {
                break;
            }
        }
        drop(out);
        let status = child.wait().map_err(failed)?;
        result?;
        let words = std::fs::read_to_string(&said).unwrap_or_default();
        if status.success() { Ok(()) } else { Err(self.explain(status, &words)) }
    }

    /// One line of JSON: what was measured. No threads stand for all cores.
    pub(crate) fn bench(&self, batch: u16, threads: u16, seconds: f64) -> Result<String, Error> {
        self.measure("bench", batch, threads, seconds)
    }

    /// The same with the time of each step, and what the machine can do.
    pub(crate) fn profile(&self, batch: u16, threads: u16, seconds: f64) -> Result<String, Error> {
        self.measure("profile", batch, threads, seconds)
    }

    fn measure(&self, what: &str, batch: u16, threads: u16, seconds: f64) -> Result<String, Error> {
        let numbers = [batch.to_string(), threads.to_string(), seconds.to_string()];
        let [batch, threads, seconds] = numbers.each_ref().map(Path::new);
        let out = self.call(&[Path::new(what), batch, threads, seconds])?;
        String::from_utf8(out)
            .map_err(|e| Error::new(format!("the program of {} printed no text: {e}", self.name)))
    }

    fn call(&self, arguments: &[&Path]) -> Result<Vec<u8>, Error> {
        let failed = |e: String| Error::new(format!("the program of {}: {e}", self.name));
        let out = Command::new(&self.program)
            .args(arguments)
            .stdin(Stdio::null())
            .output()
            .map_err(|e| failed(format!("it does not start: {e}")))?;
        if out.status.success() {
            return Ok(out.stdout);
        }
        Err(self.explain(out.status, &String::from_utf8_lossy(&out.stderr)))
    }

    /// Why the program failed, by its status and what it said.
    fn explain(&self, status: ExitStatus, words: &str) -> Error {
        let words = words.trim();
        match status.code() {
            Some(1) => Error::new(words.to_owned()),
            _ => Error::new(format!("the program of {}: {status}\n{words}", self.name)),
        }
    }
}

/// Numbers in a file of their own, which goes with its folder.
fn to_file<'a>(numbers: impl IntoIterator<Item = &'a f32>) -> Result<(TempDir, PathBuf), Error> {
    let folder = tempfile::tempdir().map_err(|e| Error::new(format!("no temporary folder: {e}")))?;
    let path = folder.path().join("numbers");
    let bytes: Vec<u8> = numbers.into_iter().flat_map(|x| x.to_le_bytes()).collect();
    std::fs::write(&path, bytes).map_err(|e| Error::new(format!("cannot write {}: {e}", path.display())))?;
    Ok((folder, path))
}

fn numbers(bytes: &[u8]) -> Vec<f32> {
    bytes.as_chunks::<4>().0.iter().map(|&b| f32::from_le_bytes(b)).collect()
}

/// Runs Cargo, quietly, and gives the path of the program. What Cargo says is shown where it fails.
fn cargo_build(folder: &Path, target: &Path) -> Result<PathBuf, Error> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let run = |offline: bool| {
        let mut command = Command::new(&cargo);
        command.args(["build", "--release", "--quiet", "--message-format=json-render-diagnostics"]);
        command.arg("--manifest-path").arg(folder.join("Cargo.toml")).arg("--target-dir").arg(target);
        if offline {
            command.arg("--offline");
        }
        command.stdin(Stdio::null()).output().map_err(|e| {
            let missing = e.kind() == std::io::ErrorKind::NotFound;
            let help =
                if missing { "install Rust; archc compiles networks with it" } else { "see the message" };
            Error::with_help(format!("cannot run {}: {e}", cargo.display()), help)
        })
    };
    // Without the network first: what the runtime needs is usually there, and then it takes no time.
    let mut out = run(true)?;
    if !out.status.success() {
        out = run(false)?;
    }
    // The user's own configuration of Cargo may put the program elsewhere; Cargo says where.
    let messages = String::from_utf8_lossy(&out.stdout);
    let executable = |line: &str| {
        let message: serde_json::Value = serde_json::from_str(line).ok()?;
        Some(PathBuf::from(message.get("executable")?.as_str()?))
    };
    match messages.lines().find_map(executable) {
        Some(program) if out.status.success() => Ok(program),
        _ => Err(Error::with_help(
            format!(
                "Cargo cannot build {}:\n{}",
                folder.display(),
                String::from_utf8_lossy(&out.stderr).trim()
            ),
            "this is a mistake in archc, unless Cargo says what it lacks; please report it with the .arch file",
        )),
    }
}

/// Moves a built program to where it stays; a reader sees it whole or not at all.
fn keep(built: &Path, program: &Path) -> Result<(), Error> {
    let failed = |e: std::io::Error| Error::new(format!("cannot keep {}: {e}", program.display()));
    let parent = program.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(parent).map_err(failed)?;
    let temporary = cache::temporary(parent).map_err(failed)?;
    let copy = temporary.path().join("program");
    std::fs::copy(built, &copy).map_err(failed)?;
    std::fs::rename(&copy, program).map_err(failed)
}
