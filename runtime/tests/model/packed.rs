//! Packed weights as files and bytes: what comes back, and what is refused.

use crate::network::{NETWORK, image};
use archc_runtime::layout::View;
use archc_runtime::op::{Packing, Split};
use archc_runtime::run::Run;
use archc_runtime::spec::{Network, Output};
use archc_runtime::weights::packed::{PackedError, VERSION};
use archc_runtime::weights::spec::{Group, Instance, Norm, Pack, Role, Tensor, conv_size};
use archc_runtime::{LoadError, Model};
use std::path::Path;

fn model() -> Model {
    Model::seeded(&NETWORK, "archc").unwrap()
}

fn logits(model: &Model) -> Vec<f32> {
    let mut session = model.session(1);
    session.input_mut().copy_from_slice(&image(0));
    session.run();
    session.logits().to_vec()
}

/// The words of an error.
fn packed_error(result: Result<Model, LoadError>) -> PackedError {
    match result.unwrap_err() {
        LoadError::Packed(error) => error,
        other => panic!("{other}"),
    }
}

/// What bytes are refused for: the same as bytes, in place, as a file that is read, and as a file that is mapped.
fn refusal(bytes: &[u8]) -> PackedError {
    let error = packed_error(Model::from_packed_bytes(&NETWORK, bytes));
    assert_eq!(packed_error(Model::from_packed_static(&NETWORK, bytes.to_vec().leak())), error);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("w.packed");
    std::fs::write(&path, bytes).unwrap();
    assert_eq!(packed_error(Model::read_packed(&NETWORK, &path)), error);
    assert_eq!(packed_error(Model::load_packed(&NETWORK, &path)), error);
    error
}

#[test]
fn packed_weights_come_back_bit_by_bit() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("w.packed");
    let model = model();
    model.save_packed(&path).unwrap();
    assert_eq!(std::fs::read(&path).unwrap(), model.to_packed_bytes());
    let bytes: &'static [u8] = model.to_packed_bytes().leak();
    let again = [
        Model::load_packed(&NETWORK, &path).unwrap(),
        Model::read_packed(&NETWORK, &path).unwrap(),
        Model::from_packed_bytes(&NETWORK, bytes).unwrap(),
        Model::from_packed_static(&NETWORK, bytes).unwrap(),
    ];
    let bits = |model: &Model| model.weights().iter().map(|x| x.to_bits()).collect::<Vec<_>>();
    for again in again {
        assert_eq!(bits(&again), bits(&model), "{again:?}");
        assert_eq!(logits(&again), logits(&model), "{again:?}");
    }
}

/// Mapped numbers start at a cache line, and those in a program stay where they are unless they cannot.
#[test]
fn numbers_are_used_where_they_lie() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("w.packed");
    model().save_packed(&path).unwrap();
    let mapped = Model::load_packed(&NETWORK, &path).unwrap();
    assert_eq!(mapped.weights().as_ptr().addr() % 64, 0);
    if cfg!(all(unix, target_pointer_width = "64", target_endian = "little")) {
        assert!(format!("{mapped:?}").contains("Mapped"), "{mapped:?}");
    }
    let bytes = model().to_packed_bytes();
    let room: &'static mut [u8] = vec![0; 2 * bytes.len() + 8].leak();
    let aligned = room.as_ptr().align_offset(4);
    let unaligned = aligned + bytes.len().next_multiple_of(4) + 1;
    room[aligned..][..bytes.len()].copy_from_slice(&bytes);
    room[unaligned..][..bytes.len()].copy_from_slice(&bytes);
    let room: &'static [u8] = room;
    for (offset, stays) in [(aligned, true), (unaligned, false)] {
        let model = Model::from_packed_static(&NETWORK, &room[offset..][..bytes.len()]).unwrap();
        assert_eq!(room.as_ptr_range().contains(&model.weights().as_ptr().cast()), stays);
        assert_eq!(model.to_packed_bytes(), bytes);
    }
}

/// Whoever has mapped a file keeps it while another takes its place, and nothing is left beside it.
#[test]
fn saving_replaces_a_file_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("w.packed");
    model().save_packed(&path).unwrap();
    let first = Model::load_packed(&NETWORK, &path).unwrap();
    let other = Model::seeded(&NETWORK, "other").unwrap();
    other.save_packed(&path).unwrap();
    assert_eq!(first.weights(), model().weights());
    assert_eq!(Model::load_packed(&NETWORK, &path).unwrap().weights(), other.weights());
    let names: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names, ["w.packed"]);
}

