//! From a program to kernels on a device: machine code for exactly its architecture, else PTX, which the driver compiles,
//! else the source, which a local NVRTC does.

use super::device::Device;
use super::error::{Attempt, CudaError, Refusal};
use super::nvrtc::{Nvrtc, Target};
use super::program::Program;
use super::{cache, ptx};
use cudarc::driver::{CudaFunction, DriverError};
use cudarc::nvrtc::Ptx;
use std::fmt;

/// In which form kernels were taken, or refused.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Origin {
    /// Machine code in the program, for this architecture.
    Cubin(u32),
    /// PTX in the program.
    Ptx,
    /// The source, compiled here: `sm_80`, or `compute_80` for PTX.
    Nvrtc {
        /// What for; nothing where there is no NVRTC.
        target: Option<Target>,
        /// Whether an earlier run had compiled it.
        is_kept: bool,
    },
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Origin::Cubin(architecture) => write!(f, "machine code for sm_{architecture}"),
            Origin::Ptx => f.write_str("PTX"),
            Origin::Nvrtc { target: None, .. } => f.write_str("the source"),
            Origin::Nvrtc { target: Some(target), is_kept } => {
                let earlier = if *is_kept { " earlier" } else { "" };
                write!(f, "the source, compiled{earlier} for {target}")
            }
        }
    }
}

/// The kernels of a program, in its order.
#[derive(Debug)]
pub(super) struct Kernels {
    pub(super) functions: Vec<CudaFunction>,
    pub(super) origin: Origin,
}

/// Loads the kernels in the first form that the driver takes.
pub(super) fn load(device: &Device, program: &Program) -> Result<Kernels, CudaError> {
    let mut attempts = Vec::new();
    let mut attempt = |origin: Origin, image: Ptx| match functions(device, program, image) {
        Ok(functions) => Some(Kernels { functions, origin }),
        Err(reason) => {
            attempts.push(Attempt { origin, reason });
            None
        }
    };
    let architecture = device.architecture();
    if let Some((_, cubin)) = program.cubins.iter().find(|(of, _)| *of == architecture)
        && let Some(kernels) = attempt(Origin::Cubin(architecture), Ptx::from_binary(cubin.to_vec()))
    {
        return Ok(kernels);
    }
    if let Some(text) = program.ptx
        && let Some(kernels) = attempt(Origin::Ptx, Ptx::from_src(text))
    {
        return Ok(kernels);
    }
    match Nvrtc::find() {
        None => attempts.push(Attempt {
            origin: Origin::Nvrtc { target: None, is_kept: false },
            reason: "there is no NVRTC here (libnvrtc.so.12, of CUDA 12) that compiles it; install it, or build the network \
                     with `archc build` where it is, so that the compiled kernels are part of the program"
                .to_owned(),
        }),
        // Machine code of a newer NVRTC than the driver's is taken; of an older one than the device, it does not exist.
        Some(nvrtc) => {
            for target in [Target::Cubin(architecture), Target::Ptx(80)] {
                if let Some(kernels) = compiled(device, program, nvrtc, target, &mut attempts) {
                    return Ok(kernels);
                }
            }
        }
    }
    Err(CudaError::Kernels { network: program.network.name.to_owned(), attempts })
}

/// Kernels of the source, compiled by an earlier run or now.
fn compiled(
    device: &Device,
    program: &Program,
    nvrtc: Nvrtc,
    target: Target,
    attempts: &mut Vec<Attempt>,
) -> Option<Kernels> {
    let folder = cache::folder();
    let name = cache::name(program.source, &nvrtc.settings(target));
    let origin = |is_kept| Origin::Nvrtc { target: Some(target), is_kept };
    if let Some(bytes) = folder.as_deref().and_then(|folder| cache::get(folder, &name)) {
        match functions(device, program, image(bytes, target)) {
            Ok(functions) => return Some(Kernels { functions, origin: origin(true) }),
            Err(reason) => attempts.push(Attempt { origin: origin(true), reason }),
        }
    }
    let loaded = nvrtc.compile(program.source, program.file, target).and_then(|bytes| {
        let functions = functions(device, program, image(bytes.clone(), target))?;
        // Only what the driver takes is worth its place.
        if let Some(folder) = &folder {
            cache::put(folder, &name, &bytes);
        }
        Ok(functions)
    });
    match loaded {
        Ok(functions) => Some(Kernels { functions, origin: origin(false) }),
        Err(reason) => {
            attempts.push(Attempt { origin: origin(false), reason });
            None
        }
    }
}

fn image(bytes: Vec<u8>, target: Target) -> Ptx {
    match target {
        Target::Cubin(_) => Ptx::from_binary(bytes),
        Target::Ptx(_) => Ptx::from_src(ptx::with_least_version(&String::from_utf8_lossy(&bytes))),
    }
}

/// All kernels of a module; an error says what the driver does not take.
fn functions(device: &Device, program: &Program, image: Ptx) -> Result<Vec<CudaFunction>, String> {
    let text = |error: DriverError| Refusal::from(error).to_string();
    let module = device.context.load_module(image).map_err(text)?;
    let function = |name: &&str| module.load_function(name).map_err(|e| format!("{name}: {}", text(e)));
    program.kernels.iter().map(function).collect()
}
