//! Runs the CUDA kernels of a graph on the PTX interpreter: NVRTC's own text, launch by launch, as a GPU would get it.

pub mod kernels;
mod tables;

use archc_core::cuda::{Argument, THREADS, module};
use archc_core::ir::{Graph, NodeId};
use archc_core::lir::verify::verify_program;
use archc_core::lir::{Number, Program, ValueId};
use archc_core::lower::lower_for_cuda;
use archc_core::plan::verify::verify_plan;
use archc_core::plan::{Plan, plan};
use archc_interpreter::{Value, run as interpret, run_rounded};
use archc_lowered::harness::close;
use archc_lowered::{Executable, Weights};
use archc_ptx::{Counts, Device, Module, Options, Parameters};
use archc_random_graphs::{image, weights};
use archc_runtime::weights::matrix;

pub use tables::{Tables, tables};

/// A graph lowered for CUDA and planned, both checked.
pub fn planned(graph: &Graph, number: Number) -> Result<(Program, Plan), String> {
    let program = lower_for_cuda(graph, number);
    let text =
        |lines: Vec<String>| format!("{}\n{}", lines.join("\n"), archc_core::lir::print::print(&program));
    verify_program(&program).map_err(|e| text(e.iter().map(ToString::to_string).collect()))?;
    let plan = plan(&program);
    verify_plan(&program, &plan).map_err(text)?;
    Ok((program, plan))
}

/// Compares what a graph's kernels compute with the interpreter of graphs, for one image and for two. The blocks of launches
/// run in an order of the seed's.
pub fn check(graph: &Graph, seed: u64) -> Result<(), String> {
    let first: Vec<f32> = image(graph).iter().map(|&x| x as f32).collect();
    compare(graph, Number::F32, &weights(graph), &first, seed, &str::to_owned)
}

/// The same in numbers that units for products of matrices take. Weights and the image are rounded so that they are such
/// numbers: where a convolution's inputs are too, it is as exact as in f32.
pub fn check_rounded(graph: &Graph, number: Number, seed: u64) -> Result<(), String> {
    check_changed(graph, number, seed, &str::to_owned)
}

/// The same of kernels whose source was changed: what is wrong with it must be found.
pub fn check_changed(
    graph: &Graph,
    number: Number,
    seed: u64,
    change: &dyn Fn(&str) -> String,
) -> Result<(), String> {
    let mut weights = weights(graph);
    weights.values_mut().flat_map(|(_, data)| data).for_each(|x| *x = rounded(*x, number));
    let first: Vec<f32> = image(graph).iter().map(|&x| (x as f32 * 64.0).round() / 64.0).collect();
    compare(graph, number, &weights, &first, seed, change)
}

/// How far a network's last values in front of a softmax are off, over the largest of them: as its kernels compute them in a
/// type, and as the interpreter of graphs does with every kernel and every value inside of the network rounded to it.
pub fn errors(graph: &Graph, number: Number, seed: u64) -> Result<[f64; 2], String> {
    let weights = weights(graph);
    let first: Vec<f32> = image(graph).iter().map(|&x| x as f32).collect();
    let (program, plan) = planned(graph, number)?;
    let executable = Executable::new(&program, &plan, &weights).map_err(|e| e.to_string())?;
    let found = Gpu::new(&program, &plan, executable.weights())?.run(&first, seed)?.logits;
    let wanted = graph.inputs(graph.outputs[0].node)[0];
    let image: Vec<f64> = first.iter().map(|&x| f64::from(x)).collect();
    let received = |weights: &Weights, number: Number| -> Result<Vec<f64>, String> {
        let mut kept = Vec::new();
        let mut change = |id: NodeId, value: &mut Value| {
            if id == wanted {
                kept.clone_from(&value.data);
            } else if graph.input() != Some(id) && number != Number::F32 {
                value.data.iter_mut().for_each(|x| *x = f64::from(rounded(*x as f32, number)));
            }
        };
        run_rounded(graph, weights, &image, &mut change).map_err(|e| e.to_string())?;
        Ok(kept)
    };
    let exact = received(&weights, Number::F32)?;
    let mut coarse = weights.clone();
    let kernels = coarse.values_mut().filter(|(shape, _)| shape.len() >= 2).flat_map(|(_, data)| data);
    kernels.for_each(|x| *x = rounded(*x, number));
    let found: Vec<f64> = found.iter().map(|&x| f64::from(x)).collect();
    let largest = exact.iter().fold(0.0_f64, |m, x| m.max(x.abs()));
    let error = |of: &[f64]| of.iter().zip(&exact).fold(0.0_f64, |m, (a, b)| m.max((a - b).abs())) / largest;
    Ok([error(&found), error(&received(&coarse, number)?)])
}

