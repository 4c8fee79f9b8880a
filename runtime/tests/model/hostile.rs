//! Files that lie end in an error, and take no more memory than they have bytes.

use crate::network::NETWORK;
use crate::safetensors::{Entry, entries, file};
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
    let entry = |name: &str, dtype: &str, shape: &str, offsets: &str| {
        format!("{name:?}:{{\"dtype\":{dtype:?},\"shape\":{shape},\"data_offsets\":{offsets}}}")
    };
    let f32 = |name: &str, shape: &str, offsets: &str| entry(name, "F32", shape, offsets);
    let tensors = |all: &[String]| with_head(&format!("{{{}}}", all.join(",")), 8);
    let one = |shape: &str, offsets: &str| tensors(&[f32("a", shape, offsets)]);
    let two = |name: &str, offsets: &str| tensors(&[f32("a", "[1]", "[0,4]"), f32(name, "[1]", offsets)]);
    let cases: [(Vec<u8>, &str); 26] = [
        // The length of the head.
        (vec![], "ends before its head"),
        (vec![1, 2, 3], "ends before its head"),
        (u64::MAX.to_le_bytes().to_vec(), "its head would have"),
        ((32_u64 << 20 | 1).to_le_bytes().to_vec(), "its head would have 33554433 bytes"),
        (1000_u64.to_le_bytes().to_vec(), "ends within its head"),
        // Its text.
        (with_head("", 0), "its head is wrong"),
        (with_head("not json", 0), "its head is wrong"),
        (with_head("[]", 0), "its head is wrong"),
        (with_head("{\"a\":3}", 0), "its head is wrong"),
        (with_head(&"[".repeat(100_000), 0), "its head is wrong"),
        (with_head(&format!("{{\"__metadata__\":{}", "[".repeat(100_000)), 0), "its head is wrong"),
        (tensors(&[entry("a", "F33", "[2]", "[0,8]")]), "unknown variant"),
        (one("[-2]", "[0,8]"), "its head is wrong"),
        (one("[2.5]", "[0,8]"), "its head is wrong"),
        (one("[1e99]", "[0,8]"), "its head is wrong"),
        // Shapes and offsets.
        (one("[1]", "[0,8]"), "the bytes of a, 0 to 8, are not as many as its shape and type take"),
        (one("[4611686018427387904,4611686018427387904]", "[0,8]"), "are not as many"),
        (one("[0,4611686018427387904,16]", "[0,8]"), "are not as many"),
        (one("[2305843009213693952]", "[0,9223372036854775808]"), "are not as many"),
        (one("[2]", "[8,0]"), "the bytes of a, 8 to 0, end before they start"),
        (one("[1]", "[4,8]"), "the bytes of a, 4 to 8, leave a gap"),
        (one("[4000000000000]", "[0,16000000000000]"), "its head promises 16000000000"),
        (one("[1]", "[0,4]"), "and there are"),
        (two("b", "[0,4]"), "the bytes of b, 0 to 4, overlap those of another tensor"),
        // Names.
        (two("a", "[0,4]"), "it has a twice"),
        (two("a", "[4,8]"), "it has a twice"),
    ];
    for (bytes, words) in cases {
        let error = refusal(&bytes);
        assert!(error.contains(words), "{words:?} is not in {error:?}");
        assert!(error.contains("not a safetensors file"), "{error}");
    }
}

/// What people have instead.
#[test]
fn other_files_are_recognized() {
    let packed = Model::seeded(&NETWORK, "archc").unwrap().to_packed_bytes();
    assert!(refusal(&packed).contains("`load_packed`"));
    assert!(refusal(b"PK\x03\x04\x00\x00\x08\x08").contains("an archive"));
    assert!(refusal(b"\x89HDF\r\n\x1a\n").contains("HDF5"));
}

/// Cut short at every length; as a file at some.
#[test]
fn cut_files_are_refused() {
    let whole = file(&entries(&Seeded::new(&NETWORK, "archc")));
    let head = 8 + u64::from_le_bytes(*whole.first_chunk().unwrap()) as usize;
    for len in 0..whole.len() {
        let error = Model::from_bytes(&NETWORK, &whole[..len]).unwrap_err().to_string();
        let words = match len {
            0..8 => "ends before its head",
            _ if len < head => "ends within its head",
            _ => "its head promises",
        };
        assert!(error.contains(words), "{len}: {error}");
    }
    for len in [0, 7, 8, 9, head - 1, head, head + 1, whole.len() - 1] {
        refusal(&whole[..len]);
    }
    refusal(&[whole, vec![0]].concat());
}

/// Tensors without numbers are nothing that a network has, and no reason to fail otherwise.
#[test]
fn empty_tensors_are_tensors() {
    let mut all = entries(&Seeded::new(&NETWORK, "archc"));
    all.push(Entry { name: "none".into(), dtype: "F32", shape: vec![3, 0], bytes: vec![] });
    let bias = all.iter().position(|e| e.name == "head.dense.bias").unwrap();
    (all[bias].shape, all[bias].bytes) = (vec![0], vec![]);
    let error = Model::from_bytes(&NETWORK, &file(&all)).unwrap_err();
    let LoadError::Mismatch(mismatch) = error else { panic!("{error}") };
    assert_eq!(mismatch.extra, [("none".into(), vec![3, 0])]);
    assert_eq!(mismatch.shapes, [("head.dense.bias".into(), vec![5], vec![0])]);
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
