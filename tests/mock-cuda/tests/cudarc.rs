//! The unmodified cudarc on the mock driver: CUDA C through NVRTC, launches, replayed graphs, errors.

use std::sync::Arc;

use cudarc::driver::{
    CudaContext, CudaFunction, CudaStream, LaunchConfig, PinnedHostSlice, PushKernelArg, sys,
};
use cudarc::nvrtc::Ptx;

const SOURCE: &str = r#"
extern "C" __global__ void add(const float* x, const float* y, float* z, int n) {
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < n) z[i] = x[i] + y[i];
}
extern "C" __global__ void twice(float* x, int n) {
    extern __shared__ float s[];
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    s[threadIdx.x] = i < n ? x[i] : 0.0f;
    __syncthreads();
    if (i < n) x[i] = 2.0f * s[threadIdx.x];
}
"#;

fn context() -> Arc<CudaContext> {
    archc_nvrtc::library().unwrap();
    archc_mock_cuda::load().unwrap();
    let context = CudaContext::new(0).unwrap();
    // Safety: there is one stream.
    #[expect(unsafe_code, reason = "cudarc asks for it")]
    unsafe {
        context.disable_event_tracking();
    }
    context
}

fn functions(context: &Arc<CudaContext>) -> (CudaFunction, CudaFunction) {
    let ptx = archc_nvrtc::ptx(SOURCE).unwrap();
    let module = context.load_module(Ptx::from_src(ptx)).unwrap();
    (module.load_function("add").unwrap(), module.load_function("twice").unwrap())
}

fn config(shared_mem_bytes: u32) -> LaunchConfig {
    LaunchConfig { grid_dim: (4, 1, 1), block_dim: (256, 1, 1), shared_mem_bytes }
}

fn add(stream: &Arc<CudaStream>, add: &CudaFunction, x: &[f32], y: &[f32]) -> Vec<f32> {
    let (x, y) = (stream.clone_htod(x).unwrap(), stream.clone_htod(y).unwrap());
    let n = x.len() as i32;
    let mut z = stream.alloc_zeros::<f32>(x.len()).unwrap();
    // Safety: the arguments are those of the kernel.
    #[expect(unsafe_code, reason = "a launch")]
    unsafe {
        stream.launch_builder(add).arg(&x).arg(&y).arg(&mut z).arg(&n).launch(config(0)).unwrap();
    }
    stream.clone_dtoh(&z).unwrap()
}

#[test]
fn launches_run_at_once() {
    let context = context();
    assert_eq!(context.name().unwrap(), "archc mock device");
    assert_eq!(context.compute_capability().unwrap(), (8, 0));
    let stream = context.new_stream().unwrap();
    let (kernel, _) = functions(&context);
    let x: Vec<f32> = (0..1000).map(|i| i as f32).collect();
    let y: Vec<f32> = x.iter().map(|x| x * 0.5).collect();
    let expected: Vec<f32> = x.iter().map(|x| x * 1.5).collect();
    assert_eq!(add(&stream, &kernel, &x, &y), expected);
    stream.synchronize().unwrap();
}

#[test]
fn graphs_run_as_often_as_they_are_launched() {
    let context = context();
    let stream = context.new_stream().unwrap();
    let (_, kernel) = functions(&context);
    let mut pinned = {
        // Safety: all of it is written below.
        #[expect(unsafe_code, reason = "memory as it comes")]
        unsafe {
            context.alloc_pinned::<f32>(1000).unwrap()
        }
    };
    pinned.as_mut_slice().unwrap().fill(1.5);
    let mut x = stream.clone_htod(&vec![0.0_f32; 1000]).unwrap();
    stream.memcpy_htod(&pinned, &mut x).unwrap();
    stream.begin_capture(sys::CUstreamCaptureMode::CU_STREAM_CAPTURE_MODE_THREAD_LOCAL).unwrap();
    // Safety: the arguments are those of the kernel.
    #[expect(unsafe_code, reason = "a launch")]
    unsafe {
        stream.launch_builder(&kernel).arg(&mut x).arg(&1000_i32).launch(config(1024)).unwrap();
    }
    let graph = stream.end_capture(sys::CUgraphInstantiate_flags(0)).unwrap().unwrap();
    assert_eq!(stream.clone_dtoh(&x).unwrap(), vec![1.5; 1000], "a captured launch has not run");
    graph.upload().unwrap();
    let begin = stream.record_event(Some(sys::CUevent_flags::CU_EVENT_DEFAULT)).unwrap();
    for _ in 0..3 {
        graph.launch().unwrap();
    }
    let end = stream.record_event(Some(sys::CUevent_flags::CU_EVENT_DEFAULT)).unwrap();
    stream.synchronize().unwrap();
    assert!(begin.elapsed_ms(&end).unwrap() > 0.0);
    assert_eq!(stream.clone_dtoh(&x).unwrap(), vec![12.0; 1000]);
}

