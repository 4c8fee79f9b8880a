//! What the frameworks call the parts of a layer.

use archc_core::ir::op::{Op, Role};

/// The suffix of a weight of a Keras batch normalization that is its gamma or its beta: it has one only, and its file does
/// not say which.
pub(crate) const GAMMA_OR_BETA: &str = "gamma_or_beta";

/// A framework that trained weights come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Framework {
    /// Keras, 2 and 3: `conv1_conv/kernel`, also with `:0`.
    Keras,
    /// PyTorch: `layer1.0.conv2.weight`.
    Torch,
}

impl Framework {
    /// The last parts of the names of its maps, `ResNet50.keras`: more than one where its libraries name layers in ways
    /// of their own.
    pub fn extensions(self) -> &'static [&'static str] {
        match self {
            Framework::Keras => &["keras"],
            Framework::Torch => &["torch", "timm"],
        }
    }

    /// What stands between a layer's name and its tensor's.
    pub(crate) fn separator(self) -> char {
        match self {
            Framework::Keras => '/',
            Framework::Torch => '.',
        }
    }

    /// A tensor's name as layer and suffix.
    pub(crate) fn split(self, name: &str) -> (&str, &str) {
        let name = match self {
            Framework::Keras => without_number(name, ':'),
            Framework::Torch => name,
        };
        let (layer, suffix) = name.rsplit_once(self.separator()).unwrap_or(("", name));
        match (self, suffix.strip_prefix(layer).and_then(|rest| rest.strip_prefix('_'))) {
            (Framework::Keras, Some(rest)) => (layer, of_keras_1(rest).unwrap_or(suffix)),
            _ => (layer, suffix),
        }
    }

    /// The suffixes that a tensor of this role may have.
    pub(crate) fn suffixes(self, op: &Op, role: Role) -> &'static [&'static str] {
        let input = matches!(op, Op::Normalize(_));
        match (self, role) {
            (Framework::Keras, Role::Kernel) => &["kernel", "depthwise_kernel", "pointwise_kernel"],
            (Framework::Keras, Role::Bias) => &["bias"],
            (Framework::Keras, Role::Gamma) => &["gamma"],
            (Framework::Keras, Role::Beta) => &["beta"],
            (Framework::Keras, Role::Mean) if input => &["mean"],
            (Framework::Keras, Role::Mean) => &["moving_mean"],
            (Framework::Keras, Role::Variance) if input => &["variance"],
            (Framework::Keras, Role::Variance) => &["moving_variance"],
            (Framework::Torch, Role::Kernel | Role::Gamma) => &["weight"],
            (Framework::Torch, Role::Bias | Role::Beta) => &["bias"],
            (Framework::Torch, Role::Mean) => &["running_mean"],
            (Framework::Torch, Role::Variance) => &["running_var"],
        }
    }

    /// The suffix of a tensor that may be of this role, where none has a name of the role's own.
    pub(crate) fn undecided(self, role: Role) -> Option<&'static str> {
        match (self, role) {
            (Framework::Keras, Role::Gamma | Role::Beta) => Some(GAMMA_OR_BETA),
            _ => None,
        }
    }

    /// Whether a suffix is the framework's own bookkeeping, which no inference reads.
    pub(crate) fn is_bookkeeping(self, suffix: &str) -> bool {
        match self {
            // The count of a Keras `Normalization`, and the state of a dropout.
            Framework::Keras => matches!(suffix, "count" | "seed_generator_state"),
            Framework::Torch => suffix == "num_batches_tracked",
        }
    }
}

/// A name without the number behind a separator at its end, if there is one.
fn without_number(name: &str, separator: char) -> &str {
    match name.rsplit_once(separator) {
        Some((front, n)) if n.bytes().all(|b| b.is_ascii_digit()) => front,
        _ => name,
    }
}

/// What a weight of Keras 1 is called since Keras 2, given what stood behind the layer's name: `W`, or `W_1`. Keras 2 and 3
/// still load such files, and take for a variance what was called `running_std`.
fn of_keras_1(suffix: &str) -> Option<&'static str> {
    Some(match without_number(suffix, '_') {
        "W" => "kernel",
        "b" => "bias",
        "depthwise_kernel" => "depthwise_kernel",
        "pointwise_kernel" => "pointwise_kernel",
        "gamma" => "gamma",
        "beta" => "beta",
        "running_mean" => "moving_mean",
        "running_std" => "moving_variance",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_split_into_layer_and_suffix() {
        assert_eq!(Framework::Keras.split("conv1/kernel"), ("conv1", "kernel"));
        assert_eq!(Framework::Keras.split("conv1/kernel:0"), ("conv1", "kernel"));
        assert_eq!(Framework::Keras.split("a/b/kernel:0"), ("a/b", "kernel"));
        assert_eq!(Framework::Keras.split("kernel"), ("", "kernel"));
        assert_eq!(Framework::Torch.split("layer1.0.bn.running_var"), ("layer1.0.bn", "running_var"));
        assert_eq!(Framework::Torch.split("weight"), ("", "weight"));
    }
    #[test]
    fn names_of_keras_1() {
        for (name, layer, suffix) in [
            ("block1_conv1/block1_conv1_W_1:0", "block1_conv1", "kernel"),
            ("predictions/predictions_b_1:0", "predictions", "bias"),
            ("convolution2d_1/convolution2d_1_W:0", "convolution2d_1", "kernel"),
            (
                "batchnormalization_4/batchnormalization_4_running_std:0",
                "batchnormalization_4",
                "moving_variance",
            ),
            ("conv1/conv1_mask:0", "conv1", "conv1_mask"),
            ("conv1/conv10_W:0", "conv1", "conv10_W"),
        ] {
            assert_eq!(Framework::Keras.split(name), (layer, suffix));
        }
        assert_eq!(Framework::Torch.split("conv1.conv1_W"), ("conv1", "conv1_W"));
    }
}
