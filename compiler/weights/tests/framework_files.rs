//! Files that Keras and PyTorch themselves have written (`files/from_keras.py`, `files/from_torch.py`), and one in the form
//! that older versions of Keras wrote.

use archc_weights::{Framework, ReadError, WeightsFile};
use hdf5_pure::{AttrValue, FileBuilder, GroupBuilder};
use std::path::{Path, PathBuf};

fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/files").join(name)
}

fn open(name: &str, framework: Framework) -> Result<WeightsFile, ReadError> {
    WeightsFile::open(&path(name), framework)
}

/// A tensor's name, shape and numbers.
type Read = (String, Vec<usize>, Vec<f32>);

fn tensors(name: &str, framework: Framework) -> (Vec<Read>, Vec<String>) {
    let file = open(name, framework).unwrap_or_else(|e| panic!("{name}: {e}"));
    let read = |(i, t): (usize, &archc_weights::FileTensor)| {
        let numbers = file.read(i).unwrap_or_else(|e| panic!("{name}: {e}"));
        (t.name.clone(), t.shape.clone(), numbers)
    };
    (file.tensors().iter().enumerate().map(read).collect(), file.notes().to_vec())
}

/// `100 k + i`, as the scripts fill them.
fn counted(k: usize, count: usize) -> Vec<f32> {
    (0..count).map(|i| (100 * k + i) as f32).collect()
}

/// What `from_keras.py` saves, in Keras's order.
const KERAS: [(&str, &[usize]); 15] = [
    ("stem/kernel", &[1, 2, 3, 2]),
    ("stem/bias", &[2]),
    ("stem_bn/beta", &[2]),
    ("stem_bn/moving_mean", &[2]),
    ("stem_bn/moving_variance", &[2]),
    ("sep/depthwise_kernel", &[1, 1, 2, 1]),
    ("sep/pointwise_kernel", &[1, 1, 2, 3]),
    ("sep/bias", &[3]),
    ("dw/kernel", &[1, 1, 3, 1]),
    ("dw_bn/gamma", &[3]),
    ("dw_bn/beta", &[3]),
    ("dw_bn/moving_mean", &[3]),
    ("dw_bn/moving_variance", &[3]),
    ("predictions/kernel", &[3, 5]),
    ("predictions/bias", &[5]),
];

fn expected_of_keras() -> Vec<Read> {
    let read = |(k, (name, shape)): (usize, &(&str, &[usize]))| {
        ((*name).to_owned(), shape.to_vec(), counted(k, shape.iter().product()))
    };
    KERAS.iter().enumerate().map(read).collect()
}

#[test]
fn keras_files_with_an_order_keep_it() {
    // Also of a model within the model, and in other types of number, shuffled and compressed.
    for file in ["keras2.h5", "compressed.h5", "keras3.h5", "keras3_nested.h5"] {
        let (mut read, notes) = tensors(file, Framework::Keras);
        for (name, ..) in &mut read {
            *name = name.trim_end_matches(":0").to_owned();
        }
        assert_eq!(read, expected_of_keras(), "{file}");
        assert!(notes.is_empty(), "{file}: {notes:?}");
    }
}

/// A weight of one number in groups within groups.
fn put(group: &mut GroupBuilder, path: &str) {
    match path.split_once('/') {
        Some((first, rest)) => {
            let mut inner = group.create_group(first);
            put(&mut inner, rest);
            group.add_group(inner.finish());
        }
        None => {
            group.create_dataset(path).with_f32_data(&[1.0]).with_shape(&[1]);
        }
    }
}

/// Keras 1 has no group within the layer's (`vgg16_weights_tf_dim_ordering_tf_kernels.h5`); TensorFlow 1 numbered the weights
/// of a model that was built again; a model within the model has its own layers in one group, and a layer's name may look
/// like one (Keras 2's MobileNetV3).
#[test]
fn older_keras_files_name_weights_by_their_layers() {
    let texts = |list: &[&str]| AttrValue::StringArray(list.iter().map(|&s| s.to_owned()).collect());
    let layers: [(&str, &[&str], &[&str]); 5] = [
        (
            "block1_conv1",
            &["block1_conv1_W_1:0", "block1_conv1_b_1:0"],
            &["block1_conv1/block1_conv1_W_1:0", "block1_conv1/block1_conv1_b_1:0"],
        ),
        ("dense", &["dense_25/kernel:0"], &["dense/kernel:0"]),
        ("dense_1", &["dense_1_1/kernel:0"], &["dense_1/kernel:0"]),
        (
            "inner",
            &["inner_conv/kernel:0", "deeper/conv_1/kernel:0"],
            &["inner_conv/kernel:0", "conv_1/kernel:0"],
        ),
        (
            "expanded_conv/depthwise",
            &["expanded_conv/depthwise/depthwise_kernel:0"],
            &["expanded_conv/depthwise/depthwise_kernel:0"],
        ),
    ];
    let mut file = FileBuilder::new();
    file.set_attr("layer_names", texts(&layers.map(|(layer, ..)| layer)));
    for (layer, weights, _) in layers {
        let (outer, name) = layer.split_once('/').unwrap_or(("", layer));
        let mut outer = (!outer.is_empty()).then(|| file.create_group(outer));
        let mut group = match &mut outer {
            Some(outer) => outer.create_group(name),
            None => file.create_group(name),
        };
        group.set_attr("weight_names", texts(weights));
        for weight in weights {
            put(&mut group, weight);
        }
        let mut group = group.finish();
        if let Some(mut outer) = outer {
            outer.add_group(group);
            group = outer.finish();
        }
        file.add_group(group);
    }
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("older.h5");
    file.write(&path).expect("it can be written");
    let file = WeightsFile::open(&path, Framework::Keras).unwrap_or_else(|e| panic!("{e}"));
    let found: Vec<&str> = file.tensors().iter().map(|t| t.name.as_str()).collect();
    assert_eq!(found, layers.map(|(.., names)| names).concat());
}

