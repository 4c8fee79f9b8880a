//! Files that are damaged, or written to harm: each is an error that says what is wrong, and nothing is written.

mod pickles;

use archc_build::stream_atomically;
use archc_core::ir::op::{Dense, Epilogue, Input, Op};
use archc_core::ir::{Graph, Origin, Output, Scopes, Shape};
use archc_weights::{Framework, NameMap, Options, ReadError, WeightsFile, WriteError, match_tensors, write};
use hdf5_pure::{AttrValue, FileBuilder};
use pickles::{FOUR, Pickle, Tensor, dict, floats, stream, zip, zipped};
use std::io::Write;
use std::path::Path;
use tempfile::TempDir;
use zip::CompressionMethod::{Deflated, Stored};

fn folder() -> TempDir {
    tempfile::tempdir().expect("a folder")
}

fn open(bytes: &[u8], framework: Framework) -> Result<WeightsFile, ReadError> {
    let folder = folder();
    let path = folder.path().join("file");
    std::fs::write(&path, bytes).expect("it is written");
    WeightsFile::open(&path, framework)
}

/// The first error of opening a file and reading everything in it.
#[track_caller]
fn error(bytes: &[u8], framework: Framework) -> String {
    let file = match open(bytes, framework) {
        Ok(file) => file,
        Err(e) => return e.to_string(),
    };
    let error = (0..file.tensors().len()).find_map(|i| file.read(i).err());
    error.unwrap_or_else(|| panic!("nothing is wrong: {file:?}")).to_string()
}

#[track_caller]
fn refused(bytes: &[u8], framework: Framework, expected: &str) {
    let error = error(bytes, framework);
    assert!(error.contains(expected), "`{expected}` is not in: {error}");
    assert!(error.len() < 1000, "too long: {error}");
}

/// In both containers.
#[track_caller]
fn pickle_refused(pickle: &[u8], expected: &str) {
    let storage = floats(&[1.0, 2.0, 3.0, 4.0]);
    refused(&zipped(pickle, &[("0", storage.clone())]), Framework::Torch, expected);
    refused(&stream(pickle, true, &[("0", 4, storage)]), Framework::Torch, expected);
}

#[track_caller]
fn tensor_refused(tensor: &Tensor<'_>, expected: &str) {
    pickle_refused(&dict(&[("a.weight", &|p| p.tensor(tensor))]), expected);
}

#[test]
fn what_the_tests_change_is_right_otherwise() {
    let pickle = dict(&[("a.weight", &|p| p.tensor(&FOUR))]);
    let storage = floats(&[1.0, 2.0, 3.0, 4.0]);
    for bytes in [zipped(&pickle, &[("0", storage.clone())]), stream(&pickle, true, &[("0", 4, storage)])] {
        let file = open(&bytes, Framework::Torch).expect("it is right");
        assert_eq!(file.tensors()[0].name, "a.weight");
        assert_eq!(file.read(0), Ok(vec![1.0, 2.0, 3.0, 4.0]));
    }
}

#[test]
fn nothing_is_called() {
    let system = |p: Pickle| p.global("os", "system").code(b"(").text("true").code(b"tR");
    pickle_refused(&system(Pickle::new()).stop(), "`os.system`");
    pickle_refused(&dict(&[("a.weight", &system)]), "`os.system`");
    pickle_refused(&dict(&[("state_dict", &system)]), "`os.system`");
    // As an argument of what is allowed, as a storage's class, and as one that is built with a state.
    pickle_refused(
        &dict(&[("a.weight", &|p| {
            system(p.global("torch._utils", "_rebuild_parameter").code(b"(")).code(b"\x89NtR")
        })]),
        "`os.system`",
    );
    tensor_refused(&Tensor { class: "Tensor", ..FOUR }, "`torch.Tensor`");
    pickle_refused(
        &Pickle::new().global("torch.nn", "Module").code(b")\x81}").text("x").code(b"Nsb").stop(),
        "`torch.nn.Module`",
    );
    // The same by other instructions: INST, OBJ, and a global whose name comes from the stack.
    pickle_refused(&Pickle::new().code(b"(").text("true").code(b"ios\nsystem\n").stop(), "state dict");
    pickle_refused(
        &Pickle::new().code(b"(").global("os", "system").text("true").code(b"o").stop(),
        "state dict",
    );
    pickle_refused(
        &Pickle::new().text("os").text("system").code(b"\x93").text("true").code(b"\x85R").stop(),
        "`os.system`",
    );
    pickle_refused(&dict(&[("a.weight", &|p| p.tensor(&FOUR)), ("b.weight", &system)]), "`os.system`");
}

