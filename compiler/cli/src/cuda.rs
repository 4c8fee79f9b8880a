//! A network's module for a GPU, with the files beside it: the source of its kernels, and what NVRTC makes of it where there is
//! one.

use crate::diagnostics;
use crate::error::Error;
use crate::network::Network;
use crate::progress::Progress;
use archc_core::backend::cuda::{Forms, cubin_file, ptx_file, source_file};
use archc_core::backend::rust::{Beside, Module};
use archc_core::diagnostic::Diagnostics;
use archc_core::lir::Number;
use archc_core::source::SourceMap;
use archc_runtime::cuda::nvrtc::{Nvrtc, Target};
use archc_runtime::cuda::ptx;

/// The architectures that machine code is stored for: A100, RTX 30, RTX 40, H100, B200, RTX 50.
const ARCHITECTURES: [u32; 6] = [80, 86, 89, 90, 100, 120];
/// The compute capability of the PTX, from which the driver makes code for all others.
const CAPABILITY: u32 = 80;

/// The module of a network that computes with such numbers.
pub(crate) fn module(network: &Network, number: Number, json: bool) -> Result<Module, Error> {
    let compiled = network.compile(json)?;
    let mut found = Diagnostics::default();
    let on_gpu = compiled.for_cuda(number, &mut found);
    diagnostics::print(&SourceMap::default(), &found, json);
    let on_gpu = on_gpu.ok_or(Error::Reported)?;
    let (name, source) = (network.module_name(), &on_gpu.module.source);
    let (forms, mut beside) = match Nvrtc::find() {
        Some(nvrtc) => {
            let _progress = Progress::start(format!("Compiling the kernels of {name}"));
            compile(nvrtc, source, &name)?
        }
        None => (Forms::default(), Vec::new()),
    };
    beside.insert(0, Beside { name: source_file(&name), bytes: source.clone().into_bytes() });
    let text = compiled.rust_for_cuda(&on_gpu, &name, &forms).map_err(|e| Error::new(e.to_string()))?;
    Ok(Module { name, text, beside })
}

/// All forms of a source that this NVRTC knows, as files.
fn compile(nvrtc: Nvrtc, source: &str, name: &str) -> Result<(Forms, Vec<Beside>), Error> {
    let cubins: Vec<u32> = ARCHITECTURES.into_iter().filter(|&a| nvrtc.supports(a)).collect();
    let targets = std::iter::once(Target::Ptx(CAPABILITY)).chain(cubins.iter().map(|&a| Target::Cubin(a)));
    let file = source_file(name);
    let made: Vec<_> = std::thread::scope(|scope| {
        let one = |target| {
            let file = &file;
            (target, scope.spawn(move || nvrtc.compile_or_keep(source, file, target)))
        };
        let all: Vec<_> = targets.map(one).collect();
        all.into_iter().map(|(target, thread)| (target, thread.join())).collect()
    });
    let mut beside = Vec::new();
    for (target, bytes) in made {
        let bytes = bytes.unwrap_or_else(|_| Err("a thread panicked".to_owned()));
        let bytes = bytes.map_err(|log| {
            Error::with_help(
                format!("NVRTC does not compile {file} for {target}: {log}"),
                "this is a mistake in archc, not in the network; please report it with the .arch file",
            )
        })?;
        beside.push(match target {
            Target::Ptx(_) => {
                let text = ptx::with_least_version(&String::from_utf8_lossy(&bytes));
                Beside { name: ptx_file(name), bytes: text.into_bytes() }
            }
            Target::Cubin(architecture) => Beside { name: cubin_file(name, architecture), bytes },
        });
    }
    Ok((Forms { cubins, ptx: true }, beside))
}
