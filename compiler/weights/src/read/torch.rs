//! PyTorch's `.pth`: a pickle that describes tensors, and storages with their numbers. Since PyTorch 1.6 both are entries of
//! a zip archive; before, they followed each other in a stream.

use super::pickle::{self, Id, Object, Pickle};
use super::plain::{Extent, PlainTensor, weights_file};
use super::{ReadError, WeightsFile};
use crate::dtype::Dtype;
use std::collections::HashMap;
use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom};
use zip::{CompressionMethod, ZipArchive};

const SAVE: &str = "save the weights alone: `torch.save(model.state_dict(), PATH)`";

/// A storage: where its numbers begin in the file, and how many there are.
struct Storage {
    offset: u64,
    count: usize,
}

/// A zip archive: `NAME/data.pkl`, and a file `NAME/data/KEY` for each storage.
pub(super) fn open_zip(file: File) -> Result<WeightsFile, ReadError> {
    let wrong = |e: zip::result::ZipError| ReadError::new(format!("it is not a whole zip archive: {e}"));
    let mut archive = ZipArchive::new(BufReader::new(file)).map_err(wrong)?;
    let names: Vec<String> = archive.file_names().flatten().map(|name| name.into_owned()).collect();
    let Some(root) = names.iter().find_map(|n| n.strip_suffix("data.pkl")) else {
        let is_keras = names.iter().any(|n| n == "model.weights.h5");
        let error = ReadError::new("it is a zip archive, but not PyTorch's: it has no `data.pkl`");
        return Err(if is_keras { error.help("it is Keras's: `archc import keras`") } else { error });
    };
    if archive.by_name(&format!("{root}byteorder")).is_ok_and(|mut entry| {
        let mut order = String::new();
        entry.by_ref().take(16).read_to_string(&mut order).is_ok() && order == "big"
    }) {
        return Err(
            ReadError::new("its numbers are big-endian").help("save it again on a little-endian machine")
        );
    }
    let entry = archive.by_name(&format!("{root}data.pkl")).map_err(wrong)?;
    if entry.compression() != CompressionMethod::Stored {
        return Err(compressed(&format!("{root}data.pkl")));
    }
    let read = pickle::read(&mut BufReader::new(entry))?;
    let state = StateDict::find(&read)?;
    let mut storages = HashMap::new();
    for (key, dtype) in state.storages() {
        let name = format!("{root}data/{key}");
        let entry =
            archive.by_name(&name).map_err(|_| ReadError::new(format!("it has no entry `{name}`")))?;
        if entry.compression() != CompressionMethod::Stored {
            return Err(compressed(&name));
        }
        let Some(offset) = entry.data_start() else {
            return Err(ReadError::new(format!("its entry `{name}` has no place")));
        };
        storages.insert(key.to_owned(), Storage { offset, count: entry.size() as usize / dtype.size() });
    }
    let (tensors, notes) = state.tensors(&storages)?;
    weights_file(archive.into_inner().into_inner(), tensors, notes)
}

/// PyTorch compresses nothing. What is compressed could be a thousand times as large as the file.
fn compressed(entry: &str) -> ReadError {
    ReadError::new(format!("its entry `{entry}` is compressed"))
        .help("PyTorch stores everything as it is: take the file as `torch.save` wrote it")
}

/// The first pickle of a stream: PyTorch's magic number.
const MAGIC: [u8; 10] = [0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19];

/// A stream: pickles of a magic number, a version, the system, the object, the keys of all storages; then for each storage
/// its length and numbers.
pub(super) fn open_legacy(file: File) -> Result<WeightsFile, ReadError> {
    let mut stream = BufReader::new(file);
    let magic = pickle::read(&mut stream)?;
    if magic.get(magic.root()) != &Object::Long(MAGIC.to_vec()) {
        return Err(ReadError::new("it is a pickle, but not one of PyTorch's").help(SAVE));
    }
    let _version = pickle::read(&mut stream)?;
    let system = pickle::read(&mut stream)?;
    if let Object::Dict(entries) = system.get(system.root()) {
        let little = entries.iter().find(|&&(key, _)| system.text(key) == Some("little_endian"));
        if little.is_some_and(|&(_, value)| system.get(value) == &Object::Bool(false)) {
            return Err(
                ReadError::new("its numbers are big-endian").help("save it again on a little-endian machine")
            );
        }
    }
    let read = pickle::read(&mut stream)?;
    let state = StateDict::find(&read)?;
    let keys = pickle::read(&mut stream)?;
    let keys = keys.items(keys.root()).unwrap_or_default().iter().filter_map(|&id| keys.text(id));
    let classes: HashMap<&str, &str> = read.objects().filter_map(|object| storage(&read, object)).collect();
    let mut at = stream.stream_position()?;
    let end = stream.get_ref().metadata()?.len();
    let mut storages = HashMap::new();
    for key in keys {
        // Also of those that no tensor of the state dict needs, but an optimizer's: the next one lies behind them.
        let Some(class) = classes.get(key) else {
            return Err(ReadError::new(format!("nothing tells the type of its storage `{key}`")));
        };
        let dtype = storage_type(class)?;
        let mut count = [0; 8];
        stream.seek(SeekFrom::Start(at))?;
        stream.read_exact(&mut count)?;
        let count = u64::from_le_bytes(count);
        let bytes = count.checked_mul(dtype.size() as u64).filter(|&bytes| bytes <= end - at);
        let bytes = bytes.ok_or_else(|| std::io::Error::from(std::io::ErrorKind::UnexpectedEof))?;
        storages.insert(key.to_owned(), Storage { offset: at + 8, count: count as usize });
        at += 8 + bytes;
    }
    let (tensors, notes) = state.tensors(&storages)?;
    weights_file(stream.into_inner(), tensors, notes)
}

