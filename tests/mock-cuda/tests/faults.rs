//! A kernel's fault ends in the driver's error, and its text in the log. Alone in its process, as the error stays.

use cudarc::driver::{CudaContext, LaunchConfig, PushKernelArg, sys};
use cudarc::nvrtc::Ptx;

const SOURCE: &str = r#"extern "C" __global__ void beyond(float* x) {
    x[threadIdx.x] = 1.0f;
}"#;

#[test]
fn a_fault_is_an_error_that_stays() {
    let file =
        |name: &str| std::env::temp_dir().join(format!("archc-mock-cuda-{}.{name}", std::process::id()));
    let (log, trace) = (file("log"), file("trace"));
    // Safety: this process has no other thread that looks at its environment.
    #[expect(unsafe_code, reason = "the driver reads its settings from the environment")]
    unsafe {
        std::env::set_var("ARCHC_MOCK_CUDA_LOG", &log);
        std::env::set_var("ARCHC_MOCK_CUDA_TRACE", &trace);
    }
    let ptx = archc_nvrtc::ptx(SOURCE).unwrap();
    archc_mock_cuda::load().unwrap();
    let context = CudaContext::new(0).unwrap();
    let stream = context.default_stream();
    let kernel = context.load_module(Ptx::from_src(ptx)).unwrap().load_function("beyond").unwrap();
    let mut x = stream.alloc_zeros::<f32>(40).unwrap();
    let mut launch = |threads| {
        let config = LaunchConfig { grid_dim: (1, 1, 1), block_dim: (threads, 1, 1), shared_mem_bytes: 0 };
        // Safety: the kernel's fault is what is tested, and the interpreter finds it before it does harm.
        #[expect(unsafe_code, reason = "a launch")]
        unsafe {
            stream.launch_builder(&kernel).arg(&mut x).launch(config).map(drop).map_err(|error| error.0)
        }
    };
    assert_eq!(launch(40), Ok(()));
    let illegal = sys::CUresult::CUDA_ERROR_ILLEGAL_ADDRESS;
    assert_eq!(launch(64), Err(illegal));
    assert_eq!(launch(40), Err(illegal), "it stays");
    assert_eq!(stream.synchronize().map_err(|error| error.0), Err(illegal));
    let text = std::fs::read_to_string(&log).unwrap();
    std::fs::remove_file(&log).unwrap();
    for part in
        ["beyond", "write of 4 bytes out of bounds of global memory", "kernel.cu:2", "thread (40, 0, 0)"]
    {
        assert!(text.contains(part), "{part} in\n{text}");
    }
    // One line, of the launch that went well.
    let line = std::fs::read_to_string(&trace).unwrap();
    std::fs::remove_file(&trace).unwrap();
    assert!(line.starts_with("beyond [1, 1, 1] [40, 1, 1] 1 blocks"), "{line}");
    assert!(line.contains("160 stored in 5;") && line.lines().count() == 1, "{line}");
    std::mem::forget(x);
}
