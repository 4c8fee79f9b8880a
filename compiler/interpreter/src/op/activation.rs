//! Functions of one number.

use archc_core::ir::op::Activation;

/// One number. What is not a number stays so, as in every framework.
pub fn activate(activation: Activation, x: f64) -> f64 {
    match activation {
        Activation::Relu => {
            if x < 0.0 {
                0.0
            } else {
                x
            }
        }
        Activation::Relu6 => x.clamp(0.0, 6.0),
        Activation::LeakyRelu { slope } => {
            if x < 0.0 {
                slope * x
            } else {
                x
            }
        }
        Activation::Tanh => x.tanh(),
        Activation::Sigmoid => sigmoid(x),
        Activation::Swish => x * sigmoid(x),
        // (1 + erf(z)) / 2 is erfc(-z) / 2, which keeps its digits where erf(z) is close to -1.
        Activation::Gelu => x * libm::erfc(-x * std::f64::consts::FRAC_1_SQRT_2) / 2.0,
        Activation::HardSwish => x * hard_sigmoid(x),
        Activation::HardSigmoid => hard_sigmoid(x),
    }
}

fn sigmoid(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

fn hard_sigmoid(x: f64) -> f64 {
    (x + 3.0).clamp(0.0, 6.0) / 6.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_values() {
        // By Python's `math`.
        let cases = [
            (Activation::Relu, -1.5, 0.0),
            (Activation::Relu, 1.5, 1.5),
            (Activation::Relu6, 7.0, 6.0),
            (Activation::Relu6, -7.0, 0.0),
            (Activation::Relu6, 5.5, 5.5),
            (Activation::LeakyRelu { slope: 0.1 }, -2.0, -0.2),
            (Activation::LeakyRelu { slope: 0.1 }, 2.0, 2.0),
            (Activation::Tanh, 0.5, 0.462_117_157_260_009_76),
            (Activation::Sigmoid, 1.0, 0.731_058_578_630_004_9),
            (Activation::Swish, -1.0, -0.268_941_421_369_995_1),
            (Activation::Gelu, 1.0, 0.841_344_746_068_542_9),
            (Activation::Gelu, -8.0, -4.976_768_459_417_428e-15),
            (Activation::HardSwish, 1.0, 2.0 / 3.0),
            (Activation::HardSwish, -4.0, 0.0),
            (Activation::HardSigmoid, 0.0, 0.5),
            (Activation::HardSigmoid, 4.0, 1.0),
        ];
        for (activation, x, expected) in cases {
            let found = activate(activation, x);
            let error = (found - expected).abs();
            assert!(error <= 1e-13 * expected.abs(), "{activation:?}({x}) is {found}, not {expected}");
        }
    }

    #[test]
    fn not_a_number_stays() {
        for activation in [
            Activation::Relu,
            Activation::Relu6,
            Activation::LeakyRelu { slope: 0.1 },
            Activation::Tanh,
            Activation::Sigmoid,
            Activation::Swish,
            Activation::Gelu,
            Activation::HardSwish,
            Activation::HardSigmoid,
        ] {
            assert!(activate(activation, f64::NAN).is_nan(), "{activation:?}");
        }
    }

    #[test]
    fn far_out() {
        assert_eq!(activate(Activation::Sigmoid, -1000.0), 0.0);
        assert_eq!(activate(Activation::Sigmoid, 1000.0), 1.0);
        assert_eq!(activate(Activation::Gelu, 40.0), 40.0);
        assert_eq!(activate(Activation::Tanh, -40.0), -1.0);
    }
}
