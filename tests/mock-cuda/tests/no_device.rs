//! A driver without a device. Alone in its process, as the driver reads its settings once.

use cudarc::driver::{CudaContext, sys};

#[test]
fn a_driver_may_have_no_device() {
    // Safety: this process has no other thread that looks at its environment.
    #[expect(unsafe_code, reason = "the driver reads its settings from the environment")]
    unsafe {
        std::env::set_var("ARCHC_MOCK_CUDA_DEVICES", "0");
    }
    archc_mock_cuda::load().unwrap();
    let refused = CudaContext::new(0).map(drop).map_err(|error| error.0);
    assert_eq!(refused, Err(sys::CUresult::CUDA_ERROR_NO_DEVICE));
}
