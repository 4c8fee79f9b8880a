//! Files that lie end in an error, and take no more memory than they have bytes.

use crate::network::NETWORK;
use crate::safetensors::{entries, file};
use archc_runtime::weights::Seeded;
use archc_runtime::{LoadError, Model};

/// The error, the same from bytes and from a file.
fn refusal(bytes: &[u8]) -> String {
    let error = Model::from_bytes(&NETWORK, bytes).unwrap_err();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("w.safetensors");
    std::fs::write(&path, bytes).unwrap();
    assert_eq!(Model::load(&NETWORK, &path).unwrap_err().to_string(), error.to_string());
    assert!(matches!(error, LoadError::Format { .. }), "{error}");
    error.to_string()
}

/// A file with this head and as many bytes of numbers.
fn with_head(head: &str, numbers: usize) -> Vec<u8> {
    let mut bytes = (head.len() as u64).to_le_bytes().to_vec();
    bytes.extend(head.as_bytes());
    bytes.resize(bytes.len() + numbers, 0);
    bytes
}

#[test]
fn lies_are_found() {
    let tensor = |shape: &str, offsets: &str| {
        with_head(&format!("{{\"a\":{{\"dtype\":\"F32\",\"shape\":{shape},\"data_offsets\":{offsets}}}}}"), 4)
    };
    let cases: [(Vec<u8>, &str); 11] = [
        (vec![], "ends before its head"),
        (vec![1, 2, 3], "ends before its head"),
        (u64::MAX.to_le_bytes().to_vec(), "its head would have"),
        (1000_u64.to_le_bytes().to_vec(), "ends within its head"),
        (with_head("not json", 0), "its head is wrong"),
        (with_head("{\"a\":3}", 0), "its head is wrong"),
        (tensor("[1]", "[0,8]"), "its head is wrong"),
        (tensor("[2]", "[0,8]"), "its head promises"),
        (tensor("[4611686018427387904,4611686018427387904]", "[0,4]"), "its head is wrong"),
        (tensor("[4000000000000]", "[0,16000000000000]"), "its head promises"),
        (tensor("[1]", "[4,8]"), "its head is wrong"),
    ];
    for (bytes, words) in cases {
        let error = refusal(&bytes);
        assert!(error.contains(words), "{error}");
        assert!(error.contains("not a safetensors file"), "{error}");
    }
}

/// Sums of sizes that overflow together.
#[test]
fn sizes_that_overflow_together_are_found() {
    let quarter = 1_u64 << 62;
    let mut head = String::from("{");
    for i in 0..4 {
        let (start, end) = (u128::from(quarter) * i, u128::from(quarter) * (i + 1));
        let comma = if i == 0 { "" } else { "," };
        head += &format!(
            "{comma}\"t{i}\":{{\"dtype\":\"F64\",\"shape\":[{}],\"data_offsets\":[{start},{end}]}}",
            quarter / 8
        );
    }
    refusal(&with_head(&(head + "}"), 0));
}

/// Files cut off and with changed bytes: never a panic. Where only numbers change, the file still loads.
#[test]
fn damaged_files_never_panic() {
    let whole = file(&entries(&Seeded::new(&NETWORK, "archc")));
    let mut state = 1_u64;
    let mut random = |below: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % below
    };
    for _ in 0..2000 {
        let mut bytes = whole.clone();
        let head = 3000;
        for _ in 0..=random(3) {
            bytes[random(head)] = random(256) as u8;
        }
        if random(4) == 0 {
            bytes.truncate(random(whole.len()));
        }
        let _ = Model::from_bytes(&NETWORK, &bytes);
    }
}

/// Control characters of a file's names do not reach a terminal.
#[test]
fn names_are_escaped() {
    let head = "{\"\\u001b[31mred\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}";
    let error = Model::from_bytes(&NETWORK, &with_head(head, 4)).unwrap_err().to_string();
    assert!(error.contains("red") && !error.contains('\u{1b}'), "{error:?}");
}
