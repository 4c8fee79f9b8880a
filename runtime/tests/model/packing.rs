//! Seeded models compute what the tensors say: packing, folding, batches, sharing.

use crate::network::{CLASSES, INPUTS, NETWORK, assert_near, image, logits, tensors};
use archc_runtime::weights::Seeded;
use archc_runtime::{Isa, Model, Session};

#[test]
fn a_seeded_model_computes_what_its_tensors_say() {
    let truth = logits(&tensors(&Seeded::new(&NETWORK, "archc")), &image(0));
    for isa in Isa::available() {
        let model = Model::seeded(&NETWORK, "archc").unwrap().with_isa(isa);
        let mut session = model.session(1);
        session.input_mut().copy_from_slice(&image(0));
        session.run();
        assert_near(session.logits(), &truth, 1e-6);
        let sum: f64 = truth.iter().map(|x| x.exp()).sum();
        let softmax: Vec<f64> = truth.iter().map(|x| x.exp() / sum).collect();
        assert_near(session.output(0), &softmax, 1e-5);
    }
}

#[test]
fn salts_make_other_weights() {
    let of = |salt: &str| tensors(&Seeded::new(&NETWORK, salt))["stem.weight"][0];
    assert_ne!(of("archc"), of("other"));
}

#[test]
fn a_batch_is_as_many_inferences() {
    let model = Model::seeded(&NETWORK, "archc").unwrap();
    let mut batch = model.session(3);
    for (salt, input) in batch.input_mut().chunks_mut(INPUTS).enumerate() {
        input.copy_from_slice(&image(salt));
    }
    batch.run();
    let mut single = model.session(1);
    for (salt, output) in batch.logits().chunks(CLASSES).enumerate() {
        single.input_mut().copy_from_slice(&image(salt));
        single.run();
        let truth: Vec<f64> = single.logits().iter().map(|&x| f64::from(x)).collect();
        assert_near(output, &truth, 1e-6);
    }
    assert_eq!(batch.output(0).len(), 3 * CLASSES);
}

#[test]
fn sessions_of_all_sizes_share_one_copy_of_the_weights() {
    let model = Model::seeded(&NETWORK, "archc").unwrap();
    let clone = model.clone();
    for session in
        [model.session(1), model.session(8), clone.session(3), clone.with_isa(Isa::PORTABLE).session(2)]
    {
        assert_eq!(session.model().weights().as_ptr(), model.weights().as_ptr());
    }
}

/// A session runs again and again, whatever the run before left in the arena.
#[test]
fn sessions_are_used_again() {
    let model = Model::seeded(&NETWORK, "archc").unwrap();
    let mut session = model.session(1);
    session.input_mut().copy_from_slice(&image(1));
    session.run();
    let first = session.logits().to_vec();
    session.input_mut().fill(f32::NAN);
    session.run();
    assert!(session.logits().iter().any(|x| x.is_nan()));
    session.input_mut().copy_from_slice(&image(1));
    session.run();
    assert_eq!(session.logits(), first);
}

#[test]
fn models_are_shared_between_threads() {
    fn movable<T: Send>() {}
    fn shared<T: Send + Sync + Clone>() {}
    movable::<Session>();
    shared::<Model>();
    let model = Model::seeded(&NETWORK, "archc").unwrap();
    let run = |mut session: Session| {
        session.input_mut().copy_from_slice(&image(0));
        session.run();
        session.logits().to_vec()
    };
    let mine = run(model.session(1));
    let theirs = std::thread::spawn(move || run(model.session(1))).join().unwrap();
    assert_eq!(mine, theirs);
}

#[test]
#[should_panic(expected = "at least one image")]
fn sessions_hold_an_image() {
    Model::seeded(&NETWORK, "archc").unwrap().session(0);
}
