//! What a generated module offers: sessions of one image and of several, with each output, files, and classes of images.

use archc_interpreter::observe;
use archc_runtime::image::{Class, ImageError};
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

fn sample(name: &str) -> std::path::PathBuf {
    root().join("samples").join(name)
}

#[test]
fn images_have_classes() {
    let model = lenet5::Model::load(root().join("archs/weights/lenet5.safetensors")).unwrap();
    let mut session = model.session();
    let classes = session.classify(sample("ankle_boot.png")).unwrap();
    // PyTorch's for this image is 0.99966.
    assert_eq!((classes[0].index, classes[0].label), (9, Some("Ankle boot")));
    assert!((classes[0].score - 0.99966).abs() < 1e-5, "{classes:?}");
    assert_eq!(classes.len(), 5);
    assert!(classes.is_sorted_by(|a, b| a.score >= b.score));

    // The same from what the frameworks would give it, from bytes, and from pixels of either kind.
    let bytes = std::fs::read(sample("ankle_boot.png")).unwrap();
    assert_eq!(session.classify_bytes(&bytes).unwrap(), classes);
    let grey: Vec<u8> = session.input_mut().iter().map(|x| (x * 255.0).round() as u8).collect();
    let probabilities = *session.infer(&std::array::from_fn(|i| f32::from(grey[i]) / 255.0));
    assert_eq!(classes, session.top(5));
    assert_eq!(probabilities[9], classes[0].score);
    let colours: Vec<u8> = grey.iter().flat_map(|&x| [x; 3]).collect();
    session.input_mut().fill(0.0);
    session.load_grey(&grey, 28, 28).unwrap();
    session.run();
    assert_eq!(session.top(5), classes);
    session.input_mut().fill(0.0);
    session.load_rgb(&colours, 28, 28).unwrap();
    session.run();
    assert_eq!(session.top(5), classes);
    assert_eq!(session.top(100).len(), 10);

    // Each image of a batch has its own.
    let mut batch = model.session_of::<3>();
    batch.load_image(1, sample("ankle_boot.png")).unwrap();
    batch.load_image_bytes(2, &std::fs::read(sample("bag.png")).unwrap()).unwrap();
    batch.load_grey(0, &grey, 28, 28).unwrap();
    batch.run();
    assert_eq!(batch.top(1, 5), classes);
    assert_eq!(batch.top(0, 5), classes);
    assert_eq!(batch.top(2, 1)[0].label, Some("Bag"));
}

/// Scores are numbers of the output, whatever they are, and each step of `preprocess` is taken.
#[test]
fn networks_without_a_softmax_have_classes() {
    let mut session = outputs::Model::seeded("archc").unwrap().session();
    let classes = session.classify(sample("dress.png")).unwrap();
    let scores = *session.output();
    for Class { index, label, score } in &classes {
        assert_eq!((*score, *label), (scores[*index], outputs::NETWORK.labels.get(*index).copied()));
    }
    assert_eq!(classes.len(), 4);
    let first = *session.input_mut();
    session.classify(sample("bag.png")).unwrap();
    assert_ne!(first, *session.input_mut());
}

#[test]
fn images_that_do_not_become_an_input_are_errors() {
    let mut session = lenet5::Model::seeded("archc").unwrap().session();
    let error = session.classify("no_such.png").unwrap_err();
    assert!(
        matches!(error, ImageError::File { .. }) && error.to_string().contains("no_such.png: "),
        "{error}"
    );
    assert!(matches!(session.load_rgb(&[0; 5], 28, 28), Err(ImageError::Bytes { given: 5, .. })));
    assert!(matches!(session.load_grey(&[], 0, 28), Err(ImageError::Empty)));
    let bytes = std::fs::read(sample("bag.png")).unwrap();
    assert!(matches!(session.classify_bytes(&bytes[..99]), Err(ImageError::Format { .. })));

    // A network that says nothing of images, and one whose output is a plane.
    static MUTE: archc_runtime::spec::Network =
        archc_runtime::spec::Network { preprocess: None, ..lenet5::NETWORK };
    let mut mute = archc_runtime::Model::seeded(&MUTE, "archc").unwrap().session(1);
    let error = mute.classify(sample("bag.png")).unwrap_err().to_string();
    assert!(error.contains("bag.png: LeNet5 does not say") && error.contains("preprocess {"), "{error}");
    static PLANE: archc_runtime::spec::Network = archc_runtime::spec::Network {
        outputs: &[archc_runtime::spec::Output {
            view: outputs::NETWORK.input.view,
            ..outputs::NETWORK.input
        }],
        ..outputs::NETWORK
    };
    let mut plane = archc_runtime::Model::seeded(&PLANE, "archc").unwrap().session(1);
    let error = plane.classify(sample("bag.png")).unwrap_err();
    assert!(matches!(error, ImageError::NoClasses { output: [8, 8, 3] }), "{error}");
}

/// The README's example.
#[allow(dead_code, reason = "there is no such cat")]
fn example(mut session: lenet5::Session) -> Result<(), ImageError> {
    for class in session.classify("cat.jpg")? {
        println!("{:5.1} % {}", 100.0 * class.score, class.name());
    }
    Ok(())
}

#[test]
fn the_readme_has_an_example_that_compiles() {
    let (_, code) = include_str!("api.rs").split_once("fn example(").unwrap();
    let lines: Vec<&str> = code.lines().skip(1).take(3).map(str::trim).collect();
    let readme = include_str!("../../../README.md");
    let readme: Vec<&str> = readme.lines().map(str::trim).collect();
    assert!(readme.windows(3).any(|part| part == lines), "README.md has not {lines:?}");
}
