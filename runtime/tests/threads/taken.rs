//! A run that finds the pool taken computes alone, and does not wait.

use crate::network::{NETWORK, image};
use crate::{SHARED, process};
use archc_runtime::spec::Network;
use archc_runtime::{Model, Session};
use std::sync::{Barrier, mpsc};
use std::time::Duration;

/// Where the slow run is: it has begun, it may go on.
static BEGUN: Barrier = Barrier::new(2);
static GO_ON: Barrier = Barrier::new(2);

/// A network whose run waits in the middle.
static SLOW: Network = Network {
    forward: Some(|run| {
        let forward = SHARED.forward.unwrap();
        forward(run);
        BEGUN.wait();
        GO_ON.wait();
        forward(run);
    }),
    ..NETWORK
};

fn infer(session: &mut Session) -> Vec<f32> {
    session.input_mut().copy_from_slice(&image(3));
    session.run();
    session.output(0).to_vec()
}

#[test]
fn a_run_that_finds_the_pool_taken_is_right() {
    if !process::is_own("taken::a_run_that_finds_the_pool_taken_is_right") {
        return;
    }
    let model = Model::seeded(&SHARED, "archc").unwrap();
    let expected = infer(&mut model.session(1).with_threads(1));
    let (done, results) = mpsc::channel();
    let spawn = |network: &'static Network| {
        let done = done.clone();
        std::thread::spawn(move || {
            let model = Model::seeded(network, "archc").unwrap();
            done.send(infer(&mut model.session(1).with_threads(4))).unwrap();
        })
    };
    let soon = || results.recv_timeout(Duration::from_secs(60)).expect("a run waits for another one");
    let slow = spawn(&SLOW);
    BEGUN.wait();
    for _ in 0..20 {
        let other = spawn(&SHARED);
        assert_eq!(soon(), expected);
        other.join().unwrap();
    }
    assert!(!slow.is_finished());
    GO_ON.wait();
    assert_eq!(soon(), expected);
    slow.join().unwrap();
}