/// A tensor as the pickle describes it.
struct Described<'p> {
    name: String,
    storage: &'p str,
    dtype: Dtype,
    first: usize,
    shape: Vec<usize>,
    strides: Vec<usize>,
}

/// The tensors of a state dict.
struct StateDict<'p> {
    tensors: Vec<Described<'p>>,
    notes: Vec<String>,
}

impl<'p> StateDict<'p> {
    /// The state dict that a pickle is, or that a checkpoint holds under a name of its own.
    fn find(pickle: &'p Pickle) -> Result<StateDict<'p>, ReadError> {
        let mut notes = Vec::new();
        let mut entries = Self::entries(pickle, pickle.root())?;
        // Checkpoints of training scripts keep it beside the optimizer's.
        for key in ["state_dict_ema", "model_ema", "state_dict", "model_state_dict", "model"] {
            let inner = entries.iter().find(|&&(k, _)| pickle.text(k) == Some(key));
            if let Some(inner) = inner.and_then(|&(_, value)| Self::entries(pickle, value).ok()) {
                notes.push(format!("took the state dict that the file holds as `{key}`"));
                entries = inner;
                break;
            }
        }
        let mut tensors = Vec::new();
        for &(key, value) in entries {
            let Some(name) = pickle.text(key) else {
                return Err(ReadError::new("its state dict has a key that is no text").help(SAVE));
            };
            // Bookkeeping that is no tensor.
            if matches!(
                pickle.get(value),
                Object::None | Object::Bool(_) | Object::Int(_) | Object::Float(_) | Object::Text(_)
            ) {
                notes.push(format!("left out `{name}`, which is no tensor"));
                continue;
            }
            let described = describe(pickle, value)
                .map_err(|e| ReadError { message: format!("`{name}`: {}", e.message), ..e })?;
            tensors.push(Described { name: name.to_owned(), ..described });
        }
        if tensors.is_empty() {
            return Err(ReadError::new("it holds no tensors").help(SAVE));
        }
        // What DataParallel puts before every name.
        if tensors.iter().all(|t| t.name.starts_with("module.")) {
            notes.push("took `module.` off every name".to_owned());
            tensors.iter_mut().for_each(|t| drop(t.name.drain(.."module.".len())));
        }
        Ok(StateDict { tensors, notes })
    }

    fn entries(pickle: &'p Pickle, id: Id) -> Result<&'p [(Id, Id)], ReadError> {
        match pickle.get(id) {
            Object::Dict(entries) => Ok(entries),
            Object::Call(function, _) => Err(refuse(pickle, *function)),
            _ => Err(ReadError::new("it is no state dict").help(SAVE)),
        }
    }

    /// The storages that are asked for, with the type of their numbers.
    fn storages(&self) -> impl Iterator<Item = (&'p str, Dtype)> {
        self.tensors.iter().map(|t| (t.storage, t.dtype))
    }

    /// The tensors with their places.
    fn tensors(
        self,
        storages: &HashMap<String, Storage>,
    ) -> Result<(Vec<PlainTensor>, Vec<String>), ReadError> {
        let mut found = Vec::with_capacity(self.tensors.len());
        for t in self.tensors {
            let Described { name, storage, dtype, first, shape, strides } = t;
            let Some(storage) = storages.get(storage) else {
                return Err(ReadError::new(format!("`{name}`: its storage `{storage}` is missing")));
            };
            let row_major =
                shape.iter().zip(&strides).rev().try_fold(1usize, |expected, (&side, &stride)| {
                    (side == 1 || stride == expected).then(|| expected.checked_mul(side))?
                });
            let is_empty = shape.contains(&0);
            let last = shape.iter().zip(&strides).try_fold(first, |at, (&side, &stride)| {
                at.checked_add(side.saturating_sub(1).checked_mul(stride)?)
            });
            if !is_empty && last.is_none_or(|last| last >= storage.count) {
                return Err(ReadError::new(format!("`{name}` {shape:?} reaches beyond its storage")));
            }
            // An empty tensor lies anywhere.
            let first = if is_empty { 0 } else { first };
            let offset = storage.offset + (first * dtype.size()) as u64;
            let strides = row_major.is_none().then_some(strides);
            found.push(PlainTensor { name, shape, extent: Extent { offset, dtype, strides } });
        }
        Ok((found, self.notes))
    }
}

fn refuse(pickle: &Pickle, function: Id) -> ReadError {
    match pickle.get(function) {
        Object::Global(name) => {
            ReadError::new(format!("its pickle calls `{name}`, and archc executes nothing of a file"))
        }
        // Streams kept the source of a module's class beside it. It is a global; whatever else stands there is not followed.
        Object::Persistent(id) => match pickle.items(*id) {
            Some(&[kind, class, ..]) if pickle.text(kind) == Some("module") => match pickle.get(class) {
                Object::Global(name) => {
                    ReadError::new(format!("its pickle calls `{name}`, and archc executes nothing of a file"))
                }
                _ => ReadError::new("its pickle calls what is no function"),
            },
            _ => ReadError::new("its pickle calls what is no function"),
        },
        _ => ReadError::new("its pickle calls something, and archc executes nothing of a file"),
    }
    .help(SAVE)
}

/// The tensor that `torch.save` has described by a call.
fn describe<'p>(pickle: &'p Pickle, id: Id) -> Result<Described<'p>, ReadError> {
    let no_tensor = || ReadError::new("it is no tensor").help(SAVE);
    let Object::Call(function, arguments) = pickle.get(id) else { return Err(no_tensor()) };
    let Object::Global(name) = pickle.get(*function) else { return Err(refuse(pickle, *function)) };
    let arguments = pickle.items(*arguments).unwrap_or_default();
    match (name.as_str(), arguments) {
        // A parameter is a tensor with a gradient; one within another is a file that wants to be followed forever.
        ("torch._utils._rebuild_parameter", &[data, ..]) => match pickle.get(data) {
            Object::Call(inner, _) if pickle.get(*inner) != pickle.get(*function) => describe(pickle, data),
            _ => Err(no_tensor()),
        },
        (
            "torch._utils._rebuild_tensor_v2" | "torch._utils._rebuild_tensor",
            &[storage, first, shape, strides, ..],
        ) => {
            let (key, class) = self::storage(pickle, pickle.get(storage)).ok_or_else(no_tensor)?;
            let dtype = storage_type(class)?;
            let sizes = |id: Id| -> Option<Vec<usize>> {
                let items = match pickle.get(id) {
                    Object::Call(function, arguments)
                        if pickle.get(*function) == &Object::Global("torch.Size".into()) =>
                    {
                        pickle.items(*pickle.items(*arguments)?.first()?)?
                    }
                    _ => pickle.items(id)?,
                };
                items.iter().map(|&n| pickle.size(n)).collect()
            };
            let (Some(first), Some(shape), Some(strides)) =
                (pickle.size(first), sizes(shape), sizes(strides))
            else {
                return Err(no_tensor());
            };
            if shape.len() != strides.len() || shape.len() > 8 {
                return Err(no_tensor());
            }
            Ok(Described { name: String::new(), storage: key, dtype, first, shape, strides })
        }
        _ => Err(refuse(pickle, *function)),
    }
}

