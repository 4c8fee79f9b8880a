//! NVRTC, NVIDIA's compiler of CUDA C as a library: it is used where it is found, and needs neither driver nor GPU.

use super::cache;
use cudarc::nvrtc::result::{self, NvrtcError};
use cudarc::nvrtc::sys;
use std::ffi::CString;
use std::fmt;

/// What every source is compiled with.
const OPTIONS: [&str; 2] = ["-default-device", "--std=c++17"];

/// What a source is compiled to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// PTX for a compute capability and all that are newer: 80.
    Ptx(u32),
    /// Machine code for one architecture: 86.
    Cubin(u32),
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Target::Ptx(capability) => write!(f, "compute_{capability}"),
            Target::Cubin(architecture) => write!(f, "sm_{architecture}"),
        }
    }
}

/// The library, found and loaded.
#[derive(Clone, Copy, Debug)]
pub struct Nvrtc {
    version: (u32, u32),
}

impl Nvrtc {
    /// Looks for it: `libnvrtc.so.12`, and what else it is called, wherever the system looks for libraries.
    pub fn find() -> Option<Nvrtc> {
        // Safety: it loads the library if there is one, which does nothing by that.
        if !unsafe { sys::is_culib_present() } {
            return None;
        }
        let (mut major, mut minor) = (0, 0);
        // Safety: the pointers are to numbers.
        unsafe { sys::nvrtcVersion(&raw mut major, &raw mut minor) }.result().ok()?;
        // Older ones lack functions that are called, and cudarc panics where one is missing.
        (major >= 12).then_some(Nvrtc { version: (major.unsigned_abs(), minor.unsigned_abs()) })
    }

    /// Its version, which is that of CUDA.
    pub fn version(&self) -> (u32, u32) {
        self.version
    }

    /// All that decides what a source becomes, besides the source.
    pub(super) fn settings(&self, target: Target) -> String {
        format!("{} {} {}.{}", OPTIONS.join(" "), target, self.version.0, self.version.1)
    }

    /// Whether it compiles for an architecture: 120 for `sm_120`.
    pub fn supports(&self, architecture: u32) -> bool {
        let mut count = 0;
        // Safety: the pointer is to a number.
        if unsafe { sys::nvrtcGetNumSupportedArchs(&raw mut count) }.result().is_err() {
            return false;
        }
        let mut all = vec![0_i32; count.max(0) as usize];
        // Safety: there is room for as many numbers as were announced.
        let found = unsafe { sys::nvrtcGetSupportedArchs(all.as_mut_ptr()) }.result();
        found.is_ok() && all.iter().any(|&one| one.unsigned_abs() == architecture)
    }

    /// Like [`Nvrtc::compile`], or what an earlier call has left in the user's folder of caches.
    pub fn compile_or_keep(&self, source: &str, file: &str, target: Target) -> Result<Vec<u8>, String> {
        let (folder, name) = (cache::folder(), cache::name(source, &self.settings(target)));
        if let Some(bytes) = folder.as_deref().and_then(|folder| cache::get(folder, &name)) {
            return Ok(bytes);
        }
        let bytes = self.compile(source, file, target)?;
        if let Some(folder) = &folder {
            cache::put(folder, &name, &bytes);
        }
        Ok(bytes)
    }

    /// Compiles a source, which is called `file` in messages. An error holds the log, and the line that it is about.
    pub fn compile(&self, source: &str, file: &str, target: Target) -> Result<Vec<u8>, String> {
        let failed = |error: NvrtcError| format!("NVRTC says {error}");
        let text = CString::new(source).map_err(|_| "a zero byte in the source".to_owned())?;
        let name = CString::new(file).map_err(|_| "a zero byte in the file's name".to_owned())?;
        // The program may refer to text and name until it is destroyed.
        let program = result::create_program(&text, Some(&name)).map_err(failed)?;
        let architecture = format!("--gpu-architecture={target}");
        let options: Vec<&str> = std::iter::once(architecture.as_str()).chain(OPTIONS).collect();
        // Safety: the program was made above, and is destroyed below and not used after it.
        unsafe {
            let compiled = result::compile_program(program, &options).map_err(|error| {
                let log = result::get_program_log(program).unwrap_or_default();
                let log: Vec<u8> = log.iter().map(|&c| c as u8).take_while(|&c| c != 0).collect();
                with_lines(&format!("{error}\n{}", String::from_utf8_lossy(&log)), source, file)
            });
            let bytes = compiled.and_then(|()| match target {
                Target::Ptx(_) => {
                    let text = result::get_ptx(program).map_err(failed)?;
                    Ok(text.iter().map(|&c| c as u8).take_while(|&c| c != 0).collect())
                }
                Target::Cubin(_) => cubin(program).map_err(failed),
            });
            // What it made is here already.
            let _ = result::destroy_program(program);
            bytes
        }
    }
}

/// # Safety
/// The program was compiled for an architecture and is not destroyed.
unsafe fn cubin(program: sys::nvrtcProgram) -> Result<Vec<u8>, NvrtcError> {
    let mut size = 0;
    // Safety: as of this function; the pointer is to a number.
    unsafe { sys::nvrtcGetCUBINSize(program, &raw mut size) }.result()?;
    let mut bytes = vec![0_u8; size];
    // Safety: as of this function; there is room for so many bytes.
    unsafe { sys::nvrtcGetCUBIN(program, bytes.as_mut_ptr().cast()) }.result()?;
    Ok(bytes)
}

/// A log in which the source's own line follows each that names one, as in `lenet5.cu(12): error: ...`.
fn with_lines(log: &str, source: &str, file: &str) -> String {
    let mut out = String::new();
    for line in log.lines().filter(|line| !line.trim().is_empty()) {
        let number = line.strip_prefix(file).and_then(|rest| rest.strip_prefix('('));
        let number = number.and_then(|rest| rest.split_once(')')?.0.parse::<usize>().ok());
        out.push_str(line.trim_end());
        out.push('\n');
        if let Some(text) = number.and_then(|n| source.lines().nth(n.checked_sub(1)?)) {
            out.push_str(&format!("    | {}\n", text.trim()));
        }
    }
    out.truncate(out.trim_end().len());
    out
}

#[cfg(test)]
mod tests {
    use super::with_lines;

    #[test]
    fn a_log_shows_the_lines_that_it_names() {
        let log =
            "NVRTC_ERROR_COMPILATION\na.cu(2): error: identifier \"q\" is undefined\n\n1 error detected\n";
        let expected = "NVRTC_ERROR_COMPILATION\na.cu(2): error: identifier \"q\" is undefined\n    | q = 1;\n1 error detected";
        assert_eq!(with_lines(log, "first\n  q = 1;\n", "a.cu"), expected);
        assert_eq!(with_lines("a.cu(9): error", "first", "a.cu"), "a.cu(9): error");
        assert_eq!(with_lines("a.cu(0): error", "first", "a.cu"), "a.cu(0): error");
    }
}
