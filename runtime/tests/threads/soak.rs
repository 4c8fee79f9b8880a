//! Four threads that go on and on hold no more memory at the end than at the beginning.
//!
//! A minute, or as many seconds as `ARCHC_SOAK_SECONDS` says.

use crate::network::{INPUTS, NETWORK, image};
use crate::{SHARED, counting, process};
use archc_runtime::{Model, Session};
use std::sync::Barrier;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::SeqCst;
use std::time::{Duration, Instant};

const THREADS: usize = 4;

/// Makes models and sessions, runs and drops them. Results must be those of the first time.
struct Soaking {
    model: Model,
    session: Session,
    expected: Vec<Vec<f32>>,
}

impl Soaking {
    fn new() -> Soaking {
        let model = Model::seeded(&SHARED, "archc").unwrap();
        let mut soaking = Soaking { session: model.session(1), model, expected: Vec::new() };
        soaking.expected = (0..3).map(|salt| Soaking::infer(&mut soaking.session, salt)).collect();
        soaking
    }

    fn infer(session: &mut Session, salt: usize) -> Vec<f32> {
        for input in session.input_mut().chunks_mut(INPUTS) {
            input.copy_from_slice(&image(salt));
        }
        session.run();
        session.output(0).to_vec()
    }

    fn round(&mut self) {
        let own = Model::seeded(&NETWORK, "archc").unwrap();
        for turn in 0..48 {
            let (salt, batch) = (turn % 3, 1 + turn % 4);
            let model = if turn % 5 == 0 { &own } else { &self.model };
            let mut session = model.session(batch).with_threads(turn % 7);
            for output in Soaking::infer(&mut session, salt).chunks(self.expected[salt].len()) {
                assert_eq!(output, self.expected[salt]);
            }
            for _ in 0..20 {
                self.session.run();
            }
        }
    }
}

/// Threads of this process.
fn threads() -> usize {
    match std::fs::read_dir("/proc/self/task") {
        Ok(tasks) => tasks.count(),
        Err(_) => 0,
    }
}

#[test]
fn a_soak_grows_by_no_byte() {
    if !process::is_own("soak::a_soak_grows_by_no_byte") {
        return;
    }
    // The others would wait for a thread that panicked.
    let report = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |what| {
        report(what);
        std::process::exit(1);
    }));
    let seconds = std::env::var("ARCHC_SOAK_SECONDS").map_or(60, |s| s.parse().expect("seconds"));
    let (start, limit) = (Instant::now(), Duration::from_secs(seconds));
    let (at_rest, go_on) = (Barrier::new(THREADS + 1), Barrier::new(THREADS + 1));
    let done = AtomicBool::new(false);
    let (mut rounds, mut first) = (0, None);
    std::thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                let mut soaking = Soaking::new();
                while !done.load(SeqCst) {
                    soaking.round();
                    at_rest.wait();
                    go_on.wait();
                }
            });
        }
        while !done.load(SeqCst) {
            at_rest.wait();
            rounds += 1;
            // What is made once is there after the first round.
            let now = (counting::bytes(), threads());
            first.get_or_insert(now);
            done.store(start.elapsed() >= limit, SeqCst);
            assert_eq!(first, Some(now), "bytes and threads, after {rounds} rounds");
            go_on.wait();
        }
    });
    assert!(rounds > 1);
    println!("{rounds} rounds in {:.0?}, {:?} bytes and threads", start.elapsed(), first.unwrap());
}