/// The key and the class of a storage: what a persistent object of PyTorch is, `('storage', CLASS, KEY, DEVICE, COUNT)`.
fn storage<'p>(pickle: &'p Pickle, object: &Object) -> Option<(&'p str, &'p str)> {
    let Object::Persistent(id) = object else { return None };
    let &[kind, class, key, ..] = pickle.items(*id)? else { return None };
    match (pickle.text(kind)?, pickle.get(class)) {
        ("storage", Object::Global(class)) => Some((pickle.text(key)?, class)),
        _ => None,
    }
}

fn storage_type(class: &str) -> Result<Dtype, ReadError> {
    Ok(match class {
        "torch.DoubleStorage" => Dtype::F64,
        "torch.FloatStorage" => Dtype::F32,
        "torch.HalfStorage" => Dtype::F16,
        "torch.BFloat16Storage" => Dtype::Bf16,
        "torch.LongStorage" => Dtype::I64,
        "torch.IntStorage" => Dtype::I32,
        "torch.ShortStorage" => Dtype::I16,
        "torch.CharStorage" => Dtype::I8,
        "torch.ByteStorage" | "torch.BoolStorage" => Dtype::U8,
        _ => return Err(ReadError::new(format!("it holds `{class}`, which archc does not read"))),
    })
}
