//! Activations as CUDA C.

use archc_runtime::op::Activation;

/// The body of a function of `v`. NaN stays NaN.
pub(super) fn body(activation: Activation) -> String {
    match activation {
        Activation::Identity => "return v;".into(),
        Activation::Relu => "return v < 0.0f ? 0.0f : v;".into(),
        Activation::Relu6 => "return v < 0.0f ? 0.0f : v > 6.0f ? 6.0f : v;".into(),
        Activation::LeakyRelu(slope) => format!("return v > 0.0f ? v : v * {slope:?}f;"),
        Activation::Tanh => "return tanhf(v);".into(),
        Activation::Sigmoid => "return 1.0f / (1.0f + expf(-v));".into(),
        Activation::Swish => "return v / (1.0f + expf(-v));".into(),
        Activation::Gelu => "return 0.5f * v * (1.0f + erff(v * 0.70710678f));".into(),
        Activation::HardSwish => format!("return v * ({HARD_SIGMOID});"),
        Activation::HardSigmoid => format!("return {HARD_SIGMOID};"),
    }
}

const HARD_SIGMOID: &str = "(v + 3.0f < 0.0f ? 0.0f : v + 3.0f > 6.0f ? 6.0f : v + 3.0f) / 6.0f";
