//! What entry points return.

use std::ffi::CStr;

use archc_ptx::FaultKind;

/// A `CUresult`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(transparent)]
pub(crate) struct Code(pub(crate) i32);

macro_rules! codes {
    ($($name:ident = $number:literal $text:literal $what:literal;)*) => {
        impl Code {
            $(pub(crate) const $name: Self = Self($number);)*

            /// The name and the description of a number that there is.
            pub(crate) fn text(number: i32) -> Option<(&'static CStr, &'static CStr)> {
                match number {
                    $($number => Some(($text, $what)),)*
                    _ => None,
                }
            }
        }
    };
}

codes! {
    SUCCESS = 0 c"CUDA_SUCCESS" c"no error";
    INVALID_VALUE = 1 c"CUDA_ERROR_INVALID_VALUE" c"invalid argument";
    NO_DEVICE = 100 c"CUDA_ERROR_NO_DEVICE" c"no CUDA-capable device is detected";
    INVALID_DEVICE = 101 c"CUDA_ERROR_INVALID_DEVICE" c"invalid device ordinal";
    NO_BINARY_FOR_GPU = 209 c"CUDA_ERROR_NO_BINARY_FOR_GPU" c"no kernel image is available for execution on the device";
    INVALID_PTX = 218 c"CUDA_ERROR_INVALID_PTX" c"a PTX JIT compilation failed";
    UNSUPPORTED_PTX_VERSION = 222 c"CUDA_ERROR_UNSUPPORTED_PTX_VERSION" c"the provided PTX was compiled with an unsupported toolchain.";
    INVALID_HANDLE = 400 c"CUDA_ERROR_INVALID_HANDLE" c"invalid resource handle";
    NOT_FOUND = 500 c"CUDA_ERROR_NOT_FOUND" c"named symbol not found";
    ILLEGAL_ADDRESS = 700 c"CUDA_ERROR_ILLEGAL_ADDRESS" c"an illegal memory access was encountered";
    LAUNCH_TIMEOUT = 702 c"CUDA_ERROR_LAUNCH_TIMEOUT" c"the launch timed out and was terminated";
    MISALIGNED_ADDRESS = 716 c"CUDA_ERROR_MISALIGNED_ADDRESS" c"misaligned address";
    LAUNCH_FAILED = 719 c"CUDA_ERROR_LAUNCH_FAILED" c"unspecified launch failure";
    NOT_SUPPORTED = 801 c"CUDA_ERROR_NOT_SUPPORTED" c"operation not supported";
    STREAM_CAPTURE_UNSUPPORTED = 900 c"CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED" c"operation not permitted when stream is capturing";
}

impl Code {
    /// The error that is nearest to a fault.
    pub(crate) fn of_fault(fault: &FaultKind) -> Self {
        match fault {
            FaultKind::OutOfBounds { .. } | FaultKind::ReadOnly { .. } => Self::ILLEGAL_ADDRESS,
            FaultKind::Misaligned { .. } => Self::MISALIGNED_ADDRESS,
            FaultKind::TooLong(_) => Self::LAUNCH_TIMEOUT,
            FaultKind::NoKernel => Self::NOT_FOUND,
            FaultKind::BadLaunch(_) => Self::INVALID_VALUE,
            _ => Self::LAUNCH_FAILED,
        }
    }
}
