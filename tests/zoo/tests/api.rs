//! What a generated module offers: sessions of one image and of several, with each output, and files.

use archc_interpreter::observe;
use archc_runtime::weights::packed::PackedError;
use archc_runtime::{Isa, LoadError};
use archc_weights::seeded;
use archc_zoo_tests::{graph_of, relative_error, root};
use std::collections::BTreeMap;

archc_runtime::include_model!(lenet5);
archc_runtime::include_model!(outputs);
archc_runtime::include_model!(outputs_with_taps);

/// An image that is another one for each salt.
fn image<const N: usize>(salt: usize) -> [f32; N] {
    std::array::from_fn(|i| ((i * 7 + salt * 13) % 29) as f32 / 29.0)
}

#[test]
fn models_are_shared_and_sessions_moved_between_threads() {
    fn shared<T: Send + Sync + Clone>() {}
    fn movable<T: Send>() {}
    shared::<lenet5::Model>();
    movable::<lenet5::Session>();
    movable::<lenet5::SessionOf<8>>();
}

/// Each image of a batch gets what it gets alone, by every accessor.
#[test]
fn batches_offer_what_single_images_do() {
    let model = outputs::Model::seeded("archc").unwrap();
    let (mut single, mut batch) = (model.session(), model.session_of::<3>().with_threads(1));
    batch.input_mut()[2] = image(2);
    let images = [image(0), image(1), image(2)];
    let first = batch.infer(&images)[0];
    for (i, image) in images.iter().enumerate() {
        let output = *single.infer(image);
        assert_eq!(batch.output()[i], output);
        assert_eq!(batch.scores()[i], *single.scores());
        assert_eq!(batch.middle()[i], *single.middle());
        assert_eq!(output, *single.scores(), "the first output");
    }
    assert_eq!(first, batch.output()[0]);
    assert_ne!(batch.middle()[0], batch.middle()[1]);

    let model = lenet5::Model::seeded("archc").unwrap();
    let (mut single, mut batch) = (model.session(), model.session_of::<2>());
    batch.infer(&[image(0), image(1)]);
    single.infer(&image(1));
    assert_eq!(batch.logits()[1], *single.logits());
    assert_ne!(batch.logits()[0], batch.logits()[1]);
}

/// Each tap of a batch is what the interpreter says of the operation of its name.
#[test]
fn taps_are_what_each_operation_gives() {
    let graph = graph_of("compiler/core/tests/golden/outputs.arch");
    let store = seeded::store(&graph, "archc");
    let images: [[f32; 192]; 2] = [image(0), image(1)];
    let truth = images.map(|image| {
        let mut values = BTreeMap::new();
        observe(&graph, &store, &image.map(f64::from), &mut |id, value| {
            values.insert(graph.path(id), value.clone());
        })
        .unwrap();
        values
    });
    let model = outputs_with_taps::Model::seeded("archc").unwrap();
    let mut session = model.session_of::<2>();
    session.infer(&images);
    let names: Vec<&str> = session.taps().map(|tap| tap.name).collect();
    let expected = ["relu1", "relu2", "add1", "maxpool1", "tanh1", "concat1", "global_avgpool1", "scores"];
    assert_eq!(names, expected);
    for tap in session.taps() {
        let of = |values: &BTreeMap<String, archc_interpreter::Value>| values[tap.name].data.clone();
        let shape = truth[0][tap.name].shape;
        assert_eq!(tap.shape, [shape.height, shape.width, shape.channels], "{}", tap.name);
        let found: Vec<f64> = tap.to_vec().into_iter().map(f64::from).collect();
        assert!(relative_error(&found, &truth.each_ref().map(of).concat()) < 1e-5, "{}", tap.name);
    }
    let (mut plain, mut single) = (outputs::Model::seeded("archc").unwrap().session(), model.session());
    assert_eq!(plain.infer(&images[1]), single.infer(&images[1]), "taps change no bit of the output");
}

#[test]
fn packed_weights_do_what_those_of_the_file_do() {
    let model = lenet5::Model::load(root().join("archs/weights/lenet5.safetensors")).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("lenet5.packed");
    model.save_packed(&path).unwrap();
    let bytes = std::fs::read(&path).unwrap();
    assert!(bytes.len() < lenet5::Model::WEIGHT_BYTES + 200);
    let truth = *model.session().infer(&image(0));
    for packed in [
        lenet5::Model::load_packed(&path),
        lenet5::Model::read_packed(&path),
        lenet5::Model::from_packed_bytes(&bytes),
        lenet5::Model::from_packed_static(bytes.clone().leak()),
    ] {
        assert_eq!(packed.unwrap().session().infer(&image(0)), &truth, "on {}", Isa::fastest());
    }
    let error = outputs::Model::load_packed(&path).unwrap_err();
    assert!(matches!(error, LoadError::Packed(PackedError::Network { .. })), "{error}");
}
