//! The files of `tests/goldens`.

use crate::network::root;
use archc_core::ir::Shape;
use archc_weights::{Framework, seeded};
use serde::Deserialize;

/// What a framework says about a network.
#[derive(Clone, Debug, Deserialize)]
pub struct Golden {
    /// The network's name in the framework.
    pub network: String,
    /// `keras` or `torchvision`, and its version.
    pub framework: String,
    /// The salt of the weights and the image.
    pub salt: String,
    /// The gain of the gammas.
    pub gain: f64,
    /// How many parameters the framework counts.
    pub params: u64,
    /// Rows, columns, channels.
    pub input: [usize; 3],
    /// How far the framework's own f32 lands from its f64: the largest difference over the largest logit.
    pub f32_error: f64,
    /// Names and shapes, the framework's own.
    pub weights: Vec<(String, Vec<usize>)>,
    /// Every layer's value, in the order in which the framework computes them.
    pub layers: Vec<Layer>,
    /// Before the softmax.
    pub logits: Vec<f64>,
}

/// The value of a layer of the framework: name, kind, shape, mean and standard deviation.
#[derive(Clone, Debug, Deserialize)]
pub struct Layer(pub String, pub String, pub Vec<usize>, pub f64, pub f64);

impl Golden {
    /// Reads `tests/goldens/FRAMEWORK/NAME.json`, given `keras/ResNet50`.
    ///
    /// # Panics
    /// If there is no such file, or it is not one of these.
    pub fn load(name: &str) -> Golden {
        let path = root().join("tests/goldens").join(format!("{name}.json"));
        let text = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        serde_json::from_str(&text).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
    }

    /// Whose names and layouts the weights have.
    pub fn framework(&self) -> Framework {
        if self.framework.starts_with("keras") { Framework::Keras } else { Framework::Torch }
    }

    /// The image that the logits answer, in the order rows, columns, channels.
    pub fn image(&self) -> Vec<f32> {
        let [height, width, channels] = self.input;
        seeded::image(&self.salt, Shape::new(height, width, channels), 0.0)
    }
}
