//! Numbers that weights must not be, and those that they may.

use crate::network::NETWORK;
use crate::safetensors::{Entry, entries, file};
use archc_runtime::weights::Seeded;
use archc_runtime::{LoadError, Model};

fn seeded() -> Vec<Entry> {
    entries(&Seeded::new(&NETWORK, "archc"))
}

/// Puts a number in the place of the seeded one.
fn set(all: &mut [Entry], name: &str, at: usize, number: f32) {
    let entry = all.iter_mut().find(|e| e.name == name).unwrap();
    entry.bytes[4 * at..][..4].copy_from_slice(&number.to_le_bytes());
}

/// The error of the seeded weights with this number.
fn refused(name: &str, at: usize, number: f32) -> String {
    let mut all = seeded();
    set(&mut all, name, at, number);
    let error = Model::from_bytes(&NETWORK, &file(&all)).unwrap_err();
    assert!(matches!(error, LoadError::Number { .. }), "{error}");
    error.to_string()
}

/// In every tensor, at its first and last number.
#[test]
fn nan_is_refused_with_its_place() {
    for Entry { name, shape, .. } in seeded() {
        let count: usize = shape.iter().product();
        let last: Vec<usize> = shape.iter().map(|size| size - 1).collect();
        for (at, place) in [(0, vec![0; shape.len()]), (count - 1, last)] {
            for nan in [f32::NAN, -f32::NAN, f32::from_bits(0x7f80_0001)] {
                let error = refused(&name, at, nan);
                assert!(error.starts_with(&format!("{name}{place:?} is NaN: ")), "{error}");
            }
        }
    }
    assert_eq!(
        refused("stem.weight", 3 * 20 + 20 * 2 + 7, f32::NAN),
        "stem.weight[0, 1, 2, 7] is NaN: the weights were damaged, or their training diverged"
    );
}

#[test]
fn nan_is_refused_in_every_type() {
    let types: [(&str, &[u8]); 3] =
        [("F16", &[0x01, 0x7c]), ("BF16", &[0xc0, 0xff]), ("F64", &[1, 0, 0, 0, 0, 0, 0xf0, 0x7f])];
    for (dtype, nan) in types {
        let mut all = seeded();
        let bias = all.iter_mut().find(|e| e.name == "head.dense.bias").unwrap();
        (bias.dtype, bias.bytes) = (dtype, vec![0; 5 * nan.len()]);
        bias.bytes[3 * nan.len()..][..nan.len()].copy_from_slice(nan);
        let error = Model::from_bytes(&NETWORK, &file(&all)).unwrap_err().to_string();
        assert!(error.starts_with("head.dense.bias[3] is NaN"), "{dtype}: {error}");
    }
}

/// Infinities are numbers: a bias may exclude a class. What they make together may be none.
#[test]
fn infinities_are_numbers_unless_they_make_nan() {
    let mut all = seeded();
    set(&mut all, "head.dense.bias", 2, f32::NEG_INFINITY);
    let mut session = Model::from_bytes(&NETWORK, &file(&all)).unwrap().session(1);
    session.run();
    assert_eq!(session.output(0)[2], 0.0);
    assert_eq!(session.logits()[2], f32::NEG_INFINITY);

    let mut all = seeded();
    set(&mut all, "bn.gamma", 4, f32::INFINITY);
    set(&mut all, "bn.variance", 4, f32::INFINITY);
    let error = Model::from_bytes(&NETWORK, &file(&all)).unwrap_err().to_string();
    let expected = "bn.variance[4] is inf: together with the other numbers of its channel it makes NaN";
    assert_eq!(error, expected);
}

/// Down to what the normalization adds to it.
#[test]
fn negative_variances_are_refused() {
    for name in ["norm.variance", "bn.variance", "blocks.2.bn.variance", "head.bn.variance"] {
        let error = refused(name, 2, -0.5);
        assert_eq!(error, format!("{name}[2] is -0.5: a variance is not negative"));
    }
    let mut all = seeded();
    set(&mut all, "bn.variance", 0, -0.9e-3);
    assert!(Model::from_bytes(&NETWORK, &file(&all)).is_ok());
}
