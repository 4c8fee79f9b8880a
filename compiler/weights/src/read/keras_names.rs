//! Names for the weights of Keras 3's files, which only number them: `layers/batch_normalization_1/vars/0`.

use crate::framework::GAMMA_OR_BETA;

/// What a model's description says about a layer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Described {
    /// The layer's own name.
    pub(super) name: Option<String>,
    /// Of a batch normalization: the one that it has of gamma and beta, where it has one only.
    pub(super) vector: Option<&'static str>,
}

/// What the weights of a layer are, in the order in which Keras numbers them, given the class of the layer in snake case
/// and how many there are; `None` for a class that archc has no operator for. `vector` is [`Described::vector`].
pub(super) fn weights_of(class: &str, count: usize, vector: Option<&str>) -> Option<&'static [&'static str]> {
    let all: &[&str] = match class {
        // Without `scale` there is no gamma, without `center` no beta, and the numbers alone do not tell which is missing.
        "batch_normalization" => match (count, vector) {
            (4, _) => &["gamma", "beta", "moving_mean", "moving_variance"],
            (3, Some("gamma")) => &["gamma", "moving_mean", "moving_variance"],
            (3, Some("beta")) => &["beta", "moving_mean", "moving_variance"],
            (3, _) => &[GAMMA_OR_BETA, "moving_mean", "moving_variance"],
            _ => &["moving_mean", "moving_variance"],
        },
        "normalization" => &["mean", "variance", "count"],
        "conv2d" | "dense" => &["kernel", "bias"],
        "depthwise_conv2d" => &["kernel", "bias"],
        "separable_conv2d" => &["depthwise_kernel", "pointwise_kernel", "bias"],
        _ => return None,
    };
    all.get(..count)
}

/// The class of a layer in snake case, from the name of its group: `conv2d_1` is a `conv2d`.
pub(super) fn class_of(group: &str) -> &str {
    match group.rsplit_once('_') {
        Some((class, number)) if !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit()) => class,
        _ => group,
    }
}

/// A class's name in snake case, as Keras names groups: `BatchNormalization` is `batch_normalization`, `Conv2D` `conv2d`.
pub(super) fn snake_case(class: &str) -> String {
    let chars: Vec<char> = class.chars().collect();
    let mut name = String::new();
    for (i, &c) in chars.iter().enumerate() {
        // Keras looks for a capital before a small letter, and for one behind a small letter or digit.
        let begins = c.is_ascii_uppercase()
            && i > 0
            && (chars.get(i + 1).is_some_and(char::is_ascii_lowercase) || chars[i - 1].is_ascii_lowercase());
        if begins {
            name.push('_');
        }
        name.push(c.to_ascii_lowercase());
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes() {
        for (class, group) in [
            ("Conv2D", "conv2d"),
            ("BatchNormalization", "batch_normalization"),
            ("DepthwiseConv2D", "depthwise_conv2d"),
            ("SeparableConv2D", "separable_conv2d"),
            ("Dense", "dense"),
            ("GlobalAveragePooling2D", "global_average_pooling2d"),
            ("ReLU", "re_lu"),
        ] {
            assert_eq!(snake_case(class), group);
            assert_eq!(class_of(&format!("{group}_12")), group);
        }
    }

    #[test]
    fn weights_are_counted() {
        assert_eq!(weights_of("conv2d", 1, None), Some(&["kernel"][..]));
        let norm = |count, vector| weights_of("batch_normalization", count, vector).map(|names| names[0]);
        assert_eq!(norm(4, None), Some("gamma"));
        for (vector, expected) in [(Some("beta"), "beta"), (Some("gamma"), "gamma"), (None, GAMMA_OR_BETA)] {
            assert_eq!(norm(3, vector), Some(expected));
        }
        assert_eq!(norm(2, None), Some("moving_mean"));
        assert_eq!(weights_of("conv2d", 3, None), None);
        assert_eq!(weights_of("lstm", 3, None), None);
    }
}
