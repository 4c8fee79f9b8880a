//! Writes a golden's seeded weights as the file that its framework would save: names, shapes and layouts are the
//! framework's own.

use crate::golden::Golden;
use archc_core::ir::op::Role;
use archc_weights::{Framework, Store, Tensor, seeded};
use hdf5_pure::{AttrValue, FileBuilder};
use std::collections::BTreeSet;
use std::path::Path;

impl Golden {
    /// Writes all weights to `path`: what Keras's `model.save_weights("x.h5")` writes, or a state dict in safetensors.
    ///
    /// # Panics
    /// If the file cannot be written.
    pub fn write_weights(&self, path: &Path) {
        match self.framework() {
            Framework::Keras => self.write_keras(path),
            Framework::Torch => self.write_torch(path),
        }
    }

    fn numbers(&self, key: &str, shape: &[usize], role: Role, fan_in: usize) -> Vec<f32> {
        seeded::numbers(&self.salt, key, role, shape.iter().product(), fan_in, self.gain)
    }

    /// A group for every layer, its weights in a group of that name within, and attributes that keep the order.
    fn write_keras(&self, path: &Path) {
        /// A layer's name; the names and shapes of its weights.
        type Layer<'g> = (&'g str, Vec<(&'g str, &'g [usize])>);
        let mut layers: Vec<Layer<'_>> = Vec::new();
        for (key, shape) in &self.weights {
            let (layer, weight) = key.split_once('/').expect("a layer and a weight");
            match layers.last_mut() {
                Some((name, weights)) if *name == layer => weights.push((weight, shape)),
                _ => layers.push((layer, vec![(weight, shape)])),
            }
        }
        let mut file = FileBuilder::new();
        file.set_attr("backend", AttrValue::String("tensorflow".into()));
        file.set_attr("keras_version", AttrValue::String("2.15.0".into()));
        let names = layers.iter().map(|(layer, _)| (*layer).to_owned()).collect();
        file.set_attr("layer_names", AttrValue::StringArray(names));
        for (layer, weights) in layers {
            let mut group = file.create_group(layer);
            let names = weights.iter().map(|(weight, _)| format!("{layer}/{weight}:0")).collect();
            group.set_attr("weight_names", AttrValue::StringArray(names));
            let mut inner = group.create_group(layer);
            for (weight, shape) in weights {
                let key = format!("{layer}/{weight}");
                let (role, fan_in) = keras_role(weight, shape);
                let sizes: Vec<u64> = shape.iter().map(|&n| n as u64).collect();
                inner
                    .create_dataset(&format!("{weight}:0"))
                    .with_f32_data(&self.numbers(&key, shape, role, fan_in))
                    .with_shape(&sizes);
            }
            group.add_group(inner.finish());
            file.add_group(group.finish());
        }
        file.write(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    }

    fn write_torch(&self, path: &Path) {
        // A normalization is what has statistics.
        let norms: BTreeSet<&str> =
            self.weights.iter().filter_map(|(key, _)| key.strip_suffix(".running_mean")).collect();
        let tensors = self.weights.iter().map(|(key, shape)| {
            let (layer, weight) = key.rsplit_once('.').expect("a layer and a weight");
            let role = match (weight, norms.contains(layer)) {
                ("weight", true) => Role::Gamma,
                ("bias", true) => Role::Beta,
                ("running_mean", _) => Role::Mean,
                ("running_var", _) => Role::Variance,
                ("weight", false) => Role::Kernel,
                ("bias", false) => Role::Bias,
                _ => panic!("{key} has no role"),
            };
            let fan_in = shape.iter().skip(1).product();
            (key.clone(), Tensor { shape: shape.clone(), data: self.numbers(key, shape, role, fan_in) })
        });
        let store: Store = tensors.collect();
        store.save(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    }
}

/// What a weight of Keras is for, and how many inputs an output sums over where it is a kernel.
fn keras_role(weight: &str, shape: &[usize]) -> (Role, usize) {
    let taps = |n: usize| shape.iter().take(n).product();
    match weight {
        // A depthwise convolution's kernel is `kernel` in Keras 2 and 3; its last dimension is the multiplier, 1.
        "depthwise_kernel" => (Role::Kernel, taps(2)),
        "kernel" if matches!(shape, [_, _, channels, 1] if *channels > 1) => (Role::Kernel, taps(2)),
        "kernel" | "pointwise_kernel" => (Role::Kernel, taps(shape.len() - 1)),
        "bias" => (Role::Bias, 1),
        "gamma" => (Role::Gamma, 1),
        "beta" => (Role::Beta, 1),
        "moving_mean" => (Role::Mean, 1),
        "moving_variance" => (Role::Variance, 1),
        _ => panic!("a weight called {weight}"),
    }
}
