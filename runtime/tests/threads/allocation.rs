//! `run` allocates nothing, on any thread.

use crate::network::NETWORK;
use crate::{SHARED, counting, process, winograd};
use archc_runtime::Model;
use std::time::Duration;

/// Requests until now, once threads that were just started have what they need.
fn settled() -> usize {
    loop {
        let before = counting::requests();
        std::thread::sleep(Duration::from_millis(300));
        if counting::requests() == before {
            return before;
        }
    }
}

#[test]
fn running_allocates_nothing_on_any_thread() {
    if !process::is_own("allocation::running_allocates_nothing_on_any_thread") {
        return;
    }
    for (network, runs) in [(&NETWORK, 2000), (&SHARED, 2000), (&winograd::NETWORK, 20)] {
        let model = Model::seeded(network, "archc").unwrap();
        for threads in [1, 2, 4, 8] {
            let mut session = model.session(2).with_threads(threads);
            let before = settled();
            for _ in 0..runs {
                session.run();
            }
            assert_eq!(counting::requests(), before, "{}, {threads} threads", network.name);
        }
    }
    let before = counting::requests();
    std::hint::black_box(Box::new(before));
    assert_eq!(counting::requests(), before + 1);
}

/// What the test above relies on: that these convolutions are computed by the algorithm that needs memory for each thread.
#[test]
fn transforms_have_memory_of_their_own() {
    let model = Model::seeded(&winograd::NETWORK, "archc").unwrap();
    let mut algorithms = Vec::new();
    model.session(1).run_with_laps(&mut |lap| algorithms.extend(lap.map(|lap| lap.algorithm)));
    algorithms.retain(|algorithm| algorithm.starts_with("Winograd"));
    assert_eq!(algorithms.len(), 5, "{algorithms:?}");
    assert!(winograd::NETWORK.scratch_size > 0);
}
