//! In which order the runtime takes the forms of kernels that there are, and what it says where it can take none. One test,
//! alone in its process, since it changes the environment.

use archc_core::lir::Number;
use archc_cuda_tests::tables;
use archc_lowered::harness::zoo;
use archc_random_graphs::image;
use archc_runtime::LoadError;
use archc_runtime::cuda::nvrtc::Target;
use archc_runtime::cuda::{CudaError, Model, Origin, Program};

#[test]
fn the_first_form_that_the_driver_takes_is_taken() {
    let cache = tempfile::tempdir().unwrap();
    set("ARCHC_CACHE", cache.path().to_str().unwrap());
    archc_mock_cuda::load().unwrap();
    let graph = zoo("lenet5", "LeNet5", &[]);
    let tables = tables(&graph, Number::F32).unwrap();
    let good = tables.program;
    let load = |program: Program| Model::from_packed_bytes(Box::leak(Box::new(program)), &tables.packed);
    let origin = |program| load(program).unwrap().origin().clone();

    // The mock driver takes no machine code, and PTX wherever it is given.
    let as_cubin: &[u8] = [good.ptx.unwrap().as_bytes(), b"\0"].concat().leak();
    let cubin: &[(u32, &[u8])] = &[(80, b"\x7fELF"), (90, b"\x7fELF")];
    let of_others: &[(u32, &[u8])] = &[(86, b"\x7fELF"), (90, b"\x7fELF")];
    assert_eq!(
        origin(Program { cubins: vec![(86, &b"\x7fELF"[..]), (80, as_cubin)].leak(), ..good }),
        Origin::Cubin(80)
    );
    assert_eq!(origin(Program { cubins: of_others, ..good }), Origin::Ptx);
    assert_eq!(origin(Program { cubins: cubin, ..good }), Origin::Ptx);
    let compiled = |is_kept| Origin::Nvrtc { target: Some(Target::Ptx(80)), is_kept };
    assert_eq!(origin(Program { ptx: None, ..good }), compiled(false));
    assert_eq!(std::fs::read_dir(cache.path().join("cuda")).unwrap().count(), 1, "what is taken is kept");
    let model = load(Program { cubins: cubin, ptx: Some("broken"), ..good }).unwrap();
    assert_eq!(model.origin(), &compiled(true));

    // One by one, the launches compute what the graph of them does.
    let image: Vec<f32> = image(&graph).iter().map(|&x| x as f32).collect();
    let run = || {
        let mut session = model.session(1).unwrap();
        session.input_mut().copy_from_slice(&image);
        session.run().unwrap();
        session.output(0).to_vec()
    };
    let replayed = run();
    set("ARCHC_CUDA_GRAPH", "0");
    assert_eq!(run(), replayed);

    // Nothing is left: all that was tried, in order, with the driver's names and the line that NVRTC does not take.
    let source = good.source.replacen("int images) {", "int images) {\n    int wrong = ;", 1).leak();
    let error = load(Program { cubins: cubin, ptx: Some("broken"), source, ..good }).unwrap_err();
    let LoadError::Cuda(CudaError::Kernels { network, attempts }) = &error else { panic!("{error}") };
    assert_eq!(network, "LeNet5");
    let origins: Vec<String> = attempts.iter().map(|attempt| attempt.origin.to_string()).collect();
    let expected = [
        "machine code for sm_80",
        "PTX",
        "the source, compiled for sm_80",
        "the source, compiled for compute_80",
    ];
    assert_eq!(origins, expected);
    let text = error.to_string();
    for part in [
        "CUDA_ERROR_NO_BINARY_FOR_GPU",
        "CUDA_ERROR_INVALID_PTX",
        "network.cu(",
        "expected an expression",
        "| int wrong = ;",
    ] {
        assert!(text.contains(part), "{part} is missing in {text}");
    }
    let kernels = vec!["no_such_kernel"].leak();
    let error = load(Program { kernels, source: "", ..good }).unwrap_err().to_string();
    assert!(error.contains("PTX: no_such_kernel: CUDA_ERROR_NOT_FOUND"), "{error}");

    // Kernels count numbers in 32 bits.
    let error = model.session(1 << 30).unwrap_err();
    assert_eq!(error, CudaError::Batch { images: 1 << 30 });
}

fn set(name: &str, value: &str) {
    // Safety: there is one test, and nothing else in this process looks at its environment meanwhile.
    #[expect(unsafe_code, reason = "the runtime reads its settings from the environment")]
    unsafe {
        std::env::set_var(name, value);
    }
}
