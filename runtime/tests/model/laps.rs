//! Runs that tell each step when it is done.

use crate::network::{NETWORK, image};
use archc_runtime::{Lap, Model, Session};
use std::time::{Duration, Instant};

fn session(batch: usize) -> Session {
    let mut session = Model::seeded(&NETWORK, "archc").unwrap().session(batch);
    let images: Vec<f32> = (0..batch).flat_map(image).collect();
    session.input_mut().copy_from_slice(&images);
    session
}

fn laps(session: &mut Session) -> Vec<Option<Lap>> {
    let mut laps = Vec::new();
    session.run_with_laps(&mut |lap| laps.push(lap));
    laps
}

#[test]
fn every_step_tells_its_algorithm_and_its_multiplications() {
    // By hand: 4x4 pixels of 20 channels behind the stem, which has 3x3x3 taps, the depthwise ones have 3x3, those of 1x1 20.
    let (stem, depthwise, conv, dense) = (16 * 20 * 27, 16 * 20 * 9, 16 * 20 * 20, 16 * 20 * 5);
    for (batch, of_dense) in [(1, "GEMV"), (3, "GEMM")] {
        let all = laps(&mut session(batch));
        assert_eq!(all[0], None, "the first step begins");
        let steps: Vec<(&str, u64)> =
            all[1..].iter().map(|lap| lap.map(|lap| (lap.algorithm, lap.products)).unwrap()).collect();
        let of = |products: u64| products * batch as u64;
        let expected = [
            ("clear", 0),
            ("affine", 0),
            ("clear", 0),
            ("clear", 0),
            ("direct", of(stem)),
            ("depthwise by rows", of(depthwise)),
            ("direct", of(conv)),
            ("depthwise by rows", of(depthwise)),
            ("direct", of(conv)),
            ("affine", 0),
            (of_dense, of(dense)),
            ("softmax", 0),
        ];
        assert_eq!(steps, expected);
    }
}

#[test]
fn laps_change_no_bit() {
    let (mut one, mut other) = (session(2), session(2));
    one.run();
    laps(&mut other);
    assert_eq!(one.output(0), other.output(0));
    // And none of a run without them afterwards.
    other.run();
    assert_eq!(one.output(0), other.output(0));
}

/// Nothing of a run is between laps or behind the last one but its beginning. Of many runs the best counts, since the thread
/// may lose its core anywhere.
#[test]
fn laps_are_the_whole_run() {
    let mut session = session(64);
    let part = |session: &mut Session| {
        let (mut times, start) = (Vec::new(), Instant::now());
        session.run_with_laps(&mut |_| times.push(start.elapsed()));
        let whole = start.elapsed();
        assert!(times.is_sorted() && times.last().is_some_and(|last| *last <= whole));
        let laps: Duration = times.windows(2).map(|lap| lap[1] - lap[0]).sum();
        laps.as_secs_f64() / whole.as_secs_f64()
    };
    let best = (0..50).map(|_| part(&mut session)).fold(0.0, f64::max);
    assert!(best > 0.8, "laps are {best} of a run");
}