/// The nearest number of a type.
pub fn rounded(x: f32, number: Number) -> f32 {
    match number {
        Number::F32 => x,
        Number::Tf32 => matrix::tf32(x),
        Number::Bf16 => f32::from_bits(u32::from(matrix::bf16(x)) << 16),
        // Tests have no numbers beyond its range; below the normal ones its steps stay the same.
        Number::F16 => {
            let step = f32::from_bits((x.to_bits() & 0x7f80_0000).max(0x3880_0000)) / 1024.0;
            (x / step).round_ties_even() * step
        }
    }
}

fn compare(
    graph: &Graph,
    number: Number,
    weights: &Weights,
    first: &[f32],
    seed: u64,
    change: &dyn Fn(&str) -> String,
) -> Result<(), String> {
    let second: Vec<f32> = first.iter().rev().map(|x| 0.5 - x).collect();
    let expected = |image: &[f32]| -> Result<Vec<Vec<f64>>, String> {
        let image: Vec<f64> = image.iter().map(|&x| f64::from(x)).collect();
        let values = interpret(graph, weights, &image).map_err(|e| e.to_string())?;
        Ok(values.into_iter().map(|v| v.data).collect())
    };
    let (of_first, of_second) = (expected(first)?, expected(&second)?);
    let (program, plan) = planned(graph, number)?;
    let executable = Executable::new(&program, &plan, weights).map_err(|e| e.to_string())?;
    let gpu = Gpu::changed(&program, &plan, executable.weights(), change)?;
    close(&gpu.run(first, seed)?.outputs, &[&of_first])?;
    let both = [first, second.as_slice()].concat();
    close(&gpu.run(&both, seed + 1)?.outputs, &[&of_first, &of_second])
}

/// The source of a graph's kernels.
pub fn source(graph: &Graph, number: Number) -> String {
    let (program, plan) = planned(graph, number).expect("a graph that the verifier accepts");
    module(&program, &plan).source
}

/// What a run computed and did.
#[derive(Debug)]
pub struct Done {
    /// The outputs, image after image.
    pub outputs: Vec<Vec<f32>>,
    /// What the final softmax received; nothing where there is none.
    pub logits: Vec<f32>,
    /// What each launch did.
    pub counts: Vec<Counts>,
}

/// With this begins what is said of kernels that NVRTC does not take.
pub const NOT_COMPILED: &str = "not compiled: ";

/// A network's kernels with its weights.
pub struct Gpu<'a> {
    program: &'a Program,
    plan: &'a Plan,
    weights: &'a [f32],
    module: archc_core::cuda::Module,
    ptx: Module,
}

impl<'a> Gpu<'a> {
    /// Compiles the kernels of a planned program.
    pub fn new(program: &'a Program, plan: &'a Plan, weights: &'a [f32]) -> Result<Gpu<'a>, String> {
        Gpu::changed(program, plan, weights, &str::to_owned)
    }

    /// The same of kernels whose source was changed.
    fn changed(
        program: &'a Program,
        plan: &'a Plan,
        weights: &'a [f32],
        change: &dyn Fn(&str) -> String,
    ) -> Result<Gpu<'a>, String> {
        let mut module = module(program, plan);
        module.source = change(&module.source);
        let text = archc_nvrtc::ptx(&module.source)
            .map_err(|e| format!("{NOT_COMPILED}{e}\n{}", numbered(&module.source)))?;
        let ptx = Module::parse(&text).map_err(|e| e.to_string())?;
        Ok(Gpu { program, plan, weights, module, ptx })
    }

