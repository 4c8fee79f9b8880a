//! Weights from files: types are converted, and every difference is reported.

use crate::network::{NETWORK, Tensors, assert_near, image, logits, tensors};
use crate::safetensors::{Entry, entries, file};
use archc_runtime::weights::{Mismatch, Seeded};
use archc_runtime::{LoadError, Model};

fn seeded() -> Vec<Entry> {
    entries(&Seeded::new(&NETWORK, "archc"))
}

fn assert_computes(model: &Model, weights: &Tensors) {
    let mut session = model.session(1);
    session.input_mut().copy_from_slice(&image(0));
    session.run();
    assert_near(session.logits(), &logits(weights, &image(0)), 1e-6);
}

#[test]
fn files_and_bytes_load_alike() {
    let bytes = file(&seeded());
    let weights = tensors(&Seeded::new(&NETWORK, "archc"));
    assert_computes(&Model::from_bytes(&NETWORK, &bytes).unwrap(), &weights);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("w.safetensors");
    std::fs::write(&path, bytes).unwrap();
    assert_computes(&Model::load(&NETWORK, &path).unwrap(), &weights);
}

/// Every tensor in another type; the truth is computed from the numbers as that type rounds them.
#[test]
fn other_types_are_converted() {
    type Convert = fn(f32) -> (Vec<u8>, f64);
    let conversions: [(&str, Convert); 3] = [
        ("F64", |x| {
            let wide = f64::from(x) * (1.0 + 1e-9);
            (wide.to_le_bytes().to_vec(), wide)
        }),
        ("BF16", |x| {
            let upper = (x.to_bits() >> 16) as u16;
            (upper.to_le_bytes().to_vec(), f64::from(f32::from_bits(u32::from(upper) << 16)))
        }),
        ("F16", |x| {
            // Numbers of a normal size, cut off.
            let (sign, exponent) = (x.to_bits() >> 31, (x.to_bits() >> 23 & 0xff) as i32 - 127);
            if exponent < -14 {
                return (vec![0, 0], 0.0);
            }
            let half = sign << 15 | ((exponent + 15) as u32) << 10 | (x.to_bits() >> 13 & 0x3ff);
            ((half as u16).to_le_bytes().to_vec(), f64::from(f32::from_bits(x.to_bits() & !0x1fff)))
        }),
    ];
    for (dtype, convert) in conversions {
        let mut weights = Tensors::new();
        let mut all = seeded();
        for entry in &mut all {
            let numbers = entry.bytes.as_chunks::<4>().0.iter().map(|b| convert(f32::from_le_bytes(*b)));
            let (bytes, numbers): (Vec<Vec<u8>>, Vec<f64>) = numbers.unzip();
            entry.dtype = dtype;
            entry.bytes = bytes.concat();
            weights.insert(entry.name.clone(), numbers);
        }
        assert_computes(&Model::from_bytes(&NETWORK, &file(&all)).unwrap(), &weights);
    }
}

#[test]
fn every_difference_is_reported_at_once() {
    let mut all = seeded();
    let at = |all: &[Entry], name: &str| all.iter().position(|e| e.name == name).unwrap();
    all.remove(at(&all, "stem.weight"));
    all.remove(at(&all, "blocks.2.bn.beta"));
    let shape = at(&all, "head.dense.weight");
    all[shape].shape = vec![5, 320];
    let dtype = at(&all, "head.dense.bias");
    (all[dtype].dtype, all[dtype].bytes) = ("I64", vec![0; 40]);
    let numbers = |name: &str, shape: &[usize]| {
        let bytes = vec![0; 4 * shape.iter().product::<usize>()];
        Entry { name: name.into(), dtype: "F32", shape: shape.to_vec(), bytes }
    };
    all.push(numbers("fc.weight", &[1]));
    all.push(numbers("blocks.10.bn.beta", &[]));
    all.push(numbers("blocks.3.bn.Beta", &[20]));
    all.push(numbers("model.stem.weight", &[3, 3, 3, 20]));

    let error = Model::from_bytes(&NETWORK, &file(&all)).unwrap_err();
    let LoadError::Mismatch(mismatch) = &error else { panic!("{error}") };
    let expected = Mismatch {
        network: "Small".into(),
        missing: vec![("stem.weight".into(), vec![3, 3, 3, 20]), ("blocks.2.bn.beta".into(), vec![20])],
        extra: vec![
            ("blocks.3.bn.Beta".into(), vec![20]),
            ("blocks.10.bn.beta".into(), vec![]),
            ("fc.weight".into(), vec![1]),
            ("model.stem.weight".into(), vec![3, 3, 3, 20]),
        ],
        shapes: vec![("head.dense.weight".into(), vec![320, 5], vec![5, 320])],
        dtypes: mismatch.dtypes.clone(),
    };
    assert_eq!(*mismatch, expected);
    assert_eq!(mismatch.dtypes.len(), 1);
    assert_eq!(
        error.to_string(),
        "these are not the weights of Small
  missing (2):
    stem.weight 3x3x3x20, perhaps called model.stem.weight here
    blocks.2.bn.beta 20, perhaps called blocks.3.bn.Beta here
  not in the network (4):
    blocks.3.bn.Beta 20
    blocks.10.bn.beta a single number
    fc.weight 1
    model.stem.weight 3x3x3x20
  of another shape (1):
    head.dense.weight is 5x320, and must be 320x5
  not of floating point (1):
    head.dense.bias is I64
help: names are those of the .arch file, and tensors lie as rows, columns, inputs, outputs: a framework's file \
must be brought into this form first"
    );
}

/// However many there are: each line has one, and none is left out.
#[test]
fn every_tensor_is_named() {
    let error = Model::from_bytes(&NETWORK, &file(&[])).unwrap_err().to_string();
    let all = seeded();
    assert!(error.contains(&format!("missing ({}):", all.len())), "{error}");
    for Entry { name, .. } in all {
        assert_eq!(error.matches(&format!("\n    {name} ")).count(), 1, "{name} in {error}");
    }
    assert!(error.ends_with("the file is of another network, or of a part of this one"), "{error}");
}

#[test]
fn files_that_cannot_be_read_are_named() {
    let folder = tempfile::tempdir().unwrap();
    for path in [folder.path().join("absent.safetensors"), folder.path().to_owned()] {
        let error = Model::load(&NETWORK, &path).unwrap_err();
        assert!(matches!(error, LoadError::Read { .. }), "{error}");
        assert!(error.to_string().contains(path.to_str().unwrap()), "{error}");
    }
}