#[test]
fn what_cannot_be_written_is_named_and_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let taken = folder.path().join("folder");
    std::fs::create_dir_all(taken.join("full")).unwrap();
    for path in [folder.path().join("absent/w.packed"), taken] {
        let error = model().save_packed(&path).unwrap_err();
        assert!(error.to_string().contains(path.to_str().unwrap()), "{error}");
    }
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 1);
}

#[test]
fn files_that_cannot_be_read_are_named() {
    let folder = tempfile::tempdir().unwrap();
    for path in [folder.path().join("absent.packed"), folder.path().to_owned()] {
        let of = |load: fn(&'static Network, &Path) -> Result<Model, LoadError>| {
            load(&NETWORK, &path).unwrap_err()
        };
        for error in [of(|n, p| Model::load_packed(n, p)), of(|n, p| Model::read_packed(n, p))] {
            assert!(matches!(error, LoadError::Read { .. }), "{error}");
            assert!(error.to_string().contains(path.to_str().unwrap()), "{error}");
        }
    }
}

/// Cut short at every length, and longer than it should be.
#[test]
fn other_lengths_are_refused() {
    let whole = model().to_packed_bytes();
    for len in 0..whole.len() {
        let error = packed_error(Model::from_packed_bytes(&NETWORK, &whole[..len]));
        let expected = match len {
            0..8 => PackedError::Magic { safetensors: false },
            8..64 => PackedError::Cut { len: len as u64, promised: 64 },
            _ => PackedError::Cut { len: len as u64, promised: whole.len() as u64 },
        };
        assert_eq!(error, expected, "{len} bytes");
    }
    for len in [0, 7, 8, 12, 16, 51, 52, 63, 64, 65, 1000, whole.len() - 1] {
        refusal(&whole[..len]);
    }
    let promised = whole.len() as u64;
    let longer = [whole, vec![0]].concat();
    assert_eq!(refusal(&longer), PackedError::Cut { len: promised + 1, promised });
}

/// Every bit of the head counts, and a changed bit of the numbers is found by whoever looks at them.
#[test]
fn damage_is_found() {
    let whole = model().to_packed_bytes();
    let changed = |at: usize, bit: usize| {
        let mut bytes = whole.clone();
        bytes[at] ^= 1 << bit;
        bytes
    };
    for (at, bit) in (0..64).flat_map(|at| (0..8).map(move |bit| (at, bit))) {
        let error = packed_error(Model::from_packed_bytes(&NETWORK, &changed(at, bit)));
        let expected = match at {
            0..8 => matches!(error, PackedError::Magic { .. }),
            8..12 => matches!(error, PackedError::Version { .. }),
            12..16 => matches!(error, PackedError::Head | PackedError::Cut { .. }),
            _ => error == PackedError::Head,
        };
        assert!(expected, "byte {at}, bit {bit}: {error:?}");
    }
    for at in [64, 65, 10_001, whole.len() - 1] {
        let bytes = changed(at, 3);
        assert_eq!(packed_error(Model::from_packed_bytes(&NETWORK, &bytes)), PackedError::Numbers);
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("w.packed");
        std::fs::write(&path, &bytes).unwrap();
        assert_eq!(packed_error(Model::read_packed(&NETWORK, &path)), PackedError::Numbers);
        assert!(Model::load_packed(&NETWORK, &path).is_ok(), "the numbers are not looked at");
    }
}

/// Heads that promise more than there is, each hash being right, are refused before anything of that size is made.
#[test]
fn large_promises_are_refused() {
    let whole = model().to_packed_bytes();
    for head in [0_u32, 1, 65, 128, 64 << 10, 1 << 20, u32::MAX] {
        let mut bytes = whole.clone();
        bytes[12..16].copy_from_slice(&head.to_le_bytes());
        refusal(&bytes);
    }
    for name in [6_u32, 12, 13, u32::MAX] {
        let mut bytes = whole.clone();
        bytes[48..52].copy_from_slice(&name.to_le_bytes());
        refusal(&bytes);
    }
}

