//! Finds the layer at which a network leaves its golden.

use crate::golden::{Golden, Layer};

/// The value of a node of ours: how many numbers it has, their mean and standard deviation.
#[derive(Clone, Debug, PartialEq)]
pub struct Statistics {
    /// The node's full name.
    pub path: String,
    /// How many numbers.
    pub size: usize,
    /// Their mean.
    pub mean: f64,
    /// Their standard deviation.
    pub std: f64,
}

impl Statistics {
    /// Of a node's value.
    pub fn new(path: String, data: &[f64]) -> Self {
        let n = data.len() as f64;
        let mean = data.iter().sum::<f64>() / n;
        let variance = data.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / n;
        Statistics { path, size: data.len(), mean, std: variance.sqrt() }
    }

    /// How far it is from a layer's, as a share of the layer's spread.
    fn distance(&self, layer: &Layer) -> f64 {
        let Layer(_, _, _, mean, std) = layer;
        let spread = std.abs().max(f64::MIN_POSITIVE);
        ((self.mean - mean).abs() + (self.std - std).abs()) / spread
    }
}

/// The first layer of the golden whose value no node has, in words, with the node that comes closest; `None` if every
/// layer's value is there. Padding is skipped: archc has it inside the operation behind it.
pub fn first_difference(golden: &Golden, nodes: &[Statistics], tolerance: f64) -> Option<String> {
    let mut before = "the input".to_owned();
    for layer in golden.layers.iter().filter(|layer| layer.1 != "ZeroPadding2D") {
        let Layer(name, kind, shape, mean, std) = layer;
        let size = shape.iter().product::<usize>();
        let closest = nodes
            .iter()
            .filter(|node| node.size == size)
            .min_by(|a, b| a.distance(layer).total_cmp(&b.distance(layer)));
        match closest {
            Some(node) if node.distance(layer) <= tolerance => before = format!("`{}`", node.path),
            Some(Statistics { path, mean: m, std: s, .. }) => {
                return Some(format!(
                    "no node is {kind} `{name}` {shape:?}, mean {mean:.9}, deviation {std:.9}; it comes after \
                     {before}, and closest of its size is `{path}` with {m:.9} and {s:.9}"
                ));
            }
            None => {
                return Some(format!(
                    "no node has the size of {kind} `{name}` {shape:?}; it comes after {before}"
                ));
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn golden() -> Golden {
        let mut golden = Golden::load("torch/lenet5");
        golden.layers.truncate(3);
        golden
    }

    fn nodes(golden: &Golden) -> Vec<Statistics> {
        let node = |l: &Layer| Statistics {
            path: format!("our {}", l.0),
            size: l.2.iter().product(),
            mean: l.3,
            std: l.4,
        };
        golden.layers.iter().map(node).collect()
    }

    #[test]
    fn of_numbers() {
        let s = Statistics::new("x".into(), &[1.0, 3.0, 5.0, 7.0]);
        assert_eq!((s.size, s.mean, s.std), (4, 4.0, 5f64.sqrt()));
    }

    #[test]
    fn the_first_layer_that_differs_is_found() {
        let golden = golden();
        let mut nodes = nodes(&golden);
        assert_eq!(first_difference(&golden, &nodes, 1e-9), None);
        nodes[1].std *= 1.0 + 1e-6;
        let text = first_difference(&golden, &nodes, 1e-9).expect("tanh differs");
        assert!(text.contains("no node is Tanh `1`") && text.contains("after `our 0`"), "{text}");
        nodes.truncate(2);
        nodes[1] = nodes[0].clone();
        let text = first_difference(&golden, &nodes, 10.0).expect("pooling is missing");
        assert!(text.contains("no node has the size of AvgPool2d `2`"), "{text}");
    }
}
