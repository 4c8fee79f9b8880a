//! Results are the same bits with any number of threads, and however many sessions there are.

use crate::SHARED;
use crate::network::{INPUTS, NETWORK, image};
use archc_runtime::{Model, Session};

const IMAGES: usize = 5;

fn bits(session: &mut Session, salt: usize) -> Vec<u32> {
    for (i, input) in session.input_mut().chunks_mut(INPUTS).enumerate() {
        input.copy_from_slice(&image(salt + i));
    }
    session.run();
    session.output(0).iter().chain(session.logits()).map(|x| x.to_bits()).collect()
}

#[test]
fn eight_sessions_with_any_number_of_threads_give_the_same_bits() {
    let alone = Model::seeded(&NETWORK, "archc").unwrap();
    let expected: Vec<Vec<Vec<u32>>> = (1..=3)
        .map(|batch| {
            let mut session = alone.session(batch).with_threads(1);
            (0..IMAGES).map(|salt| bits(&mut session, salt)).collect()
        })
        .collect();
    let shared = Model::seeded(&SHARED, "archc").unwrap();
    std::thread::scope(|scope| {
        for thread in 0..8 {
            let (shared, alone, expected) = (&shared, &alone, &expected);
            scope.spawn(move || {
                for round in 0..24 {
                    let (threads, batch) = (1 + (thread + round) % 8, 1 + round % 3);
                    let model = if round % 4 == 3 { alone } else { shared };
                    let mut session = model.session(batch).with_threads(threads);
                    assert_eq!(session.threads(), threads);
                    for run in 0..50 {
                        let salt = (run + thread) % IMAGES;
                        let now = bits(&mut session, salt);
                        assert_eq!(now, expected[batch - 1][salt], "{threads} threads, batch {batch}");
                    }
                }
            });
        }
    });
}

#[test]
fn threads_are_the_usable_cores_unless_chosen() {
    let model = Model::seeded(&NETWORK, "archc").unwrap();
    let usable = model.session(1).threads();
    assert!((1..=std::thread::available_parallelism().unwrap().get()).contains(&usable));
    assert_eq!(model.session(1).with_threads(3).threads(), 3);
    assert_eq!(model.session(1).with_threads(3).with_threads(0).threads(), usable);
    assert_eq!(model.session(1).with_threads(1 << 40).threads(), 256);
}
