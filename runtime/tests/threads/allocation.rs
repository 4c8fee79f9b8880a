//! `run` allocates nothing, on any thread.

use crate::network::NETWORK;
use crate::{SHARED, counting, process};
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
    for network in [&NETWORK, &SHARED] {
        let model = Model::seeded(network, "archc").unwrap();
        for threads in [1, 2, 4, 8] {
            let mut session = model.session(2).with_threads(threads);
            let before = settled();
            for _ in 0..2000 {
                session.run();
            }
            assert_eq!(counting::requests(), before, "{threads} threads");
        }
    }
    let before = counting::requests();
    std::hint::black_box(Box::new(before));
    assert_eq!(counting::requests(), before + 1);
}
