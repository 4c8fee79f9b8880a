//! The choice by measured times, with the rules that the model's choice has: layers of one shape change together, and the
//! packed weights stay within bounds.

use super::file::Word;
use crate::lower::{Alternatives, Layers};
use archc_runtime::op::Algorithm;

/// What a change must save at least of a layer's time: less is noise.
const LEAST: f64 = 0.03;

/// The algorithm for each of the layers, by the times of all layers of a shape together: `time(place, algorithm)`, none where
/// it was not measured. It begins with the model's choice; then that is changed which saves most for each packed number that
/// it adds, as long as there is room.
pub fn fastest(all: &Alternatives, time: impl Fn(usize, Algorithm) -> Option<f64>) -> Vec<Layers> {
    let mut layers = all.layers.clone();
    let added = |layers: &Layers, algorithm| layers.size(algorithm) - layers.size(layers.conv.algorithm);
    let mut room = all.room + layers.iter().map(|l| added(l, Algorithm::Direct)).sum::<f64>();
    loop {
        // Those that add nothing come first, the longest saving first, then the others by their value.
        let mut best: Option<((bool, f64), usize, Algorithm)> = None;
        for (at, like) in layers.iter().enumerate() {
            let Some(now) = time(at, like.conv.algorithm) else { continue };
            for algorithm in Word::ALL.map(Word::algorithm) {
                let (Some(then), more) = (time(at, algorithm), added(like, algorithm)) else { continue };
                let saved = now - then;
                if saved < LEAST * now || saved <= 0.0 || more > room.max(0.0) {
                    continue;
                }
                let value = if more > 0.0 { (false, saved / more) } else { (true, saved) };
                if best.is_none_or(|(least, ..)| value > least) {
                    best = Some((value, at, algorithm));
                }
            }
        }
        let Some((_, at, algorithm)) = best else { return layers };
        room -= added(&layers[at], algorithm);
        layers[at].conv.algorithm = algorithm;
    }
}
