//! Softmax along channels.

use crate::run::Value;

/// The largest number is subtracted first, so that none overflows.
pub(crate) fn softmax(x: &Value) -> Value {
    let mut y = x.clone();
    for pixel in y.data.chunks_exact_mut(x.shape.channels) {
        let largest = pixel.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        pixel.iter_mut().for_each(|v| *v = (*v - largest).exp());
        let sum: f64 = pixel.iter().sum();
        pixel.iter_mut().for_each(|v| *v /= sum);
    }
    y
}
