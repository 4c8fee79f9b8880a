//! What each kernel takes of a processor, as NVRTC's assembler says.

use crate::{Error, Output, compile};

/// What a kernel takes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Resources {
    /// Its name.
    pub kernel: String,
    /// Registers of a thread.
    pub registers: usize,
    /// Bytes of shared memory of a block whose size the compiler knows.
    pub shared: usize,
    /// Bytes of a thread's stack, which lies in global memory: arrays that are not registers.
    pub stack: usize,
    /// Bytes that a thread writes to its stack and reads from it, since there are too few registers.
    pub spilled: usize,
}

/// What the kernels of a source take on an architecture such as `sm_80`, in the order of their names.
///
/// # Errors
/// See [`compile`]; and a report of a form that is not known.
pub fn resources(source: &str, architecture: &str) -> Result<Vec<Resources>, Error> {
    let report = compile(source, architecture, &[], Output::Report)?;
    let report = String::from_utf8_lossy(&report);
    parse(&report).ok_or_else(|| Error::Compile(format!("a report that is not understood:\n{report}")))
}

/// Reads a report. A kernel has three lines:
///
/// ```text
/// ptxas info    : Compiling entry function 'conv_0' for 'sm_80'
///     0 bytes stack frame, 0 bytes spill stores, 0 bytes spill loads
/// ptxas info    : Used 40 registers, used 1 barriers, 8704 bytes smem, 400 bytes cmem[0]
/// ```
fn parse(report: &str) -> Option<Vec<Resources>> {
    let mut found: Vec<Resources> = Vec::new();
    for line in report.lines() {
        if let Some((_, rest)) = line.split_once("Compiling entry function '") {
            let kernel = rest.split_once('\'')?.0.to_owned();
            found.push(Resources { kernel, ..Resources::default() });
        } else if line.contains(" bytes stack frame") {
            let kernel = found.last_mut()?;
            kernel.stack = before(line, " bytes stack frame")?;
            kernel.spilled = before(line, " bytes spill stores")? + before(line, " bytes spill loads")?;
        } else if line.contains(": Used ") {
            let kernel = found.last_mut()?;
            kernel.registers = before(line, " registers")?;
            // Kernels without shared memory do not speak of it.
            kernel.shared = before(line, " bytes smem").unwrap_or(0);
        }
    }
    found.sort_by(|a, b| a.kernel.cmp(&b.kernel));
    let is_whole = !found.is_empty() && found.iter().all(|kernel| kernel.registers > 0);
    is_whole.then_some(found)
}

/// The number before some words.
fn before(line: &str, words: &str) -> Option<usize> {
    line.split_once(words)?.0.rsplit(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}