#[test]
fn pickles_that_hold_themselves_or_nest_without_end() {
    // A list that is its own item, a dictionary that is its own value, a parameter of a parameter of itself.
    pickle_refused(&Pickle::new().code(b"]q\x00h\x00a").stop(), "state dict");
    pickle_refused(&Pickle::new().code(b"}q\x00").text("state_dict").code(b"h\x00s").stop(), "no tensor");
    pickle_refused(&Pickle::new().code(b"}q\x00").text("a.weight").code(b"h\x00s").stop(), "`a.weight`");
    let parameter = |p: Pickle| p.global("torch._utils", "_rebuild_parameter").code(b"(");
    pickle_refused(
        &dict(&[("a.weight", &|p| {
            let nested = (0..100_000).fold(p, |p, _| parameter(p));
            (0..100_000).fold(nested.code(b"N"), |p, _| p.code(b"tR"))
        })]),
        "`a.weight`",
    );
    for nest in [&b"]"[..], b"(", b"}", b"\x85", b"2", b"]a"] {
        let bytes = [b"\x80\x02N", nest.repeat(100_000).as_slice(), b"."].concat();
        refused(&zipped(&bytes, &[]), Framework::Torch, "");
    }
    pickle_refused(&[b"\x80\x02", vec![b'N'; 5_000_000].as_slice(), b"."].concat(), "more objects");
    // A module whose class is another module, whose class is the first.
    let modules = Pickle::new()
        .code(b"]q\x00")
        .text("module")
        .code(b"a]q\x01")
        .text("module")
        .code(b"ah\x00Qq\x02h\x01Qq\x03")
        .code(b"h\x00h\x03ah\x01h\x02ah\x02)R");
    pickle_refused(&modules.stop(), "no function");
}

#[test]
fn pickles_take_no_more_memory_than_they_are_long() {
    // A string of 4 GiB, one of 16 EiB, a memo at 2^31, all in a few bytes.
    pickle_refused(&Pickle::new().code(b"X\xff\xff\xff\xffa").0, "string");
    pickle_refused(&Pickle::new().code(b"\x8d\xff\xff\xff\xff\xff\xff\xff\xff").0, "string");
    pickle_refused(&Pickle::new().code(b"Nr\xff\xff\xff\x7f").stop(), "memo");
    // A long text that is a name again and again.
    let long = Pickle::new().text(&"a".repeat(2000)).code(b"q\x00");
    pickle_refused(&long.code(b"h\x00h\x00\x93").stop(), "a global without a name");
    // PyTorch never compresses its pickle; one that is may be a thousand times as large inside.
    let bomb = [b"\x80\x02".to_vec(), vec![b'('; 1 << 20]].concat();
    refused(&zip(&[("x/data.pkl", &bomb, Deflated)]), Framework::Torch, "compressed");
}

