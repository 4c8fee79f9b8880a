//! The generated code of every network equals its golden on every instruction set of the machine: to 2e-5 of the
//! largest logit, plus ten times what the framework's own f32 is off.

use archc_runtime::spec::Network;
use archc_runtime::{Isa, Model};
use archc_zoo_tests::{Golden, ImportedWeights, graph, relative_error, root};

macro_rules! tests {
    ($($name:ident: $golden:literal;)*) => {
        $(
            archc_runtime::include_model!($name);

            #[test]
            fn $name() {
                check(stringify!($name), &self::$name::NETWORK, $golden);
            }
        )*
    };
}

archc_zoo_tests::every_network!(tests);

fn check(arch: &str, network: &'static Network, golden: &str) {
    let golden = Golden::load(golden);
    let weights = ImportedWeights::new(&golden, &graph(arch));
    let model = Model::load(network, weights.path()).unwrap_or_else(|error| panic!("{error}"));
    drop(weights);
    let tolerance = 2e-5 + 10.0 * golden.f32_error;
    for isa in Isa::available() {
        let mut session = model.clone().with_isa(isa).session(1);
        session.input_mut().copy_from_slice(&golden.image());
        session.run();
        let logits: Vec<f64> = session.logits().iter().map(|&x| f64::from(x)).collect();
        let error = relative_error(&logits, &golden.logits);
        println!("{arch} on {isa}: {error:.1e}, {tolerance:.1e} allowed");
        assert!(
            error <= tolerance,
            "{arch} on {isa} is {error:.1e} from its golden, {tolerance:.1e} allowed"
        );
        let sum: f32 = session.output(0).iter().sum();
        assert!((sum - 1.0).abs() < 1e-4, "{arch} on {isa}: the probabilities add up to {sum}");
        if isa == Isa::fastest() {
            let probabilities = session.output(0).to_vec();
            for threads in [1, 3] {
                session = session.with_threads(threads);
                session.run();
                assert_eq!(session.output(0), probabilities, "{arch} on {threads} threads");
            }
        }
    }
}

/// PyTorch's logits, in f64, of the first 32 test images with the weights in `archs/weights`.
#[derive(serde::Deserialize)]
struct Trained {
    logits: Vec<Vec<f64>>,
}

#[test]
fn trained_lenet5_equals_pytorch() {
    let folder = root().join("tests/data/lenet5");
    let text = std::fs::read_to_string(folder.join("logits.json")).expect("PyTorch's logits");
    let expected: Trained = serde_json::from_str(&text).expect("PyTorch's logits");
    let images = std::fs::read(folder.join("images.bin")).expect("the images");
    let classes = std::fs::read(folder.join("classes.bin")).expect("PyTorch's classes");
    assert_eq!((images.len(), expected.logits.len()), (32 * 28 * 28, 32));
    let model = lenet5::Model::load(root().join("archs/weights/lenet5.safetensors"));
    let mut session = model.unwrap_or_else(|error| panic!("{error}")).session();
    for ((image, expected), &class) in images.chunks(28 * 28).zip(&expected.logits).zip(&classes) {
        for (x, &byte) in session.input_mut().iter_mut().zip(image) {
            *x = f32::from(byte) / 255.0;
        }
        session.run();
        let logits: Vec<f64> = session.logits().iter().map(|&x| f64::from(x)).collect();
        assert!(relative_error(&logits, expected) < 1e-5);
        let largest = (0..10).max_by(|&a, &b| logits[a].total_cmp(&logits[b]));
        assert_eq!(largest, Some(usize::from(class)));
    }
}
