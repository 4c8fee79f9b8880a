//! Compiles CUDA C in tests, without CUDA: NVRTC is fetched by the project's own set-up (`scripts/nvrtc.sh`), and what it
//! made of a source is kept under `target/nvrtc`, by a hash of the source and all that matters besides.

mod report;

pub use report::{Resources, resources};

use std::ffi::CString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use cudarc::nvrtc::result::{self, NvrtcError};
use cudarc::nvrtc::sys;
use sha2::{Digest, Sha256};

/// Why there is nothing compiled.
#[derive(Debug)]
pub enum Error {
    /// NVRTC is not there and could not be fetched.
    Setup(String),
    /// NVRTC did not take the source: its log.
    Compile(String),
}

impl std::error::Error for Error {}

impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Setup(what) => write!(f, "no NVRTC: {what}"),
            Self::Compile(log) => write!(f, "NVRTC: {log}"),
        }
    }
}

/// What a source is compiled to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Output {
    /// PTX for a virtual architecture, such as `compute_80`.
    Ptx,
    /// Machine code for a real one, such as `sm_80`.
    Cubin,
    /// What the assembler says of that machine code, as text: see [`resources`].
    Report,
}

/// The PTX of a source for `compute_80`, with the lines of the source in it.
///
/// # Errors
/// See [`compile`].
pub fn ptx(source: &str) -> Result<String, Error> {
    let bytes = compile(source, "compute_80", &["-lineinfo"], Output::Ptx)?;
    Ok(String::from_utf8_lossy(&bytes).trim_end_matches('\0').to_owned())
}

/// Compiles a source for an architecture, or takes what a compilation before has left.
///
/// # Errors
/// NVRTC could not be fetched, or does not take the source.
pub fn compile(source: &str, architecture: &str, options: &[&str], output: Output) -> Result<Vec<u8>, Error> {
    let folder = library()?;
    let mut hash = Sha256::new();
    // The folder's name is that of NVRTC's version.
    let version = folder.file_name().unwrap_or_default().to_string_lossy();
    for part in [&*version, architecture, &options.join(" "), &format!("{output:?}"), source] {
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part.as_bytes());
    }
    let name: String = hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    let cache = folder.with_file_name("compiled");
    let path = cache.join(name);
    if let Ok(bytes) = fs::read(&path) {
        return Ok(bytes);
    }
    let bytes = compile_anew(source, architecture, options, output)?;
    let kept = fs::create_dir_all(&cache)
        .and_then(|()| tempfile::NamedTempFile::new_in(&cache))
        .and_then(|file| fs::write(file.path(), &bytes).map(|()| file))
        .and_then(|file| file.persist(&path).map_err(Into::into));
    kept.map_err(|e| Error::Setup(format!("{} cannot be written: {e}", path.display())))?;
    Ok(bytes)
}

fn compile_anew(
    source: &str,
    architecture: &str,
    options: &[&str],
    output: Output,
) -> Result<Vec<u8>, Error> {
    let nvrtc = |e: NvrtcError| Error::Compile(format!("{e:?}"));
    let source = CString::new(source).map_err(|_| Error::Compile("a zero byte in the source".to_owned()))?;
    // The program may refer to source and name until it is destroyed.
    let program = result::create_program(&source, Some(c"kernel.cu")).map_err(nvrtc)?;
    let architecture = format!("--gpu-architecture={architecture}");
    let options: Vec<&str> = [architecture.as_str(), "-default-device", "--std=c++17"]
        .into_iter()
        .chain(options.iter().copied())
        .chain((output == Output::Report).then_some("--ptxas-options=-v"))
        .collect();
    // Safety: the program was made above, and is destroyed below and not used after it.
    #[expect(unsafe_code, reason = "calls of a C library")]
    unsafe {
        let compiled = result::compile_program(program, &options).map_err(|error| {
            let log = result::get_program_log(program).unwrap_or_default();
            Error::Compile(format!("{error:?}\n{}", String::from_utf8_lossy(&until_zero(&log))))
        });
        let bytes = compiled.and_then(|()| match output {
            Output::Ptx => Ok(result::get_ptx(program).map_err(nvrtc)?.iter().map(|&c| c as u8).collect()),
            Output::Cubin => {
                let mut size = 0;
                sys::nvrtcGetCUBINSize(program, &mut size).result().map_err(nvrtc)?;
                let mut bytes = vec![0_u8; size];
                sys::nvrtcGetCUBIN(program, bytes.as_mut_ptr().cast()).result().map_err(nvrtc)?;
                Ok(bytes)
            }
            Output::Report => Ok(until_zero(&result::get_program_log(program).map_err(nvrtc)?)),
        });
        let _ = result::destroy_program(program);
        bytes
    }
}

/// The bytes of a text of C.
fn until_zero(text: &[std::ffi::c_char]) -> Vec<u8> {
    text.iter().map(|&c| c as u8).take_while(|&c| c != 0).collect()
}

/// The folder of NVRTC, which is fetched and loaded on the first call.
///
/// # Errors
/// What the set-up says.
pub fn library() -> Result<PathBuf, Error> {
    static FOLDER: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    FOLDER.get_or_init(load).clone().map_err(Error::Setup)
}

fn load() -> Result<PathBuf, String> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scripts/nvrtc.sh");
    let output = Command::new(&script).output().map_err(|e| format!("{}: {e}", script.display()))?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).trim().to_owned());
    }
    let folder = PathBuf::from(String::from_utf8_lossy(&output.stdout).trim());
    // Once it is loaded, cudarc finds it by its name, wherever it lies.
    // Safety: NVIDIA's library does nothing when it is loaded but prepare itself.
    #[expect(unsafe_code, reason = "a C library is loaded")]
    let library = unsafe { libloading::Library::new(folder.join("libnvrtc.so.12")) };
    std::mem::forget(library.map_err(|e| e.to_string())?);
    Ok(folder)
}