#[test]
fn tensors_lie_within_their_storage() {
    let cases: &[(i64, i64, &[i64], &[i64])] = &[
        (4, 0, &[5], &[1]),
        (4, 1, &[4], &[1]),
        (4, 0, &[2, 2], &[3, 1]),
        (4, 0, &[4], &[2]),
        (4, 5, &[1], &[1]),
        (i64::MAX, 0, &[i64::MAX], &[1]),
        (1 << 40, 0, &[1 << 40], &[1]),
        (4, i64::MAX, &[2], &[i64::MAX]),
        (4, i64::MAX, &[1], &[1]),
        (4, 0, &[1 << 32, 1 << 32], &[0, 0]),
        (4, 0, &[1 << 32], &[0]),
        (4, 0, &[1 << 62, 4], &[1, 1]),
        (4, 0, &[i64::MAX, i64::MAX, 0], &[1, 1, 1]),
    ];
    for &(count, first, shape, strides) in cases {
        tensor_refused(&Tensor { count, first, shape, strides, ..FOUR }, "`a.weight`");
    }
    for (first, shape, strides) in
        [(-1, &[4][..], &[1][..]), (0, &[-4], &[1]), (0, &[4], &[-1]), (0, &[4], &[])]
    {
        tensor_refused(&Tensor { first, shape, strides, ..FOUR }, "`a.weight`");
    }
    // Strides of 0 that make gigabytes, or more than can be counted, of four numbers: not the file's end is what is wrong.
    for shape in [&[1 << 40][..], &[1 << 16, 1 << 16], &[1 << 40, 1 << 40]] {
        let repeated = Tensor { shape, strides: &[0, 0][..shape.len()], ..FOUR };
        let bytes = zipped(&dict(&[("a.weight", &|p| p.tensor(&repeated))]), &[("0", vec![0; 16])]);
        let error = match open(&bytes, Framework::Torch) {
            Ok(file) => file.read(0).expect_err("it is too large").to_string(),
            Err(error) => error.to_string(),
        };
        assert!(error.contains("its strides repeat those of the file"), "{error}");
    }
    // Nothing of a storage, wherever it would begin.
    let empty = Tensor { first: i64::MAX, shape: &[0, 3], strides: &[3, 1], ..FOUR };
    let pickle = dict(&[("a.weight", &|p| p.tensor(&empty))]);
    for bytes in [zipped(&pickle, &[("0", vec![0; 16])]), stream(&pickle, true, &[("0", 4, vec![0; 16])])] {
        if let Ok(file) = open(&bytes, Framework::Torch) {
            assert_eq!(file.read(0), Ok(vec![]));
        }
    }
    tensor_refused(&Tensor { class: "ComplexFloatStorage", ..FOUR }, "torch.ComplexFloatStorage");
}

#[test]
fn storages_that_are_not_there() {
    let pickle = dict(&[("a.weight", &|p| p.tensor(&FOUR))]);
    refused(&zipped(&pickle, &[]), Framework::Torch, "x/data/0");
    refused(&zipped(&pickle, &[("0", floats(&[1.0; 3]))]), Framework::Torch, "storage");
    let three = floats(&[1.0; 3]);
    refused(&stream(&pickle, true, &[]), Framework::Torch, "storage `0`");
    refused(&stream(&pickle, true, &[("1", 3, three.clone())]), Framework::Torch, "storage `1`");
    refused(&stream(&pickle, true, &[("0", 3, three.clone())]), Framework::Torch, "storage");
    for count in [4, -1, i64::MAX, i64::MIN] {
        refused(&stream(&pickle, true, &[("0", count, three.clone())]), Framework::Torch, "end");
    }
    // PyTorch stores numbers as they are; compressed they could be any number of zeros.
    let zeros = floats(&[0.0; 4]);
    refused(
        &zip(&[("x/data.pkl", &pickle, Stored), ("x/data/0", &zeros, Deflated)]),
        Framework::Torch,
        "compressed",
    );
}

#[test]
fn archives_that_lie_about_sizes() {
    let pickle = dict(&[("a.weight", &|p| p.tensor(&Tensor { count: 1 << 28, shape: &[1 << 28], ..FOUR }))]);
    let mut bytes = zipped(&pickle, &[("0", floats(&[1.0, 2.0, 3.0, 4.0]))]);
    // The directory's record of the storage, the last one: its two sizes become 1 GiB.
    let record = bytes.windows(4).rposition(|w| w == b"PK\x01\x02").expect("a directory");
    for size in [record + 20, record + 24] {
        bytes[size..size + 4].copy_from_slice(&(1u32 << 30).to_le_bytes());
    }
    refused(&bytes, Framework::Torch, "");
    // A record that begins beyond the end, and a directory that does.
    let mut beyond = zipped(&pickle, &[("0", floats(&[1.0]))]);
    let record = beyond.windows(4).rposition(|w| w == b"PK\x01\x02").expect("a directory");
    beyond[record + 42..record + 46].copy_from_slice(&[0xF0, 0xFF, 0xFF, 0x7F]);
    refused(&beyond, Framework::Torch, "");
    let mut directory = zipped(&pickle, &[("0", floats(&[1.0]))]);
    let end = directory.len() - 22;
    directory[end + 16..end + 20].copy_from_slice(&[0xF0, 0xFF, 0xFF, 0x7F]);
    refused(&directory, Framework::Torch, "zip");
    let mut many = zipped(&pickle, &[("0", floats(&[1.0]))]);
    let end = many.len() - 22;
    many[end + 8..end + 12].copy_from_slice(&[0xFF; 4]);
    refused(&many, Framework::Torch, "");
}

