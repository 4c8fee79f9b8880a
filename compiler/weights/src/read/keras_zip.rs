//! Keras 3's `.keras`: a zip archive of the model's description, `config.json`, and its weights, `model.weights.h5`.

use super::hdf5::{self, Layers, Piece};
use super::keras_names::{Described, snake_case};
use super::{ReadError, WeightsFile};
use hdf5_pure::{FormatError, Source};
use serde_json::Value;
use std::collections::HashMap;
use std::fs::File;
use std::io::{BufReader, Read};
use zip::{CompressionMethod, ZipArchive};

const WEIGHTS: &str = "model.weights.h5";

/// The most bytes of the description; that of EfficientNetB7, with a thousand layers, has half a million.
const LONGEST_CONFIG: u64 = 1 << 22;

pub(super) fn open(file: File) -> Result<WeightsFile, ReadError> {
    let wrong = |e: zip::result::ZipError| ReadError::new(format!("it is not a whole zip archive: {e}"));
    let length = file.metadata()?.len();
    let mut archive = ZipArchive::new(BufReader::new(file)).map_err(wrong)?;
    if archive.file_names().flatten().any(|name| name.ends_with("data.pkl")) {
        return Err(ReadError::new("it is a file of PyTorch").help("import it by `archc import torch`"));
    }
    let mut config = Vec::new();
    if let Ok(entry) = archive.by_name("config.json") {
        entry.take(LONGEST_CONFIG).read_to_end(&mut config)?;
    }
    let layers = serde_json::from_slice(&config).map(|config| described(&config)).unwrap_or_default();
    let mut entry = archive
        .by_name(WEIGHTS)
        .map_err(|_| ReadError::new(format!("it is a zip archive without `{WEIGHTS}`")))?;
    if entry.compression() == CompressionMethod::Stored {
        let place = entry.data_start().map(|start| (start, entry.size()));
        let (start, len) =
            place.ok_or_else(|| ReadError::new(format!("its entry `{WEIGHTS}` has no place")))?;
        drop(entry);
        let file = archive.into_inner().into_inner();
        if start.checked_add(len).is_none_or(|end| file.metadata().map_or(true, |m| m.len() < end)) {
            return Err(std::io::Error::from(std::io::ErrorKind::UnexpectedEof).into());
        }
        return hdf5::open_source(Piece::new(file, start, len), &layers);
    }
    // Keras compresses nothing, tools may. Trained numbers hardly shrink, and empty places of HDF5 do: what would be much
    // larger than its archive is there to fill the memory.
    let most = entry.compressed_size().min(length).saturating_mul(8).saturating_add(1 << 20);
    let mut bytes = Vec::new();
    if entry.by_ref().take(most).read_to_end(&mut bytes)? as u64 == most {
        return Err(ReadError::new("its weights are compressed far below their size")
            .help(format!("unpack it, and import `{WEIGHTS}`")));
    }
    hdf5::open_source(Bytes(bytes), &layers)
}

/// What the description says about layers, by the group of their weights: Keras names groups by class, and counts those of
/// a model.
fn described(config: &Value) -> Layers {
    let mut found = Layers::new();
    let mut todo = vec![(config, String::new())];
    // A model in a model is a layer of it.
    while let Some((model, path)) = todo.pop() {
        let layers = model.pointer("/config/layers").and_then(Value::as_array);
        let mut counts: HashMap<String, usize> = HashMap::new();
        for layer in layers.into_iter().flatten() {
            let Some(class) = layer.get("class_name").and_then(Value::as_str) else { continue };
            let class = snake_case(class);
            let count = counts.entry(class.clone()).or_default();
            let group = if *count == 0 { class } else { format!("{class}_{count}") };
            *count += 1;
            let inside =
                if path.is_empty() { format!("layers/{group}") } else { format!("{path}/layers/{group}") };
            let name = layer.pointer("/config/name").and_then(Value::as_str).map(str::to_owned);
            found.insert(inside.clone(), Described { name, vector: vector(layer) });
            if layer.pointer("/config/layers").is_some() {
                todo.push((layer, inside));
            }
        }
    }
    found
}

/// [`Described::vector`] of a layer.
fn vector(layer: &Value) -> Option<&'static str> {
    let has = |key: &str| layer.get("config")?.get(key)?.as_bool();
    match (has("scale")?, has("center")?) {
        (true, false) => Some("gamma"),
        (false, true) => Some("beta"),
        _ => None,
    }
}

/// Bytes in memory.
struct Bytes(Vec<u8>);

impl Source for Bytes {
    fn len(&self) -> u64 {
        self.0.len() as u64
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> Result<(), FormatError> {
        let end = || FormatError::Source("the file ends too early".into());
        let start = usize::try_from(offset).map_err(|_| end())?;
        let bytes = self.0.get(start..).and_then(|rest| rest.get(..buffer.len())).ok_or_else(end)?;
        buffer.copy_from_slice(bytes);
        Ok(())
    }
}
