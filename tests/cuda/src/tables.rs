//! The tables of a generated module for CUDA, made at run time, with PTX beside them. They are leaked, as the runtime wants
//! them to live as long as the program.

use crate::planned;
use archc_core::cuda::{self, THREADS};
use archc_core::ir::Graph;
use archc_core::lir::Number;
use archc_lowered::Executable;
use archc_random_graphs::weights;
use archc_runtime::cuda::{Argument, Grid, Launch, Program};

/// A program for the runtime, and the network's packed weights as the bytes of their file.
#[derive(Clone, Debug)]
pub struct Tables {
    /// Its only compiled form is PTX.
    pub program: Program,
    /// With the graph's weights.
    pub packed: Vec<u8>,
}

/// The tables of a graph that is computed with such numbers.
pub fn tables(graph: &Graph, number: Number) -> Result<Tables, String> {
    let (program, plan) = planned(graph, number)?;
    let weights = weights(graph);
    let executable = Executable::new(&program, &plan, &weights).map_err(|e| e.to_string())?;
    let module = cuda::module(&program, &plan);
    let ptx = archc_nvrtc::ptx(&module.source).map_err(|e| e.to_string())?;
    let argument = |argument: &cuda::Argument| match *argument {
        cuda::Argument::Arena(at) => Argument::Arena(at),
        cuda::Argument::Weights(at) => Argument::Weights(at),
        cuda::Argument::Matrix(at) => Argument::Matrix(at),
        cuda::Argument::Workspace => Argument::Workspace,
    };
    let launch = |launch: &cuda::Launch| {
        let cuda::Grid { items, of_block, others } = launch.grid;
        let arguments = launch.arguments.iter().map(argument).collect::<Vec<_>>().leak();
        Launch { kernel: launch.kernel, grid: Grid { items, of_block, others }, arguments }
    };
    let kernels = module.kernels.iter().map(|name| &*name.clone().leak()).collect::<Vec<&'static str>>();
    let launches = module.launches.iter().map(launch).collect::<Vec<_>>();
    let program = Program {
        network: executable.model().network(),
        source: module.source.clone().leak(),
        file: "network.cu",
        kernels: kernels.leak(),
        threads: THREADS,
        cubins: &[],
        ptx: Some(ptx.leak()),
        launches: launches.leak(),
        matrices: module.matrices.clone().leak(),
        matrices_size: module.matrices_size,
        workspace_size: module.workspace_size,
    };
    Ok(Tables { program, packed: executable.model().to_packed_bytes() })
}