#[test]
fn big_endian_files() {
    let pickle = dict(&[("a.weight", &|p| p.tensor(&FOUR))]);
    let storage = floats(&[1.0, 2.0, 3.0, 4.0]);
    refused(&stream(&pickle, false, &[("0", 4, storage.clone())]), Framework::Torch, "big-endian");
    let entries: &[(&str, &[u8], _)] =
        &[("x/data.pkl", &pickle, Stored), ("x/byteorder", b"big", Stored), ("x/data/0", &storage, Stored)];
    refused(&zip(entries), Framework::Torch, "big-endian");
}

#[test]
fn pickles_that_are_no_state_dict() {
    pickle_refused(&dict(&[]), "no tensors");
    pickle_refused(&Pickle::new().number(5).stop(), "state dict");
    pickle_refused(&Pickle::new().code(b"}").number(5).tensor(&FOUR).code(b"s").stop(), "no text");
    pickle_refused(&dict(&[("a.weight", &|p| p.code(b"]"))]), "`a.weight`");
    refused(&Pickle::new().number(5).stop(), Framework::Torch, "not one of PyTorch");
    refused(&zip(&[("readme", b"x", Stored)]), Framework::Torch, "data.pkl");
    refused(b"PK\x03\x04", Framework::Torch, "zip");
}