#[test]
fn other_files_and_networks_are_told_apart() {
    assert_eq!(refusal(b"PK\x03\x04"), PackedError::Magic { safetensors: false });
    let safetensors = [&8_u64.to_le_bytes()[..], b"{\"a\":{} }", &[b' '; 100]].concat();
    let error = refusal(&safetensors);
    assert_eq!(error, PackedError::Magic { safetensors: true });
    assert!(error.to_string().contains("`load`"), "{error}");

    static RENAMED: Network = Network { name: "Other", ..NETWORK };
    let error = refusal(&Model::seeded(&RENAMED, "archc").unwrap().to_packed_bytes());
    assert_eq!(error, PackedError::Network { found: "Other".into(), expected: "Small" });

    // The name of a head of 128 bytes, cut short within it.
    static LONG: Network =
        Network { name: "A name that does not fit into the first line of the head", ..NETWORK };
    let bytes = Model::seeded(&LONG, "archc").unwrap().to_packed_bytes();
    assert!(matches!(refusal(&bytes), PackedError::Network { .. }));
    assert!(matches!(refusal(&bytes[..100]), PackedError::Cut { promised: 128, .. }));
    assert!(Model::from_packed_bytes(&LONG, &bytes).is_ok());

    static REPACKED: Network = Network { name: "Small", ..GROUPED };
    let error = refusal(&Model::seeded(&REPACKED, "archc").unwrap().to_packed_bytes());
    assert_eq!(error, PackedError::Tables { network: "Small" });
}

/// What [`NETWORK`] does not have: groups, inputs in several blocks, a dense layer behind a plane in blocks.
static GROUP: Group = Group {
    tensors: &[
        Tensor::new("conv1.weight", Role::Kernel, &[3, 3, 20, 40]),
        Tensor::new("conv1.bias", Role::Bias, &[40]),
        Tensor::new("conv2.weight", Role::Kernel, &[1, 2, 40, 17]),
        Tensor::new("bn2.beta", Role::Beta, &[17]),
        Tensor::new("bn2.mean", Role::Mean, &[17]),
        Tensor::new("bn2.variance", Role::Variance, &[17]),
        Tensor::new("dense1.weight", Role::Kernel, &[68, 33]),
    ],
    packs: &[
        (0, Pack::Conv { weight: 0, bias: Some(1), norms: &[], groups: 2, packing: Packing::Plain }),
        (
            CONV2,
            Pack::Conv {
                weight: 2,
                bias: None,
                norms: &[Norm::unscaled(3, 1e-3)],
                groups: 1,
                packing: Packing::Plain,
            },
        ),
        (DENSE1, Pack::Dense { weight: 6, bias: None, norms: &[], input: View::blocked(2, 2, 17) }),
    ],
    size: DENSE1 + 48 * (4 * 32 + 1),
};

const CONV2: usize = conv_size([3, 3, 20, 40], 2, Packing::Plain);
const DENSE1: usize = CONV2 + conv_size([1, 2, 40, 17], 1, Packing::Plain);

static GROUPED: Network = Network {
    name: "Grouped",
    input: Output { name: "input", view: View::nhwc(1, 1, 1), offset: 0 },
    outputs: &[],
    logits: None,
    arena_size: 16,
    scratch_size: 0,
    split: Split::None,
    weights_size: GROUP.size,
    instances: &[Instance { prefix: "", first: 0, count: 1, group: &GROUP, offset: 0 }],
    forward: Some(|_: &mut Run<'_>| {}),
    ..NETWORK
};

/// Files outlive the program that wrote them: where the same tables pack the same weights to other numbers, files of before
/// must be refused. Count [`VERSION`] up then, and put the new hashes here.
#[test]
fn the_version_stands_for_what_is_packed() {
    let hash_of_numbers = |network: &'static Network| {
        let bytes = Model::seeded(network, "archc").unwrap().to_packed_bytes();
        u64::from_le_bytes(*bytes[32..].first_chunk().unwrap())
    };
    let expected = (1, 16_101_152_281_378_310_556, 1_374_442_184_564_783_477);
    assert_eq!((VERSION, hash_of_numbers(&NETWORK), hash_of_numbers(&GROUPED)), expected);
}
