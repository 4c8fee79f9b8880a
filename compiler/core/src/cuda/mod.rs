//! The CUDA backend's kernels: CUDA C for exactly the steps of a program, and how it is launched.
//!
//! A program for CUDA comes from the same lowering as one for the CPU, with layouts of its own ([`crate::lir::Target`]).
//! Each step becomes a launch of a kernel whose text is that of its family (`bodies/`, a file each) behind the step's
//! shapes and attributes as constants (`step`): nothing is divided by numbers that the compiler of CUDA C does not know.
//! Kernels need no header. Steps that are alike share one.

mod activation;
mod constants;
pub mod predict;
pub mod print;
mod step;
mod tensor;

use crate::lir::{Number, Program, StepId};
use crate::plan::Plan;
use archc_runtime::weights::matrix::Matrix;
use constants::Constants;
use std::collections::HashMap;
use std::fmt::Write as _;

/// Threads of a block, of every kernel.
pub const THREADS: u32 = 256;

/// CUDA C for a program, and its launches.
#[derive(Clone, Debug, PartialEq)]
pub struct Module {
    /// All kernels, in the order of their first launch.
    pub source: String,
    /// Their names.
    pub kernels: Vec<String>,
    /// One for each step, in order.
    pub launches: Vec<Launch>,
    /// Packed weights that are made into matrices once, when they are loaded, and where each starts, in bytes.
    pub matrices: Vec<(usize, Matrix)>,
    /// Bytes of all matrices.
    pub matrices_size: usize,
    /// Bytes of memory that launches, one after the other, use for what blocks of one tell each other: zeros before the first, and
    /// each leaves its counters at zero. For any number of images.
    pub workspace_size: usize,
}

/// A launch of a kernel, in blocks of [`THREADS`] threads without dynamic shared memory. Its parameters are pointers and
/// then the number of images as an `int`.
#[derive(Clone, Debug, PartialEq)]
pub struct Launch {
    /// Which of [`Module::kernels`].
    pub kernel: usize,
    /// Blocks for a number of images.
    pub grid: Grid,
    /// The pointers, in order.
    pub arguments: Vec<Argument>,
    /// The step that it computes.
    pub step: StepId,
}

/// How many blocks a launch has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Grid {
    /// What blocks share along x, of each image: numbers, pixels, ...
    pub items: usize,
    /// How many of them one block computes, which may be of several images.
    pub of_block: usize,
    /// Blocks along y and z, for any number of images.
    pub others: [u32; 2],
}

impl Grid {
    /// The blocks along x, y and z for so many images.
    pub fn of(&self, images: usize) -> [usize; 3] {
        let [y, z] = self.others;
        [(self.items * images).div_ceil(self.of_block), y as usize, z as usize]
    }
}

/// Where a pointer leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Argument {
    /// To a buffer in the arena, by its address for one image; `n` images multiply it by `n`.
    Arena(usize),
    /// To packed weights.
    Weights(usize),
    /// To a matrix, in bytes from the start of all.
    Matrix(usize),
    /// To the workspace.
    Workspace,
}

/// Writes the kernels of a program for CUDA that is planned.
pub fn module(program: &Program, plan: &Plan) -> Module {
    let mut module = Module {
        source: head(program),
        kernels: Vec::new(),
        launches: Vec::new(),
        matrices: Vec::new(),
        matrices_size: 0,
        workspace_size: 0,
    };
    let mut known: HashMap<String, usize> = HashMap::new();
    for (index, step) in program.steps.iter().enumerate() {
        let written = step::write(program, plan, step);
        let kernel = *known.entry(written.text.clone()).or_insert_with(|| {
            let name = format!("{}_{}", written.family, module.kernels.len());
            let text = written.text.replace(NAME, &name);
            let _ = write!(module.source, "\n// {}\n{text}", step.comment);
            module.kernels.push(name);
            module.kernels.len() - 1
        });
        let Written { grid, mut arguments, matrix, workspace, .. } = written;
        module.workspace_size = module.workspace_size.max(workspace);
        if let Some(matrix) = matrix {
            for argument in &mut arguments {
                if let Argument::Matrix(at) = argument {
                    *at = module.matrices_size;
                }
            }
            module.matrices.push((module.matrices_size, matrix));
            module.matrices_size += matrix.size().next_multiple_of(MATRIX_ALIGNMENT);
        }
        module.launches.push(Launch { kernel, grid, arguments, step: StepId(index as u32) });
    }
    module
}

/// Where matrices start, in bytes: as CUDA's allocations do.
const MATRIX_ALIGNMENT: usize = 256;

/// Stands for a kernel's name until it has one.
const NAME: &str = "$NAME";

/// The code of a file in `bodies`, behind what it says of itself.
fn code(file: &str) -> &str {
    file.split_once("//---\n").map_or(file, |(_, code)| code)
}

/// What a step becomes.
struct Written {
    /// The kernel's family, with which its name begins.
    family: &'static str,
    /// The kernel, the same for all steps that are alike; without its name.
    text: String,
    grid: Grid,
    arguments: Vec<Argument>,
    /// What it multiplies by; its place in the arguments is not known yet.
    matrix: Option<Matrix>,
    /// Bytes of the workspace that it needs.
    workspace: usize,
}

impl Written {
    /// A kernel of a family: its constants, and then its body.
    fn new(
        family: &'static str,
        constants: &Constants,
        body: &str,
        parameters: &str,
        grid: Grid,
        arguments: Vec<Argument>,
    ) -> Written {
        // Where the assembler aims at more than two blocks on a processor these spill; others do where it is told to aim at two.
        let blocks = if family == tensor::FAMILY { ", 2" } else { "" };
        let text = format!(
            "extern \"C\" __global__ void __launch_bounds__({THREADS}{blocks})\n{NAME}({parameters}, int images) {{\n{constants}{body}}}\n"
        );
        Written { family, text, grid, arguments, matrix: None, workspace: 0 }
    }
}

/// What all kernels share: numbers from memory and back.
fn head(program: &Program) -> String {
    let number = program.target.number();
    let products = include_str!("bodies/mma_halves.cu").replace("$TYPE", number.name());
    let conversions = match number {
        Number::F32 => String::new(),
        Number::Tf32 => include_str!("bodies/mma_tf32.cu").to_owned(),
        Number::Bf16 => include_str!("bodies/bf16.cu").to_owned() + &products,
        Number::F16 => include_str!("bodies/f16.cu").to_owned() + &products,
    };
    format!(
        "// {}, generated by archc {}. Do not edit: change the .arch file and build again.\n{}{conversions}",
        program.name,
        env!("CARGO_PKG_VERSION"),
        include_str!("bodies/f32.cu"),
    )
}