#[test]
fn keras_3_files_have_the_names_of_layers() {
    let sorted = |mut tensors: Vec<Read>| {
        tensors.sort_by(|a, b| a.0.cmp(&b.0));
        tensors
    };
    for file in [
        "keras3.weights.h5",
        "keras3_nested.weights.h5",
        "keras3.keras",
        "keras3_nested.keras",
        "keras3_unnamed.keras",
    ] {
        let (read, notes) = tensors(file, Framework::Keras);
        let mut expected = expected_of_keras();
        // Only the model's description says that this is a beta.
        if file.ends_with(".weights.h5") {
            expected[2].0 = "stem_bn/gamma_or_beta".to_owned();
        }
        assert_eq!(sorted(read), sorted(expected), "{file}");
        assert_eq!(notes.len(), usize::from(file.ends_with(".weights.h5")), "{file}: {notes:?}");
    }
}

#[test]
fn keras_3_says_in_its_description_what_a_batch_normalization_has() {
    let of = |file| -> Vec<(String, f32)> {
        let (read, _) = tensors(file, Framework::Keras);
        let vectors = read.into_iter().filter(|(name, ..)| !name.contains("moving"));
        vectors.map(|(name, _, numbers)| (name, numbers[0])).collect()
    };
    let expected = |scaled: &str, shifted: &str| {
        let all = [("both/gamma", 0.0), ("both/beta", 100.0), (scaled, 400.0), (shifted, 700.0)];
        all.map(|(name, number)| (name.to_owned(), number)).to_vec()
    };
    assert_eq!(of("keras3_norms.keras"), expected("scaled/gamma", "shifted/beta"));
    assert_eq!(of("keras3_norms.weights.h5"), expected("scaled/gamma_or_beta", "shifted/gamma_or_beta"));
    let (_, notes) = tensors("keras3_norms.weights.h5", Framework::Keras);
    assert!(notes[0].contains("`scaled` and 1 more have either gamma or beta"), "{notes:?}");
}

#[test]
fn keras_bfloat16_is_bits_in_hdf5() {
    let expected =
        [("predictions/kernel", vec![3, 2], counted(0, 6)), ("predictions/bias", vec![2], counted(1, 2))];
    let expected: Vec<Read> =
        expected.into_iter().map(|(name, shape, n)| (name.to_owned(), shape, n)).collect();
    assert_eq!(tensors("bfloat16.weights.h5", Framework::Keras).0, expected);
}

/// What `from_torch.py` saves, in the order of the state dict.
const TORCH: [(&str, &[usize]); 9] = [
    ("stem.weight", &[2, 3, 1, 2]),
    ("stem.bias", &[2]),
    ("bn.weight", &[2]),
    ("bn.bias", &[2]),
    ("bn.running_mean", &[2]),
    ("bn.running_var", &[2]),
    ("bn.num_batches_tracked", &[]),
    ("fc.weight", &[5, 2]),
    ("fc.bias", &[5]),
];

#[test]
fn torch_state_dicts() {
    for file in ["state.pth", "state_legacy.pth", "protocol4.pth", "state.safetensors"] {
        let (mut read, notes) = tensors(file, Framework::Torch);
        let mut expected: Vec<Read> = TORCH
            .iter()
            .enumerate()
            .map(|(k, (name, shape))| {
                ((*name).to_owned(), shape.to_vec(), counted(k, shape.iter().product()))
            })
            .collect();
        // One batch of training.
        expected[6].2 = vec![1.0];
        // That format has an order of its own: by type of number, then by name.
        if file.ends_with("safetensors") {
            read.sort_by(|a, b| a.0.cmp(&b.0));
            expected.sort_by(|a, b| a.0.cmp(&b.0));
        }
        assert_eq!(read, expected, "{file}");
        assert!(notes.is_empty(), "{file}: {notes:?}");
    }
}

