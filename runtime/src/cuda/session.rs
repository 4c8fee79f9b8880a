//! Sessions: the memory of an inference on a device, and the graph of its launches.

use super::error::CudaError;
use super::model::Model;
use super::pinned::Pinned;
use super::program::{Argument, Launch};
use crate::spec::Output;
use cudarc::driver::sys::{CUgraphInstantiate_flags, CUstreamCaptureMode};
use cudarc::driver::{CudaGraph, CudaSlice, CudaStream, DevicePtr, LaunchConfig, PushKernelArg};
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

/// The arena of a model on a GPU for a batch of images. Several sessions of a device run side by side, each on a stream of
/// its own.
///
/// Unlike the CPU's, making and running one may fail: the GPU's memory is shared with other programs, and a GPU can stop
/// or vanish at any time. A graph whose launch failed once is no use any more, and says so each time.
#[derive(Debug)]
pub struct Session {
    // Before what it refers to.
    graph: Option<Graph>,
    model: Model,
    stream: Arc<CudaStream>,
    arena: CudaSlice<f32>,
    workspace: CudaSlice<u8>,
    input: Pinned,
    /// Of each output of the network, and behind them of the logits where there are any.
    outputs: Vec<Pinned>,
    batch: usize,
}

/// A graph that is used by one thread at a time.
struct Graph(CudaGraph);

// Safety: the driver wants calls for a graph not to be concurrent; the session that owns it calls from `&mut self` only.
unsafe impl Send for Graph {}
// Safety: a shared reference to it is of no use, as above.
unsafe impl Sync for Graph {}

impl fmt::Debug for Graph {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Graph")
    }
}

/// Whether kernels can count the numbers of an arena of so many f32 numbers in an `int`: twice as many where they are halves, and
/// the threads of the last block go on behind them.
fn can_be_counted(size: usize) -> bool {
    const BEHIND: usize = 1024;
    size.checked_mul(2)
        .and_then(|halves| halves.checked_add(BEHIND))
        .is_some_and(|n| i32::try_from(n).is_ok())
}

impl Session {
    pub(super) fn new(model: Model, batch: usize) -> Result<Session, CudaError> {
        assert!(batch > 0, "a batch holds at least one image");
        let network = model.network();
        let context = &model.shared.device.context;
        let size = network.arena_size.checked_mul(batch).filter(|&size| can_be_counted(size));
        let size = size.ok_or(CudaError::Batch { images: batch })?;
        let doing = || format!("allocating {} bytes on the GPU for {batch} images", size * size_of::<f32>());
        let stream = context.new_stream().map_err(CudaError::doing(doing()))?;
        // Safety: kernels read what the input's copy and kernels before them have written.
        let arena = unsafe { stream.alloc::<f32>(size) }.map_err(CudaError::doing(doing()))?;
        // The driver gives no memory of no bytes.
        let workspace = stream.alloc_zeros::<u8>(model.shared.program.workspace_size.max(1));
        let workspace = workspace.map_err(CudaError::doing(doing()))?;
        let numbers = |value: &Output| value.view.height * value.view.width * value.view.channels * batch;
        let input = Pinned::zeroed(context, numbers(&network.input))?;
        let outputs = network.outputs.iter().chain(&network.logits);
        let outputs =
            outputs.map(|value| Pinned::zeroed(context, numbers(value))).collect::<Result<_, _>>()?;
        let mut session = Session { graph: None, model, stream, arena, workspace, input, outputs, batch };
        if std::env::var_os("ARCHC_CUDA_GRAPH").is_none_or(|value| value != "0") {
            session.graph = Some(session.capture()?);
        }
        Ok(session)
    }

    /// Records a run.
    fn capture(&mut self) -> Result<Graph, CudaError> {
        let mode = CUstreamCaptureMode::CU_STREAM_CAPTURE_MODE_THREAD_LOCAL;
        self.stream.begin_capture(mode).map_err(CudaError::doing("recording the launches"))?;
        let submitted = self.submit(false);
        // The stream must not stay in its recording, whatever happened.
        let graph = self.stream.end_capture(CUgraphInstantiate_flags(0));
        submitted?;
        let graph = graph.map_err(CudaError::doing("making a graph of the launches"))?;
        let graph = graph.ok_or_else(|| CudaError::Driver {
            doing: "making a graph of the launches".to_owned(),
            refusal: super::Refusal { name: "none".to_owned(), text: "the graph is empty".to_owned() },
        })?;
        graph.upload().map_err(CudaError::doing("copying the graph of the launches to the GPU"))?;
        Ok(Graph(graph))
    }