    /// Computes the outputs of as many images as there are, in memory that nothing has written before; and what each launch
    /// did.
    pub fn run(&self, input: &[f32], seed: u64) -> Result<Done, String> {
        let images = input.len() / self.program.values[self.program.input.index()].view.image_size();
        let mut device = Device::new();
        let weights = device.alloc_with(&bytes(self.weights));
        let workspace = device.alloc_with(&vec![0; self.module.workspace_size]);
        let matrices = device.alloc(self.module.matrices_size);
        for (at, matrix) in &self.module.matrices {
            device.write(matrices + *at as u64, &matrix.of(self.weights)).map_err(|e| e.to_string())?;
        }
        // A buffer each, so that nothing reads or writes beyond its own.
        let arena: Vec<(usize, u64)> = {
            let size = |i: usize| self.program.buffers[i].words() * images * size_of::<f32>();
            self.plan.buffers.iter().enumerate().map(|(i, &at)| (at, device.alloc(size(i)))).collect()
        };
        let address = |id: ValueId| arena[self.program.values[id.index()].buffer.index()].1;
        device.write(address(self.program.input), &bytes(input)).map_err(|e| e.to_string())?;
        let mut counts = Vec::new();
        // Twice where launches leave something to those behind them, as replays do, the second time over numbers that spoil
        // everything.
        let runs = if self.module.workspace_size > 0 { 2 } else { 1 };
        let launches = self.module.launches.iter().enumerate();
        for (index, launch) in launches.cycle().take(runs * self.module.launches.len()) {
            if index == 0 && !counts.is_empty() {
                for (_, address) in arena.iter().filter(|(_, a)| *a != address(self.program.input)) {
                    let size = device.allocated(*address).unwrap_or_default();
                    device.write(*address, &vec![0xff; size]).map_err(|e| e.to_string())?;
                }
            }
            let step = &self.program.steps[launch.step.index()];
            let mut places = step.inputs.iter().chain([&step.output]);
            let mut parameters = Parameters::new();
            for argument in &launch.arguments {
                parameters = parameters.pointer(match *argument {
                    Argument::Arena(at) => {
                        let id = places.next().ok_or("more pointers into the arena than values")?;
                        let buffer = self.program.values[id.index()].buffer.index();
                        assert_eq!(arena[buffer].0, at, "an argument is where its value lies");
                        arena[buffer].1
                    }
                    Argument::Weights(at) => weights + (at * size_of::<f32>()) as u64,
                    Argument::Matrix(at) => matrices + at as u64,
                    Argument::Workspace => workspace,
                });
            }
            let parameters = parameters.int(images as i32);
            let grid = launch.grid.of(images).map(|n| n as u32);
            let options = Options::seed(seed);
            let name = &self.module.kernels[launch.kernel];
            let done = device.launch(&self.ptx, name, grid, [THREADS, 1, 1], 0, &parameters, &options);
            counts.push(done.map_err(|fault| format!("{}: {fault}", step.comment))?);
        }
        let read = |id: ValueId| -> Result<Vec<f32>, String> {
            let size = self.program.values[id.index()].view.image_size() * images * size_of::<f32>();
            let bytes = device.read(address(id), size).map_err(|e| e.to_string())?;
            Ok(bytes.as_chunks().0.iter().map(|b| f32::from_le_bytes(*b)).collect())
        };
        let outputs = self.program.outputs.iter().map(|(_, id)| read(*id)).collect::<Result<_, _>>()?;
        let logits = self.program.logits.map(read).transpose()?.unwrap_or_default();
        Ok(Done { outputs, logits, counts })
    }
}

fn bytes(numbers: &[f32]) -> Vec<u8> {
    numbers.iter().flat_map(|x| x.to_le_bytes()).collect()
}

/// A source with numbers before its lines.
fn numbered(source: &str) -> String {
    source.lines().enumerate().map(|(i, line)| format!("{:4} {line}\n", i + 1)).collect()
}