#[test]
fn torch_checkpoints_are_unwrapped() {
    for file in ["checkpoint.pth", "checkpoint_legacy.pth"] {
        let (read, notes) = tensors(file, Framework::Torch);
        let names: Vec<&str> = read.iter().map(|(name, ..)| name.as_str()).collect();
        assert_eq!(names, TORCH.map(|(name, _)| name), "{file}");
        assert_eq!(read[0].2, counted(0, 12), "{file}");
        let notes = notes.join("\n");
        assert!(notes.contains("`state_dict`") && notes.contains("`module.`"), "{file}: {notes}");
    }
}

#[test]
fn torch_views_and_types() {
    let plain = |n: usize| (0..n).map(|i| i as f32).collect::<Vec<_>>();
    let expected: [(&str, &[usize], Vec<f32>); 12] = [
        ("parameter", &[4, 6], plain(24)),
        ("transposed", &[6, 4], (0..24).map(|i| (i % 4 * 6 + i / 4) as f32).collect()),
        ("strided", &[2, 2], vec![6.0, 9.0, 18.0, 21.0]),
        ("column", &[4], vec![4.0, 10.0, 16.0, 22.0]),
        ("repeated", &[3], vec![7.0; 3]),
        ("channels_last", &[1, 2, 3, 4], plain(24)),
        ("empty", &[0, 3], vec![]),
        ("scalar", &[], vec![2.5]),
        ("half", &[2], vec![1.5, -2.0]),
        ("bfloat16", &[2], vec![1.5, -2.0]),
        ("double", &[1], vec![0.1]),
        ("long", &[1], vec![-3.0]),
    ];
    let expected: Vec<Read> = expected
        .into_iter()
        .map(|(name, shape, numbers)| (name.to_owned(), shape.to_vec(), numbers))
        .collect();
    for file in ["views.pth", "views_legacy.pth"] {
        assert_eq!(tensors(file, Framework::Torch).0, expected, "{file}");
    }
}

#[test]
fn a_whole_module_is_code_and_refused() {
    for file in ["module.pth", "module_legacy.pth"] {
        let error = open(file, Framework::Torch).expect_err("a class of the author's").to_string();
        assert!(error.contains("Tiny") && error.contains("state_dict"), "{file}: {error}");
    }
}

#[test]
fn files_of_the_other_framework_are_told() {
    for (file, framework, expected) in [
        ("keras2.h5", Framework::Torch, "archc import keras"),
        ("keras3.keras", Framework::Torch, "archc import keras"),
        ("state.pth", Framework::Keras, "archc import torch"),
        ("state_legacy.pth", Framework::Keras, "archc import torch"),
        ("from_keras.py", Framework::Keras, "not a file of Keras"),
        ("from_torch.py", Framework::Torch, "not a file of PyTorch"),
    ] {
        let error = open(file, framework).expect_err(file).to_string();
        assert!(error.contains(expected), "{file}: {error}");
    }
}

/// A file that was not copied as a whole is an error, wherever it ends, or still holds what it says.
#[test]
fn files_cut_short_are_errors() {
    let folder = tempfile::tempdir().expect("a folder");
    for (file, framework) in [
        ("keras2.h5", Framework::Keras),
        ("keras3.weights.h5", Framework::Keras),
        ("keras3.keras", Framework::Keras),
        ("compressed.h5", Framework::Keras),
        ("state.pth", Framework::Torch),
        ("state_legacy.pth", Framework::Torch),
        ("state.safetensors", Framework::Torch),
    ] {
        let bytes = std::fs::read(path(file)).expect("it is there");
        let whole = tensors(file, framework).0;
        let cut = folder.path().join("cut");
        let step = (bytes.len() / 60).max(1);
        for length in (0..bytes.len()).step_by(step) {
            std::fs::write(&cut, &bytes[..length]).expect("it is written");
            let Ok(opened) = WeightsFile::open(&cut, framework) else { continue };
            // HDF5 keeps places, not an order: what is in front of the cut may be whole, and not more than that.
            for (i, tensor) in opened.tensors().iter().enumerate() {
                if let Ok(numbers) = opened.read(i) {
                    let same = |(name, shape, all): &Read| {
                        (name, shape, all) == (&tensor.name, &tensor.shape, &numbers)
                    };
                    assert!(whole.iter().any(same), "{file} cut at {length}: {}", tensor.name);
                }
            }
            assert!(
                (0..opened.tensors().len()).any(|i| opened.read(i).is_err()) || length + 4096 > bytes.len(),
                "{file} cut at {length} of {} seems whole",
                bytes.len()
            );
        }
    }
}
