//! A launch, from CUDA C to numbers.

use archc_ptx::{Device, Module, Options, Parameters};

const ADD: &str = r#"
extern "C" __global__ void add(const float* x, const float* y, float* z, int n) {
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < n) z[i] = x[i] + y[i];
}
"#;

fn bytes(numbers: &[f32]) -> Vec<u8> {
    numbers.iter().flat_map(|x| x.to_le_bytes()).collect()
}

#[test]
fn a_kernel_computes_what_its_source_says() {
    let module = Module::parse(&archc_nvrtc::ptx(ADD).unwrap()).unwrap();
    let mut device = Device::new();
    let numbers: Vec<f32> = (0..1000).map(|i| i as f32).collect();
    let (x, y, z) =
        (device.alloc_with(&bytes(&numbers)), device.alloc_with(&bytes(&numbers)), device.alloc(4000));
    let parameters = Parameters::new().pointer(x).pointer(y).pointer(z).int(1000);
    let counts =
        device.launch(&module, "add", [4, 1, 1], [256, 1, 1], 0, &parameters, &Options::default()).unwrap();
    let expected: Vec<f32> = numbers.iter().map(|x| x * 2.0).collect();
    assert_eq!(device.read(z, 4000).unwrap(), bytes(&expected));
    assert_eq!((counts.blocks, counts.global_loaded, counts.global_stored), (4, 8000, 4000));
}