/// Page-locked memory for numbers.
fn pinned(context: &Arc<CudaContext>, length: usize) -> PinnedHostSlice<f32> {
    // Safety: it is written below, before it is read.
    #[expect(unsafe_code, reason = "memory as it comes")]
    let mut pinned = unsafe { context.alloc_pinned_with_flags(length, 0).unwrap() };
    pinned.as_mut_slice().unwrap().fill(0.0);
    pinned
}

#[test]
fn graphs_copy_what_the_host_has_when_they_are_launched() {
    let context = context();
    let stream = context.new_stream().unwrap();
    let (_, kernel) = functions(&context);
    let (mut input, mut output) = (pinned(&context, 1000), pinned(&context, 1000));
    let mut x = stream.alloc_zeros::<f32>(1000).unwrap();
    let mut copy = stream.alloc_zeros::<f32>(1000).unwrap();
    stream.begin_capture(sys::CUstreamCaptureMode::CU_STREAM_CAPTURE_MODE_THREAD_LOCAL).unwrap();
    stream.memset_zeros(&mut x).unwrap();
    stream.memcpy_htod(&input, &mut x).unwrap();
    // Safety: the arguments are those of the kernel.
    #[expect(unsafe_code, reason = "a launch")]
    unsafe {
        stream.launch_builder(&kernel).arg(&mut x).arg(&1000_i32).launch(config(1024)).unwrap();
    }
    stream.memcpy_dtod(&x, &mut copy).unwrap();
    stream.memcpy_dtoh(&copy, &mut output).unwrap();
    let graph = stream.end_capture(sys::CUgraphInstantiate_flags(0)).unwrap().unwrap();
    for run in 1..4 {
        input.as_mut_slice().unwrap().fill(run as f32);
        graph.launch().unwrap();
        stream.synchronize().unwrap();
        assert_eq!(output.as_slice().unwrap(), vec![2.0 * run as f32; 1000]);
    }
}

#[test]
fn what_is_wrong_has_the_code_of_a_driver() {
    let context = context();
    let code = |error: cudarc::driver::DriverError| error.0;
    let cubin = archc_nvrtc::compile(SOURCE, "sm_80", &[], archc_nvrtc::Output::Cubin).unwrap();
    let refused = context.load_module(Ptx::from_binary(cubin)).map(drop).map_err(code);
    assert_eq!(refused, Err(sys::CUresult::CUDA_ERROR_NO_BINARY_FOR_GPU));
    let ptx = archc_nvrtc::ptx(SOURCE).unwrap();
    let newer = ptx.replace(".version 8.8", ".version 9.0");
    let refused = context.load_module(Ptx::from_src(newer)).map(drop).map_err(code);
    assert_eq!(refused, Err(sys::CUresult::CUDA_ERROR_UNSUPPORTED_PTX_VERSION));
    let unknown = ptx.replace("add.f32", "addd.f32");
    let refused = context.load_module(Ptx::from_src(unknown)).map(drop).map_err(code);
    assert_eq!(refused, Err(sys::CUresult::CUDA_ERROR_INVALID_PTX));
    let module = context.load_module(Ptx::from_src(ptx)).unwrap();
    let missing = module.load_function("subtract").map(drop).map_err(code);
    assert_eq!(missing, Err(sys::CUresult::CUDA_ERROR_NOT_FOUND));
    // More shared memory than is there without asking.
    let stream = context.new_stream().unwrap();
    let twice = module.load_function("twice").unwrap();
    let mut x = stream.clone_htod(&[1.0_f32; 1000]).unwrap();
    let mut launch = |shared| {
        // Safety: the arguments are those of the kernel.
        #[expect(unsafe_code, reason = "a launch")]
        unsafe {
            stream
                .launch_builder(&twice)
                .arg(&mut x)
                .arg(&1000_i32)
                .launch(config(shared))
                .map(drop)
                .map_err(code)
        }
    };
    assert_eq!(launch(50 * 1024), Err(sys::CUresult::CUDA_ERROR_INVALID_VALUE));
    let more = sys::CUfunction_attribute::CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES;
    twice.set_attribute(more, 50 * 1024).unwrap();
    assert_eq!(launch(50 * 1024), Ok(()));
    // That is the kernel's, however often it is asked for.
    let again = module.load_function("twice").unwrap();
    assert_eq!(again.get_attribute(more).unwrap(), 50 * 1024);
}
