//! Writes `.pth` files, right and wrong ones: pickles instruction by instruction, in both containers.

use std::io::{Cursor, Write};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

/// A pickle of protocol 2, as far as it is written.
#[derive(Clone, Default)]
pub(crate) struct Pickle(pub(crate) Vec<u8>);

impl Pickle {
    pub(crate) fn new() -> Pickle {
        Pickle(b"\x80\x02".to_vec())
    }

    /// Instructions as they are.
    pub(crate) fn code(mut self, bytes: &[u8]) -> Pickle {
        self.0.extend(bytes);
        self
    }

    pub(crate) fn text(self, text: &str) -> Pickle {
        let length = u32::try_from(text.len()).expect("a short text").to_le_bytes();
        self.code(b"X").code(&length).code(text.as_bytes())
    }

    /// In as many bytes as it takes, so that every number can be had.
    pub(crate) fn number(self, n: i64) -> Pickle {
        self.code(&[0x8a, 8]).code(&n.to_le_bytes())
    }

    pub(crate) fn global(self, module: &str, name: &str) -> Pickle {
        self.code(format!("c{module}\n{name}\n").as_bytes())
    }

    pub(crate) fn numbers(self, numbers: &[i64]) -> Pickle {
        numbers.iter().fold(self.code(b"("), |p, &n| p.number(n)).code(b"t")
    }

    /// `torch._utils._rebuild_tensor_v2(storage, first, shape, strides, False, OrderedDict())`
    pub(crate) fn tensor(self, tensor: &Tensor<'_>) -> Pickle {
        self.global("torch._utils", "_rebuild_tensor_v2")
            .code(b"((")
            .text("storage")
            .global("torch", tensor.class)
            .text(tensor.key)
            .text("cpu")
            .number(tensor.count)
            .code(b"tQ")
            .number(tensor.first)
            .numbers(tensor.shape)
            .numbers(tensor.strides)
            .code(b"\x89")
            .global("collections", "OrderedDict")
            .code(b")RtR")
    }

    /// The end.
    pub(crate) fn stop(self) -> Vec<u8> {
        self.code(b".").0
    }
}

/// A tensor as a pickle describes it.
pub(crate) struct Tensor<'a> {
    pub(crate) class: &'a str,
    pub(crate) key: &'a str,
    /// Of the storage.
    pub(crate) count: i64,
    pub(crate) first: i64,
    pub(crate) shape: &'a [i64],
    pub(crate) strides: &'a [i64],
}

/// Four numbers, of storage `0`.
pub(crate) const FOUR: Tensor<'_> =
    Tensor { class: "FloatStorage", key: "0", count: 4, first: 0, shape: &[4], strides: &[1] };

/// The pickle of a dictionary.
pub(crate) fn dict(entries: &[(&str, &dyn Fn(Pickle) -> Pickle)]) -> Vec<u8> {
    entries.iter().fold(Pickle::new().code(b"}("), |p, (key, value)| value(p.text(key))).code(b"u").stop()
}

/// The bytes of numbers.
pub(crate) fn floats(numbers: &[f32]) -> Vec<u8> {
    numbers.iter().flat_map(|x| x.to_le_bytes()).collect()
}

/// A zip archive of these entries, stored or deflated.
pub(crate) fn zip(entries: &[(&str, &[u8], CompressionMethod)]) -> Vec<u8> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes, method) in entries {
        archive
            .start_file(*name, SimpleFileOptions::default().compression_method(*method))
            .expect("it starts");
        archive.write_all(bytes).expect("it is written");
    }
    archive.finish().expect("it ends").into_inner()
}

/// PyTorch's file since version 1.6.
pub(crate) fn zipped(pickle: &[u8], storages: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let names: Vec<String> = storages.iter().map(|(key, _)| format!("x/data/{key}")).collect();
    let mut entries = vec![("x/data.pkl", pickle, CompressionMethod::Stored)];
    for (name, (_, bytes)) in names.iter().zip(storages) {
        entries.push((name, bytes, CompressionMethod::Stored));
    }
    zip(&entries)
}

/// PyTorch's file before: pickles of a magic number, a version, the system, the object, the keys; then the storages, each
/// with how many numbers it has.
pub(crate) fn stream(pickle: &[u8], little_endian: bool, storages: &[(&str, i64, Vec<u8>)]) -> Vec<u8> {
    let mut file = b"\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.".to_vec();
    file.extend(Pickle::new().number(1001).stop());
    let order = if little_endian { b"\x88" } else { b"\x89" };
    file.extend(Pickle::new().code(b"}(").text("little_endian").code(order).code(b"u").stop());
    file.extend(pickle);
    let keys = storages.iter().fold(Pickle::new().code(b"]("), |p, (key, ..)| p.text(key));
    file.extend(keys.code(b"e").stop());
    for (_, count, bytes) in storages {
        file.extend(count.to_le_bytes());
        file.extend(bytes);
    }
    file
}
