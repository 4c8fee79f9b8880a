//! Between runs the pool sleeps.

use crate::{SHARED, process};
use archc_runtime::Model;
use std::time::{Duration, Instant};

/// Time that all threads of this process have computed for, in hundredths of a second.
fn ticks() -> u64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    // Behind the program's name, which may hold anything: the state, then numbers, the 12th and 13th of them times.
    let behind = stat.rsplit_once(')').unwrap().1;
    let times = behind.split_whitespace().skip(11).take(2);
    times.map(|t| t.parse::<u64>().unwrap()).sum()
}

#[test]
fn an_idle_pool_uses_under_one_percent_of_a_core() {
    if !process::is_own("idle::an_idle_pool_uses_under_one_percent_of_a_core") {
        return;
    }
    let model = Model::seeded(&SHARED, "archc").unwrap();
    let mut sessions = [model.session(1).with_threads(4), model.session(2)];
    let (start, computed) = (Instant::now(), ticks());
    while start.elapsed() < Duration::from_millis(500) || ticks() < computed + 20 {
        for session in &mut sessions {
            session.run();
        }
    }
    std::thread::sleep(Duration::from_millis(50));
    let before = ticks();
    std::thread::sleep(Duration::from_secs(3));
    let used = ticks() - before;
    assert!(used < 3, "{used} hundredths of a second in three seconds");
}
