//! Files, written by hand.

use crate::network::bytes;
use archc_runtime::weights::Source;

/// One tensor of a file.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) name: String,
    pub(crate) dtype: &'static str,
    pub(crate) shape: Vec<usize>,
    pub(crate) bytes: Vec<u8>,
}

/// The tensors of a source as F32, by name.
pub(crate) fn entries(source: &dyn Source) -> Vec<Entry> {
    let mut names = source.names();
    names.sort_unstable();
    names
        .into_iter()
        .map(|name| Entry {
            name: name.to_owned(),
            dtype: "F32",
            shape: source.info(name).unwrap().shape,
            bytes: bytes(source, name),
        })
        .collect()
}

/// The bytes of a file.
pub(crate) fn file(entries: &[Entry]) -> Vec<u8> {
    let mut head = String::from("{\"__metadata__\":{\"made\":\"by a test\"}");
    let mut start = 0;
    for Entry { name, dtype, shape, bytes } in entries {
        let end = start + bytes.len();
        head += &format!(
            ",{name:?}:{{\"dtype\":{dtype:?},\"shape\":{shape:?},\"data_offsets\":[{start},{end}]}}"
        );
        start = end;
    }
    head += "}";
    let mut file = (head.len() as u64).to_le_bytes().to_vec();
    file.extend(head.into_bytes());
    file.extend(entries.iter().flat_map(|entry| &entry.bytes));
    file
}