    /// Puts a run into the stream: the input's copy, each launch, the copies of the outputs. `waits` for each, so that an
    /// error is that of the launch that it names.
    fn submit(&mut self, waits: bool) -> Result<(), CudaError> {
        let Session { model, stream, arena, workspace, input, outputs, batch, .. } = self;
        let network = model.network();
        let done = |stream: &CudaStream, doing: &str| match waits {
            true => stream.synchronize().map_err(CudaError::doing(doing)),
            false => Ok(()),
        };
        let range = range(&network.input, *batch);
        let doing = "copying the input to the GPU";
        // As a slice, which is copied without events; as the memory is locked, nothing waits for it.
        stream.memcpy_htod(&**input, &mut arena.slice_mut(range)).map_err(CudaError::doing(doing))?;
        done(stream, doing)?;
        for launch in model.shared.program.launches {
            let doing = format!("launching {}", model.shared.program.kernels[launch.kernel]);
            submit_launch(model, stream, arena, workspace, *batch, launch, &doing)?;
            done(stream, &doing)?;
        }
        for (value, output) in network.outputs.iter().chain(&network.logits).zip(outputs) {
            let doing = format!("copying the output {} from the GPU", value.name);
            let from = arena.slice(self::range(value, *batch));
            stream.memcpy_dtoh(&from, &mut **output).map_err(CudaError::doing(&doing))?;
            done(stream, &doing)?;
        }
        Ok(())
    }

    /// The model.
    pub fn model(&self) -> &Model {
        &self.model
    }

    /// Images of an inference.
    pub fn batch(&self) -> usize {
        self.batch
    }

    /// The images, each rows, columns, channels. [`Session::run`] leaves them as they are.
    pub fn input_mut(&mut self) -> &mut [f32] {
        &mut self.input
    }

    /// Computes the outputs from the inputs, and waits for them.
    ///
    /// An error is the driver's. A graph does not tell which kernel it comes from: with the environment variable
    /// `ARCHC_CUDA_GRAPH=0` the kernels are launched one by one, and it does.
    pub fn run(&mut self) -> Result<(), CudaError> {
        let Some(Graph(graph)) = &self.graph else { return self.submit(true) };
        let name = self.model.network().name;
        let doing = || format!("running {name} (ARCHC_CUDA_GRAPH=0 tells which kernel)");
        graph.launch().map_err(|error| CudaError::doing(doing())(error))?;
        self.stream.synchronize().map_err(|error| CudaError::doing(doing())(error))
    }

    /// What the last [`Session::run`] computed: an output by its place in the text, image by image.
    ///
    /// Panics where the network has fewer outputs.
    pub fn output(&self, index: usize) -> &[f32] {
        &self.outputs[..self.model.network().outputs.len()][index]
    }

    /// What the final softmax received.
    ///
    /// Panics where the network does not end in one.
    pub fn logits(&self) -> &[f32] {
        self.outputs.get(self.model.network().outputs.len()).expect("the network does not end in a softmax")
    }
}

fn submit_launch(
    model: &Model,
    stream: &Arc<CudaStream>,
    arena: &CudaSlice<f32>,
    workspace: &CudaSlice<u8>,
    batch: usize,
    launch: &Launch,
    doing: &str,
) -> Result<(), CudaError> {
    let shared = &model.shared;
    let too_many = CudaError::Batch { images: batch };
    let (Some(grid), Ok(images)) = (launch.grid.of(batch), i32::try_from(batch)) else {
        return Err(too_many);
    };
    let pointers: Vec<u64> = launch
        .arguments
        .iter()
        .map(|argument| match *argument {
            Argument::Arena(offset) => address(stream, arena, offset * batch),
            Argument::Weights(offset) => address(stream, &shared.weights, offset),
            Argument::Matrix(offset) => address(stream, &shared.matrices, offset),
            Argument::Workspace => address(stream, workspace, 0),
        })
        .collect();
    let config =
        LaunchConfig { grid_dim: grid, block_dim: (shared.program.threads, 1, 1), shared_mem_bytes: 0 };
    let mut builder = stream.launch_builder(&shared.kernels.functions[launch.kernel]);
    for pointer in &pointers {
        builder.arg(pointer);
    }
    builder.arg(&images);
    // Safety: the compiler wrote the kernel and this launch from one step of a plan that it verified: the pointers are those
    // that the kernel takes, and lead to values that lie wholly inside of arena and weights.
    unsafe { builder.launch(config) }.map_err(CudaError::doing(doing))?;
    Ok(())
}

/// The address of an element.
fn address<T>(stream: &CudaStream, memory: &CudaSlice<T>, element: usize) -> u64 {
    assert!(element < memory.len(), "a launch's argument lies outside of its memory");
    memory.device_ptr(stream).0 + (element * size_of::<T>()) as u64
}

fn range(value: &Output, batch: usize) -> Range<usize> {
    let start = value.offset * batch;
    start..start + value.view.height * value.view.width * value.view.channels * batch
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_of_a_large_batch_are_counted() {
        assert!(can_be_counted(1 << 29));
        // As many halves as an `int` holds, and then threads behind them.
        assert!(!can_be_counted((1 << 30) - 1));
        assert!(!can_be_counted(1 << 30));
        assert!(!can_be_counted(usize::MAX));
    }
}