#[test]
fn safetensors_that_lie() {
    let file = |header: &str, numbers: &[u8]| {
        [&(header.len() as u64).to_le_bytes(), header.as_bytes(), numbers].concat()
    };
    let header = |shape: &str, from: u64, to: u64| {
        format!(r#"{{"a.weight":{{"dtype":"F32","shape":{shape},"data_offsets":[{from},{to}]}}}}"#)
    };
    let right = open(&file(&header("[4]", 0, 16), &[0; 16]), Framework::Torch).expect("it is right");
    assert_eq!(right.read(0), Ok(vec![0.0; 4]));
    for (shape, from, to) in [
        ("[5]", 0, 20),
        ("[5]", 0, 16),
        ("[3]", 0, 16),
        ("[1099511627776]", 0, 4 << 40),
        ("[18446744073709551615,2]", 0, 16),
        ("[4]", 16, 0),
        ("[4]", 8, 24),
        ("[4]", u64::MAX - 15, u64::MAX),
    ] {
        let bytes = file(&header(shape, from, to), &[0; 16]);
        let error = error(&bytes, Framework::Torch);
        assert!(error.contains("safetensors") || error.contains("end"), "{shape} {from} {to}: {error}");
    }
    let two = r#"{"a":{"dtype":"F32","shape":[4],"data_offsets":[0,16]},"a":{"dtype":"F32","shape":[4],"data_offsets":[16,32]}}"#;
    refused(&file(two, &[0; 32]), Framework::Torch, "safetensors");
    for length in [u64::MAX, 1 << 40, 1000] {
        refused(&[&length.to_le_bytes()[..], b"{\"a\":1}"].concat(), Framework::Torch, "header");
    }
    refused(&file("{not json", &[]), Framework::Torch, "safetensors");
    refused(&file(&format!("{{\"a\":{}", "[".repeat(100_000)), &[]), Framework::Torch, "safetensors");
    let unread = header("[4]", 0, 16).replace("F32", "F8_E4M3").replace("16]", "4]");
    refused(&file(&unread, &[0; 4]), Framework::Torch, "F8_E4M3");
}

/// A file such as Keras 2 wrote, of one layer; `weights` are names and numbers.
fn keras(layers: &[&str], weights: &[&str], sets: &[(&str, Vec<f32>)]) -> Vec<u8> {
    let own = |list: &[&str]| AttrValue::StringArray(list.iter().map(|&s| s.to_owned()).collect());
    let mut file = FileBuilder::new();
    file.set_attr("layer_names", own(layers));
    let mut group = file.create_group("a");
    group.set_attr("weight_names", own(weights));
    for (name, numbers) in sets {
        group.create_dataset(name).with_f32_data(numbers).with_shape(&[numbers.len() as u64]);
    }
    file.add_group(group.finish());
    file.finish().expect("it is written")
}

#[test]
fn hdf5_that_is_not_what_it_says() {
    let set = || [("kernel", vec![1.0, 2.0])];
    let right = open(&keras(&["a"], &["kernel"], &set()), Framework::Keras).expect("it is right");
    assert_eq!((right.tensors()[0].name.as_str(), right.read(0)), ("a/kernel", Ok(vec![1.0, 2.0])));

    refused(&keras(&["b"], &["kernel"], &set()), Framework::Keras, "b");
    refused(&keras(&["a"], &["bias"], &set()), Framework::Keras, "bias");
    refused(&keras(&["a"], &["kernel", "kernel"], &set()), Framework::Keras, "two weights called `a/kernel`");
    refused(&keras(&["a", "a"], &["kernel"], &set()), Framework::Keras, "two weights called `a/kernel`");
    refused(&keras(&["a"], &[], &set()), Framework::Keras, "without weights");
    refused(&keras(&["../a"], &["kernel"], &set()), Framework::Keras, "");

    let mut file = FileBuilder::new();
    let mut group = file.create_group("layers");
    let mut layer = group.create_group("dense");
    let mut vars = layer.create_group("vars");
    vars.create_dataset("0").with_vlen_strings(&["no", "number"]);
    layer.add_group(vars.finish());
    group.add_group(layer.finish());
    file.add_group(group.finish());
    refused(&file.finish().expect("it is written"), Framework::Keras, "dense");
}

#[test]
fn hdf5_of_h5py_that_is_written_to_harm() {
    let file = |name: &str| {
        std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/files").join(name))
            .expect("it is there")
    };
    // A group within itself; 2^40 numbers that were never written; another file's group.
    refused(&file("hostile_loop.h5"), Framework::Keras, "group");
    let huge = file("hostile_huge.h5");
    refused(&huge, Framework::Keras, "can hold");
    // What counts are bytes: as many numbers as deflate can make bytes of this file are too many. The sides stand twice, as
    // the largest too.
    let shape = [(1u64 << 20).to_le_bytes(); 4].concat();
    let place = huge.windows(shape.len()).position(|w| w == shape).expect("a shape");
    let sides = |side: u64| -> Vec<u8> {
        let mut bytes = huge.clone();
        bytes[place..place + shape.len()].copy_from_slice(&[side.to_le_bytes(); 4].concat());
        bytes
    };
    let (inside, outside) = (1 << 10, 1 << 11);
    let most = 1032 * huge.len() as u64;
    assert!(4 * inside * inside < most && outside * outside < most && most < 4 * outside * outside);
    let zeros = open(&sides(inside), Framework::Keras).expect("it is right").read(0);
    assert_eq!(zeros.map(|numbers| numbers.len() as u64), Ok(inside * inside));
    refused(&sides(outside), Framework::Keras, "can hold");
    refused(&file("hostile_external.h5"), Framework::Keras, "");
}

#[test]
fn keras_archives_that_are_wrong() {
    let weights = keras(&["a"], &["kernel"], &[("kernel", vec![1.0, 2.0])]);
    for method in [Stored, Deflated] {
        let bytes = zip(&[("config.json", b"[[", Stored), ("model.weights.h5", &weights, method)]);
        let file = open(&bytes, Framework::Keras).expect("its config is not needed");
        assert_eq!(file.read(0), Ok(vec![1.0, 2.0]));
    }
    refused(&zip(&[("config.json", b"{}", Stored)]), Framework::Keras, "model.weights.h5");
    refused(&zip(&[("model.weights.h5", b"no HDF5", Stored)]), Framework::Keras, "HDF5");
    // 8 MiB of zeros in 8 KiB.
    let bomb = vec![0; 1 << 23];
    refused(&zip(&[("model.weights.h5", &bomb, Deflated)]), Framework::Keras, "compressed");
}

fn network() -> Graph {
    let mut graph = Graph::new("Test");
    let input = Op::Input(Input { shape: Shape::vector(2) });
    let input = graph.add(input, &[], Scopes::ROOT, "input", Origin::default()).expect("it has no inputs");
    let dense = Op::Dense(Dense { channels: 2, bias: false, flattens: false, epilogue: Epilogue::default() });
    let node = graph.add(dense, &[input], Scopes::ROOT, "a", Origin::default()).expect("the shapes fit");
    graph.outputs = vec![Output { name: "output".into(), node }];
    graph
}

/// What import writes to a folder that holds an older file: the new file, or the old one and an error.
#[track_caller]
fn import(bytes: &[u8]) -> (Result<(), String>, Vec<u8>) {
    let (folder, graph) = (folder(), network());
    let out = folder.path().join("out.safetensors");
    std::fs::write(&out, "older").expect("it is written");
    let result = || {
        let file = open(bytes, Framework::Torch).map_err(|e| e.to_string())?;
        let options = Options { map: Some(NameMap::default()), ..Options::default() };
        let found = match_tensors(&graph, Framework::Torch, &file, &options).map_err(|e| e.to_string())?;
        let write = |out: &mut dyn Write| write(&file, &found, &graph.name, out);
        stream_atomically(&out, write).map_err(|e| match e {
            WriteError::Read(e) => e.to_string(),
            WriteError::Write(e) => panic!("the disk takes it: {e}"),
        })
    };
    let result = result();
    let left: Vec<_> = std::fs::read_dir(folder.path()).expect("a folder").collect();
    assert_eq!(left.len(), 1, "{left:?}");
    (result, std::fs::read(&out).expect("it is there"))
}

#[test]
fn nothing_is_written_where_a_tensor_is_wrong() {
    let square = Tensor { shape: &[2, 2], strides: &[2, 1], ..FOUR };
    let pickle = dict(&[("a.weight", &|p| p.tensor(&square))]);
    let right = zipped(&pickle, &[("0", floats(&[1.0, 2.0, 3.0, 4.0]))]);
    let (result, written) = import(&right);
    assert_eq!(result, Ok(()));
    assert_ne!(written, b"older");
    assert_eq!(import(&right).1, written, "the same to the byte");

    let unwritten = |bytes: &[u8], expected: &str| {
        let (result, left) = import(bytes);
        let error = result.expect_err("something is wrong");
        assert!(error.contains(expected), "{error}");
        assert_eq!(left, b"older", "{error}");
    };
    let wrong = zipped(&pickle, &[("0", floats(&[1.0, 2.0, f32::NAN, 4.0]))]);
    unwritten(&wrong, "`a.weight`: number 2 is NaN");
    let twice = dict(&[("a.weight", &|p| p.tensor(&square)), ("a.weight", &|p| p.tensor(&square))]);
    unwritten(&zipped(&twice, &[("0", floats(&[1.0; 4]))]), "`a.weight`");
    let more = dict(&[("a.weight", &|p| p.tensor(&square)), ("b.weight", &|p| p.tensor(&FOUR))]);
    unwritten(&zipped(&more, &[("0", floats(&[1.0; 4]))]), "`b.weight`");
    unwritten(
        &zipped(&dict(&[("a.weight", &|p| p.tensor(&FOUR))]), &[("0", floats(&[1.0; 4]))]),
        "`a.weight`",
    );
    unwritten(&right[..right.len() - 30], "zip");
}

#[test]
fn an_output_that_is_full_is_not_the_files_mistake() {
    let square = Tensor { shape: &[2, 2], strides: &[2, 1], ..FOUR };
    let pickle = dict(&[("a.weight", &|p| p.tensor(&square))]);
    let file = open(&zipped(&pickle, &[("0", floats(&[1.0; 4]))]), Framework::Torch).expect("it is right");
    let graph = network();
    let found =
        match_tensors(&graph, Framework::Torch, &file, &Options::default()).expect("the names are ours");
    let mut whole = Vec::new();
    write(&file, &found, &graph.name, &mut whole).expect("memory takes it");
    // In front of everything, within the header, and within the numbers.
    for room in [0, 20, whole.len() - 1] {
        let mut full = whole.clone();
        let error = write(&file, &found, &graph.name, &mut &mut full[..room]).expect_err("there is no room");
        assert!(matches!(error, WriteError::Write(_)), "{room}: {error:?}");
    }
}
