//! A CUDA driver for tests without a GPU: a `libcuda.so.1` that runs kernels on the PTX interpreter.
//!
//! A program that loads its driver, such as one with `cudarc`, runs on it unmodified. [`load`] puts it into the process
//! before that; where the program is another process, a link named `libcuda.so.1` to [`library`] in a folder of
//! `LD_LIBRARY_PATH` does.
//!
//! Everything happens at once and in order: a launch returns when the kernel has ended. Inside a capture it is recorded,
//! and runs when the graph is launched. What the interpreter finds wrong is told on standard error, and becomes the CUDA
//! error that is nearest; like those of CUDA it stays until the end of the process. PTX is taken if its version and target
//! are not above those that the device claims; a cubin is refused as one for another architecture is, so that
//! programs go on to PTX.
//!
//! | variable | what |
//! | --- | --- |
//! | `ARCHC_MOCK_CUDA_LOG` | a file to which faults are appended, too |
//! | `ARCHC_MOCK_CUDA_TRACE` | a file to which a line a launch is appended: kernel, grid, block, counts |
//! | `ARCHC_MOCK_CUDA_SEED` | the seed of the order of blocks and warps, else 0 |
//! | `ARCHC_MOCK_CUDA_NAN` | `1`: a NaN that comes out of numbers is a fault |
//! | `ARCHC_MOCK_CUDA_DEVICES` | how many devices there are, 0 or 1, else 1 |
//! | `ARCHC_MOCK_CUDA_CAPABILITY` | the compute capability, else `8.0` |
//! | `ARCHC_MOCK_CUDA_VERSION` | the driver's version, else `12090` |

mod code;
mod driver;
mod entry;
mod settings;

use std::path::PathBuf;

/// Where cargo has put the library, beside the test that runs.
///
/// # Errors
/// It is not there.
pub fn library() -> Result<PathBuf, String> {
    let program = std::env::current_exe().map_err(|e| e.to_string())?;
    let folders = program.ancestors().skip(1).take(2);
    let mut candidates = folders
        .flat_map(|folder| [folder.join("libarchc_mock_cuda.so"), folder.join("deps/libarchc_mock_cuda.so")]);
    candidates
        .find(|path| path.exists())
        .ok_or_else(|| format!("no libarchc_mock_cuda.so near {}", program.display()))
}

/// Loads the driver into this process, for whatever asks for `libcuda.so` from then on.
///
/// # Errors
/// The library is not there or cannot be loaded.
#[expect(unsafe_code, reason = "a library is loaded")]
pub fn load() -> Result<(), String> {
    let path = library()?;
    // Safety: it is this crate, which does nothing when it is loaded.
    let library = unsafe { libloading::Library::new(&path) };
    std::mem::forget(library.map_err(|e| format!("{}: {e}", path.display()))?);
    Ok(())
}
