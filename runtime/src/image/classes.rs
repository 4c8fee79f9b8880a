//! The best classes of an output.

use alloc::borrow::Cow;
use alloc::format;
use alloc::vec::Vec;

/// A class, and what the network gives for it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Class {
    /// Its place in the output, from 0.
    pub index: usize,
    /// Its name, where the text of the network has `labels`.
    pub label: Option<&'static str>,
    /// The number of the output: a probability where the network ends in a softmax.
    pub score: f32,
}

impl Class {
    /// Its label, or `class 17` where it has none.
    pub fn name(&self) -> Cow<'static, str> {
        match self.label {
            Some(label) => Cow::Borrowed(label),
            None => Cow::Owned(format!("class {}", self.index)),
        }
    }
}

/// The places of the largest numbers, at most `count`, the largest first; of equal ones the first comes first.
pub fn largest(numbers: &[f32], count: usize) -> Vec<usize> {
    let mut order: Vec<usize> = (0..numbers.len()).collect();
    order.sort_by(|&a, &b| numbers[b].total_cmp(&numbers[a]));
    order.truncate(count);
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_numbers_stay_in_order() {
        assert_eq!(largest(&[1.0, 3.0, 2.0, 3.0, -0.0, 0.0], 4), [1, 3, 2, 0]);
        assert_eq!(largest(&[0.5], 5), [0]);
        assert!(largest(&[], 5).is_empty());
    }

    #[test]
    fn classes_without_labels_have_numbers() {
        let class = Class { index: 17, label: None, score: 0.5 };
        assert_eq!(class.name(), "class 17");
        assert_eq!(Class { label: Some("cat"), ..class }.name(), "cat");
    }
}
